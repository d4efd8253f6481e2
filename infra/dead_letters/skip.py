"""Skips records that no client can unpack: a dead letter says where they are, and the slice reads on behind them.

Kafka's clients give out a packed batch whole or not at all, so nobody can say what is in it. The topic keeps it.
"""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from confluent_kafka import TIMESTAMP_CREATE_TIME, Consumer, KafkaError, Message, TopicPartition
from psycopg import Connection

from infra.dead_letters.store import Published, store_uncounted
from infra.engine import ledger
from infra.engine.aside import DeadLetter
from infra.errors import AlarmError, TransientError
from infra.kafka import REQUEST_TIMEOUT_S

SETTINGS: dict[str, Any] = {
    "group.id": "dfdg-skip", "enable.auto.commit": False, "auto.offset.reset": "error", "enable.partition.eof": True,
    "fetch.error.backoff.ms": 1,
}  # fmt: skip
_STOPPED = "select positions from ledger.slice where consumer = %s and slice = %s"
_SKIPPED = """
insert into dead_letter.act (consumer, slice, act, letter, topic, letters, who)
select consumer, partition, 'skip', id, topic, %s, %s from dead_letter.letter
where consumer = %s and topic = %s and partition = %s and at_offset = %s
"""


def stretch(
    connection: Connection, kafka: str, consumer: str, topic: str, slice_: int, progress: Callable[[int], None]
) -> tuple[int, int]:
    """The slice's position in the topic, and the first offset from which it can read on.

    The two are the same when the record at its position can be read. Each offset is asked for by itself, and `progress`
    gets each offset that cannot be read. Raises `AlarmError` when the slice does not read the topic or its log begins
    later, `TransientError` when Kafka does not answer.
    """
    row = connection.execute(_STOPPED, (consumer, slice_)).fetchone()
    if row is None or topic not in row[0]:
        raise AlarmError(f"Slice {slice_} of {consumer} does not read {topic}. See `dfdg topics`.")
    first = end = int(row[0][topic])
    with closing(Consumer({"bootstrap.servers": kafka, **SETTINGS})) as asking:
        while next_record(asking, TopicPartition(topic, slice_, end)) is None:
            progress(end)
            end += 1
    return first, end


def next_record(asking: Consumer, place: TopicPartition) -> Message | None:
    """The first record from that offset on, or what the client says when the log ends there. None when it cannot unpack
    the record."""
    asking.assign([place])
    deadline = time.monotonic() + REQUEST_TIMEOUT_S
    while time.monotonic() < deadline:
        record = asking.poll(1.0)
        error = record.error() if record is not None else None
        if record is not None and (error is None or error.code() == KafkaError._PARTITION_EOF):
            return record
        if error is not None and error.code() == KafkaError._BAD_COMPRESSION:
            return None
        if error is not None and error.code() == KafkaError._AUTO_OFFSET_RESET:
            raise AlarmError(f"{place.topic}/{place.partition} has no offset {place.offset}: retention has taken it.")
    raise TransientError(f"Kafka does not give {place.topic}/{place.partition} from offset {place.offset}.")


def skip(
    connection: Connection,
    consumer: str,
    topic: str,
    slice_: int,
    stretch: tuple[int, int],
    who: str,
    published: Published,
) -> None:
    """Moves the slice past the stretch, which becomes one dead letter. The worker that works on the slice loses it. The
    operator command that records `who` did this notifies the slice's owner, which takes over behind the stretch.

    One transaction; `connection` is in autocommit. Raises `AlarmError` when the slice's position is no longer where the
    stretch begins.
    """
    first, end = stretch
    with connection.transaction():
        cursor = ledger.lock(connection, consumer, slice_, ledger.raise_epoch(connection, consumer, slice_, who))
        if (stands := cursor.positions.get(topic)) != first:
            raise AlarmError(f"{cursor.source} stands at {stands} of {topic} by now. Look again.")
        cursor.move(topic, end)
        cursor.runs.clear()  # nothing of the stretch was applied
        reason = f"{end - first} offsets from here on cannot be unpacked; the topic keeps them for its retention"
        now = TIMESTAMP_CREATE_TIME, time.time_ns() // 1_000_000
        bad = Message(topic=topic, partition=slice_, offset=first, timestamp=now)
        outgoing_records = store_uncounted(connection, cursor, [DeadLetter(bad, reason)], published)
        connection.execute(_SKIPPED, (end - first, who, consumer, topic, slice_, first))
        ledger.close(connection, cursor, outgoing_records, 0, ())
