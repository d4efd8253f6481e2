"""Sets one record aside, in front of which a slice has stopped: a person's decision, on record, which a replay obeys.

The record goes through the slice's own transaction as one that is noted (`Cursor.aside`), so it becomes a dead letter
whole. If its sequence is the next one of its source, it counts as received, and the source's next one follows; one that
leaps ahead, as a forged one does, is as if it had never been.
"""

from contextlib import closing

from confluent_kafka import Consumer, Message, TopicPartition
from psycopg import Connection

from infra.dead_letters.skip import SETTINGS, next_record
from infra.engine import ledger
from infra.engine.aside import Aside
from infra.engine.record import Batch
from infra.engine.transaction import BatchTransaction
from infra.errors import AlarmError, RecordAlarmError

REASON = "a person has set it aside: its slice had stopped in front of it"

_STANDS = "select positions from ledger.slice where consumer = %s and slice = %s"
_DONE = """
insert into dead_letter.act (consumer, slice, act, letter, topic, letters, who)
select consumer, partition, 'set-aside', id, topic, 1, %s from dead_letter.letter
where consumer = %s and topic = %s and partition = %s and at_offset = %s
"""


def find(connection: Connection, kafka: str, consumer: str, topic: str, slice_: int, offset: int) -> Message:
    """The record, if it is the slice's next one of the topic. Raises `AlarmError` if not, or if no client can unpack
    it, `TransientError` when Kafka does not answer."""
    row = connection.execute(_STANDS, (consumer, slice_)).fetchone()
    if row is None or topic not in row[0]:
        raise AlarmError(f"Slice {slice_} of {consumer} does not read {topic}. See `dfdg topics`.")
    at = int(row[0][topic])
    with closing(Consumer({"bootstrap.servers": kafka, **SETTINGS})) as asking:
        record = next_record(asking, TopicPartition(topic, slice_, at))
    if record is None:
        raise AlarmError(f"Offset {at} of {topic}/{slice_} cannot be unpacked: `dfdg dead-letters skip` passes it.")
    if record.error() is not None or record.offset() != offset:
        there = f"its next record has offset {record.offset()}" if record.error() is None else "the log ends there"
        raise AlarmError(
            f"{consumer}/{slice_} stands at {at} of {topic}, and {there}: only that one can be set aside. The slice's"
            " alarm names it."
        )
    return record


def set_aside(
    connection: Connection, consumer: str, slice_: int, record: Message, who: str, transaction: BatchTransaction
) -> None:
    """The record becomes a dead letter, behind which its key waits, and the slice stands behind it. The worker that
    works on the slice loses it; the operator command that records `who` did this notifies the slice's owner, which
    takes over behind the record.

    One transaction; `connection` is in autocommit. Raises `AlarmError` when the slice has moved on, or drops the record
    by itself.
    """
    topic, offset = str(record.topic()), int(record.offset() or 0)
    with connection.transaction():
        epoch = ledger.raise_epoch(connection, consumer, slice_, who)
        done = _pass(connection, ledger.lock(connection, consumer, slice_, epoch), record, transaction, taken=True)
        if not done:  # a gap: nothing was written
            _pass(connection, ledger.lock(connection, consumer, slice_, epoch), record, transaction, taken=False)
        if connection.execute(_DONE, (who, consumer, topic, slice_, offset)).rowcount != 1:
            raise AlarmError(f"{consumer}/{slice_} passes offset {offset} of {topic} by itself: it is a repetition.")


def _pass(
    connection: Connection, cursor: ledger.Cursor, record: Message, transaction: BatchTransaction, *, taken: bool
) -> bool:
    """Closes a batch of this record alone. False if its sequence is not the next one, so that it cannot be taken."""
    topic, offset = str(record.topic()), int(record.offset() or 0)
    if (at := cursor.positions[topic]) > offset:
        raise AlarmError(f"{cursor.source} stands at {at} of {topic} by now. Look again.")
    cursor.aside = [Aside(topic, offset, REASON, taken=taken, parks=True)]
    try:
        transaction.apply(
            connection, cursor, Batch(cursor.slice, cursor.epoch, {topic: at}, {topic: offset + 1}, [record])
        )
    except RecordAlarmError:
        if not taken:
            raise
        return False
    return True
