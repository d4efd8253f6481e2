"""Is a topic's log still the one that a slice has read? Compared at each take-over, before the slice reads on."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from infra.engine.envelope import mark_of
from infra.errors import AlarmError, TransientError
from infra.kafka import watermarks

ANSWER_S = 10.0
"""Seconds for Kafka to give the last records again. Then the take-over is tried again."""

POLL_S = 0.5
SETTINGS: dict[str, Any] = {
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 10,
    "fetch.message.max.bytes": 64 * 1024,  # one record a topic is wanted; Kafka gives a larger one whole
    "queued.min.messages": 1,
}


def check_log(asking: Consumer, slice_: int, marks: Mapping[str, Sequence[Any]]) -> None:
    """Reads again the last record that the slice has applied of each topic. `marks`: its offset and `mark_of` it.

    Raises `AlarmError` when another record lies there, or none: Kafka has lost the end of the log, and what is written
    there since would be skipped. A record that retention has deleted proves nothing. Raises `TransientError` when Kafka
    does not answer.
    """
    wanted = {topic: (int(offset), str(mark)) for topic, (offset, mark) in marks.items()}
    asking.assign([TopicPartition(topic, slice_, offset) for topic, (offset, _) in wanted.items()])
    deadline = time.monotonic() + ANSWER_S
    while wanted:
        for record in asking.consume(len(wanted), POLL_S):
            if (topic := record.topic() or "") in wanted and (told := _is(record, *wanted[topic])) is not None:
                offset, _ = wanted.pop(topic)
                if not told and watermarks(asking, topic, slice_, ANSWER_S)[0] <= offset:
                    raise AlarmError(
                        f"Kafka has lost the end of {topic}/{slice_}: the record at offset {offset}, which was applied,"
                        " is gone or another one. What was written there since would be skipped: docs/operations.md,"
                        " under this alarm, says how it is read."
                    )
        if wanted and time.monotonic() > deadline:
            raise TransientError(f"Kafka does not give the last records of {', '.join(wanted)} again.", away="kafka")


def _is(record: Message, offset: int, mark: str) -> bool | None:
    """True for the record of that mark, false when it is not there; None for an error that passes."""
    if (error := record.error()) is None:
        return (record.offset(), mark_of(record)) == (offset, mark)
    return False if error.code() in (KafkaError._PARTITION_EOF, KafkaError._AUTO_OFFSET_RESET) else None
