"""The ledger's rules one by one, on real PostgreSQL (DESIGN 2.2): what is refused, dropped, or stops the slice."""

from collections.abc import Iterator, Sequence

import pytest
from confluent_kafka import Message
from psycopg import Connection

from infra.engine import ledger
from infra.engine.consumer import register
from infra.engine.intake import Accepted, Intake
from infra.engine.ledger import Cursor
from infra.engine.record import Batch, OutgoingRecord
from infra.errors import AlarmError, TakeOverError
from infra.postgres import connect
from schemas.clock import DayBegun
from schemas.codec import contract, encode
from schemas.event import Event
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_REQUIREMENT_CHANGED, DAY_BEGUN, SITUATION_RECORDED
from tests.builders import BOTH, NO_DUTY, changed, situation

READS = (DAY_BEGUN, SITUATION_RECORDED, CV_REQUIREMENT_CHANGED)
FACT = situation("2021-06-14 08:00")
CHANGE = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH)
SLICE = slice_of(FACT.key.encode(), SLICES)


class OurSchemas:
    """Every record was written with our own schema."""

    def writer_schema(self, _schema_id: int, topic: Topic) -> object:
        return contract(topic.event.SCHEMA)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database, "test") as connection:
        connection.autocommit = True
        register(connection, "test", {topic.name: topic.name for topic in READS})
        yield connection


def record(topic: Topic, offset: int, event: Event, id_: str, sequence: int | None = None) -> Message:
    about = headers(id_, "test/source", event, sequence=sequence)
    return Message(
        topic=topic.name, partition=SLICE, offset=offset, key=event.key.encode(), value=encode(event, 1), headers=about
    )


def apply(
    connection: Connection, epoch: int, records: Sequence[Message], start: int = 0, tos: dict[str, int] | None = None
) -> Accepted:
    """One batch through lock, accept and close, as a worker does it."""
    froms = {str(record.topic()): start for record in records}
    with connection.transaction():
        cursor = ledger.lock(connection, "test", SLICE, epoch)
        accepted = Intake(READS, OurSchemas()).accept(
            connection, cursor, Batch(SLICE, epoch, froms, tos or {}, list(records))
        )
        ledger.close(connection, cursor, (), len(accepted.events), ())
    return accepted


def cursor_of(connection: Connection, epoch: int) -> Cursor:
    with connection.transaction():
        return ledger.lock(connection, "test", SLICE, epoch)


def test_who_lost_the_slice_can_commit_nothing_more(connection: Connection) -> None:
    mine = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    yours = ledger.take_over(connection, "test", SLICE, "you").cursor.epoch
    with pytest.raises(TakeOverError, match="epoch 1 is gone"):
        apply(connection, mine, [record(SITUATION_RECORDED, 0, FACT, "a")])
    assert cursor_of(connection, yours).positions == {}


def test_a_batch_fetched_from_beyond_the_position_is_refused_and_nothing_of_it_stays(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    with pytest.raises(TakeOverError, match="fetched from 5"):
        apply(connection, epoch, [record(SITUATION_RECORDED, 7, FACT, "a")], start=5)
    assert cursor_of(connection, epoch).positions == {}
    assert len(apply(connection, epoch, [record(SITUATION_RECORDED, 7, FACT, "a")], start=0).events) == 1


def test_a_hole_in_the_log_is_normal(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    records = [record(SITUATION_RECORDED, 3, FACT, "a"), record(SITUATION_RECORDED, 9, FACT, "b")]
    apply(connection, epoch, records, tos={SITUATION_RECORDED.name: 12})
    assert cursor_of(connection, epoch).positions == {SITUATION_RECORDED.name: 12}


def test_a_day_that_was_handed_in_too_early_is_a_take_over_and_does_not_begin(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    day = DayBegun(occurred_at=FACT.occurred_at, day_begun=FACT.day, ends={SITUATION_RECORDED.name: 5, "other": 9})
    with pytest.raises(TakeOverError, match="began before"):
        apply(connection, epoch, [record(DAY_BEGUN, 0, day, "d")], tos={SITUATION_RECORDED.name: 4})
    assert (cursor_of(connection, epoch).positions, cursor_of(connection, epoch).day) == ({}, None)
    apply(connection, epoch, [record(DAY_BEGUN, 0, day, "d")], tos={SITUATION_RECORDED.name: 5})
    assert cursor_of(connection, epoch).positions == {SITUATION_RECORDED.name: 5, DAY_BEGUN.name: 1}


def test_on_an_input_topic_an_id_counts_once_within_a_batch_and_after_it(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    once = apply(connection, epoch, [record(SITUATION_RECORDED, offset, FACT, "a") for offset in (0, 1)])
    assert [incoming.offset for incoming in once.events] == [0]
    again = apply(
        connection, epoch, [record(SITUATION_RECORDED, 2, FACT, "a"), record(SITUATION_RECORDED, 3, FACT, "b")], 2
    )
    assert [incoming.offset for incoming in again.events] == [3]


def test_a_record_below_the_position_is_dropped_though_its_id_was_forgotten(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    apply(connection, epoch, [record(SITUATION_RECORDED, 0, FACT, "a")])
    connection.execute("delete from ledger.inbox")
    assert apply(connection, epoch, [record(SITUATION_RECORDED, 0, FACT, "a")]).events == []


def test_of_the_ledgers_own_records_the_next_counts_a_lower_one_repeats_and_a_gap_stops_the_slice(
    connection: Connection,
) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    first = [
        record(CV_REQUIREMENT_CHANGED, offset, CHANGE, "x", sequence) for offset, sequence in ((0, 1), (1, 2), (2, 1))
    ]
    assert [incoming.offset for incoming in apply(connection, epoch, first).events] == [0, 1]
    with pytest.raises(AlarmError, match="jumps from 2 to 4"):
        apply(connection, epoch, [record(CV_REQUIREMENT_CHANGED, 3, CHANGE, "x", 4)], 3)
    assert cursor_of(connection, epoch).positions == {CV_REQUIREMENT_CHANGED.name: 3}


def test_a_take_over_finds_what_was_committed_and_never_published_and_clearing_deletes_exactly_what_is_named(
    connection: Connection,
) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    sent = [OutgoingRecord("topic", SLICE, n, bytes(16), bytes(16), 0, b"key", b"value %d" % n) for n in (1, 2, 3)]
    for outgoing in sent:
        with connection.transaction():
            ledger.close(connection, ledger.lock(connection, "test", SLICE, epoch), [outgoing], 1, ())
    ledger.clear(connection, "test", SLICE, epoch, [2])
    ledger.clear(connection, "test", SLICE, epoch - 1, [1, 3])
    left = ledger.take_over(connection, "test", SLICE, "you").leftovers
    assert left == [(1, [sent[0]]), (3, [sent[2]])]


def test_a_topic_that_was_made_anew_is_refused(connection: Connection) -> None:
    with pytest.raises(AlarmError, match="deleted and made anew"):
        register(connection, "test", {SITUATION_RECORDED.name: "another id"})


def test_a_worker_starts_though_another_that_is_frozen_holds_a_slice(connection: Connection, database: str) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "frozen").cursor.epoch
    with connect(database, "starting") as starting, connection.transaction():
        ledger.close(connection, ledger.lock(connection, "test", SLICE, epoch), (), 0, ())
        starting.execute("set lock_timeout = '1s'")
        register(starting, "test", {SITUATION_RECORDED.name: SITUATION_RECORDED.name})
