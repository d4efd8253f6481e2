"""Reads stretches of Kafka's logs, from one offset to another, for replay and restore."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from infra.errors import AlarmError, TransientError
from infra.kafka import REQUEST_TIMEOUT_S

KEPT_RECORDS = 250
"""Records read at once from a partition and kept for its next stretch. If every partition had that many, a hundred
thousand records would be in memory."""

SETTINGS: dict[str, Any] = {
    "group.id": "dfdg-replay",
    "enable.auto.commit": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 10,
}
POLL_S = 0.5


@dataclass
class _Place:
    """One reader's place in one partition. `next`: the offset up to which it was read; `kept`: the records below it
    that were not asked for yet."""

    next: int = 0
    kept: deque[Message] = field(default_factory=deque)


class LogReader:
    """Each reader, known by its name, goes through a partition once, stretch by stretch. The caller closes the log
    reader."""

    def __init__(self, kafka: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": kafka, **SETTINGS})
        self._places: dict[tuple[str, str, int], _Place] = {}

    def close(self) -> None:
        self._consumer.close()

    def records(self, reader: str, topic: str, partition: int, first: int, end: int) -> list[Message]:
        """Every record with an offset from `first` to below `end`. An offset without a record is a hole in the log.

        Raises `AlarmError` when the log no longer has all of them, `TransientError` when Kafka does not answer.
        """
        place = self._places.setdefault((reader, topic, partition), _Place())
        if place.next < end:
            self._read(place, TopicPartition(topic, partition, max(place.next, first)), end)
        found = []
        while place.kept and (place.kept[0].offset() or 0) < end:
            found.append(place.kept.popleft())
        return found

    def _read(self, place: _Place, start: TopicPartition, end: int) -> None:
        deadline = time.monotonic() + REQUEST_TIMEOUT_S
        self._consumer.assign([start])
        place.next = start.offset
        while place.next < end:
            if (record := self._consumer.poll(POLL_S)) is not None:
                for each in (record, *self._consumer.consume(KEPT_RECORDS - 1, 0)):
                    self._take_in(place, start, each, end)
            elif time.monotonic() > deadline:
                raise TransientError(f"Kafka does not give {start.topic}/{start.partition} from offset {place.next}.")
        self._consumer.unassign()

    def _take_in(self, place: _Place, start: TopicPartition, record: Message, end: int) -> None:
        error, offset = record.error(), record.offset() or 0
        if error is None:
            place.kept.append(record)
            place.next = offset + 1
        elif error.code() == KafkaError._AUTO_OFFSET_RESET or (
            error.code() == KafkaError._PARTITION_EOF and offset < end
        ):
            raise AlarmError(
                f"{start.topic}/{start.partition} no longer has offset {place.next}: retention has taken it, or the"
                " topic was made anew. Without it what was applied cannot be applied again."
            )
        elif error.code() == KafkaError._PARTITION_EOF:
            place.next = max(place.next, offset)
