"""A consumer's offsets, committed to Kafka for lag tools. They are a hint: the ledger's positions count."""

import time

from confluent_kafka import KafkaException, TopicPartition

from infra.engine import failpoints
from infra.kafka import away
from infra.log import get_logger
from infra.source.clients import offset_committer

LOG = get_logger(__name__)

COMMIT_INTERVAL_S = 5.0
"""Seconds between two commits of offsets, all slices in one: lag tools look no oftener."""


class OffsetCommitter:
    """Commits to the group `<consumer>-positions`, by a client of its own: no work waits for it (decision 0008)."""

    def __init__(self, name: str, servers: str) -> None:
        self._name, self._client = name, offset_committer(name, servers)
        self._positions: dict[int, dict[str, int]] = {}
        self._due_at = 0.0

    def note(self, slice_: int, positions: dict[str, int]) -> None:
        """Notes the slice's positions. From any thread."""
        self._positions[slice_] = positions

    def drop(self, slice_: int) -> None:
        """Another process owns the slice now and commits its offsets."""
        self._positions.pop(slice_, None)

    def commit(self) -> None:
        """Commits the noted positions, if it is time. Waits for no answer."""
        if time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + COMMIT_INTERVAL_S
        while self._client.poll(0) is not None:
            continue  # its messages would pile up
        if not self._positions:
            return
        noted, self._positions = self._positions, {}
        offsets = [TopicPartition(topic, s, offset) for s, at in list(noted.items()) for topic, offset in at.items()]
        try:
            self._client.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            LOG.info("offsets were not committed", consumer=self._name, why=str(error), away=away(error))
        failpoints.reach("offset hinted")

    def close(self) -> None:
        self._client.close()
