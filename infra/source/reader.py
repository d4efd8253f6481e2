"""A consumer's reader: a client in no group that reads given slices. A stuck client is replaced by a new one."""

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from confluent_kafka import Message, TopicPartition

from infra.source import clients
from infra.source.buffer import Buffer
from infra.source.record_queue import BATCH_RECORDS


class Reader:
    """Used by one thread. A slice is read in all topics, from `begin` to `end`."""

    def __init__(self, name: str, servers: str, topics: Iterable[str], linger_s: float) -> None:
        self._ids: dict[str, str] = {}
        self._topics, self._new = tuple(topics), partial(clients.reader, name, servers, linger_s, self._ids.__setitem__)
        self._client = self._new()

    def begin(self, slice_: int, positions: Mapping[str, int], epoch: Callable[[str], int] = lambda _: -1) -> None:
        """Reads the slice from these positions on. No record of an earlier fetch comes any more. `epoch`: the leader
        epoch of the record before a topic's position, if it is known."""
        self.end(slice_)
        places = [TopicPartition(topic, slice_, positions[topic], leader_epoch=epoch(topic)) for topic in self._topics]
        self._client.incremental_assign(places)
        self._client.resume(self._of(slice_))  # librdkafka keeps a pause over unassigning

    def end(self, slice_: int) -> None:
        self._client.incremental_unassign(self._of(slice_))

    def hold(self, slice_: int) -> None:
        """No record of the slice comes until `begin`."""
        self._client.pause(self._of(slice_))

    def change(self, slice_: int, pause: Iterable[str], resume: Iterable[str]) -> None:
        """Pauses some topics of the slice and resumes others."""
        for change, topics in ((self._client.pause, pause), (self._client.resume, resume)):
            if partitions := [TopicPartition(topic, slice_) for topic in topics]:
                change(partitions)

    def poll(self, timeout_s: float) -> list[Message]:
        """The records that have come, errors and ends of partitions among them; waits for the first one."""
        first = self._client.poll(timeout_s)
        return [] if first is None else [first, *self._client.consume(BATCH_RECORDS - 1, 0)]

    def new_ids(self) -> dict[str, str]:
        """By topic: the ids under which records are fetched from now on, if they are others than at the last call."""
        ids = self._ids.copy()
        self._ids.clear()
        return ids

    def reconnect(self, buffers: Iterable[Buffer]) -> None:
        """Replaces a stuck client, which may never close, by a new one that goes on behind the fetched records."""
        stuck, self._client = self._client, self._new()
        threading.Thread(target=stuck.close, name="stuck", daemon=True).start()
        for buffer in buffers:
            self.begin(buffer.slice, buffer.fetched, buffer.leader_epoch)
            self.change(buffer.slice, buffer.paused, ())

    def close(self) -> None:
        self._client.close()

    def _of(self, slice_: int) -> list[TopicPartition]:
        return [partition for partition in self._client.assignment() if partition.partition == slice_]
