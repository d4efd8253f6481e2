"""Where a consumer stands, committed to Kafka for lag tools. Only a hint: the ledger decides."""

import logging
import time

from confluent_kafka import KafkaException, TopicPartition

from infra import failpoints
from infra.clients import hinter

LOG = logging.getLogger(__name__)

HINT_S = 5.0
"""Between two commits of offsets, all slices in one: lag tools look no oftener."""


class Hints:
    """Commits to the group `<consumer>-positions`, by a client of its own that nothing waits for (decision 0008)."""

    def __init__(self, name: str, servers: str) -> None:
        self._name, self._client = name, hinter(name, servers, LOG)
        self._positions: dict[int, dict[str, int]] = {}
        self._due_at = 0.0

    def note(self, slice_: int, positions: dict[str, int]) -> None:
        """From any thread: where the slice stands now."""
        self._positions[slice_] = positions

    def drop(self, slice_: int) -> None:
        """The slice is another's, who knows better."""
        self._positions.pop(slice_, None)

    def commit(self) -> None:
        """What was noted, if it is time. Waits for nothing."""
        if time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + HINT_S
        while self._client.poll(0) is not None:
            continue  # what it has to say of Kafka would pile up
        if not self._positions:
            return
        noted, self._positions = self._positions, {}
        offsets = [TopicPartition(topic, s, offset) for s, at in list(noted.items()) for topic, offset in at.items()]
        try:
            self._client.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            LOG.info("%s: the offset hint was refused (%s)", self._name, error)
        failpoints.reach("offset hinted")

    def close(self) -> None:
        self._client.close()
