"""A consumer's reader: in no group, it reads the slices that it is told, and can be exchanged for a new one."""

import logging
import threading
from collections.abc import Iterable, Mapping
from functools import partial

from confluent_kafka import Message, TopicPartition

from infra import clients
from infra.buffer import Buffer
from infra.pile import BATCH_RECORDS

LOG = logging.getLogger(__name__)


class Reader:
    """All in one thread. A slice is read in all topics, from `begin` to `end`."""

    def __init__(self, name: str, servers: str, topics: Iterable[str], linger_s: float) -> None:
        self._topics, self._new = tuple(topics), partial(clients.reader, name, servers, LOG, linger_s)
        self._client = self._new()

    def begin(self, slice_: int, positions: Mapping[str, int]) -> None:
        """From these positions on: no record of an earlier fetch can be mistaken for one of the new."""
        self.end(slice_)
        self._client.incremental_assign([TopicPartition(topic, slice_, positions[topic]) for topic in self._topics])
        self._client.resume(self._of(slice_))  # librdkafka keeps a pause over unassigning

    def end(self, slice_: int) -> None:
        self._client.incremental_unassign(self._of(slice_))

    def hold(self, slice_: int) -> None:
        """Nothing of the slice comes until it begins again."""
        self._client.pause(self._of(slice_))

    def change(self, slice_: int, pause: Iterable[str], resume: Iterable[str]) -> None:
        """Nothing of some topics comes until they are resumed."""
        for change, topics in ((self._client.pause, pause), (self._client.resume, resume)):
            if partitions := [TopicPartition(topic, slice_) for topic in topics]:
                change(partitions)

    def poll(self, timeout_s: float) -> list[Message]:
        """What has come, errors and ends of partitions too; waits for the first of it."""
        first = self._client.poll(timeout_s)
        return [] if first is None else [first, *self._client.consume(BATCH_RECORDS - 1, 0)]

    def renew(self, buffers: Iterable[Buffer]) -> None:
        """A new client in the place of a deaf one, which may never end. What the slices have fetched counts."""
        deaf, self._client = self._client, self._new()
        threading.Thread(target=deaf.close, name="deaf", daemon=True).start()
        for buffer in buffers:
            self.begin(buffer.slice, buffer.fetched)
            self.change(buffer.slice, buffer.paused, ())

    def close(self) -> None:
        self._client.close()

    def _of(self, slice_: int) -> list[TopicPartition]:
        return [partition for partition in self._client.assignment() if partition.partition == slice_]
