"""The ledger's rules one by one, on real PostgreSQL (DESIGN 2.2): what is refused, dropped, or stops the slice."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import cast

import pytest
from confluent_kafka import Message
from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.cli.catalog import sources
from infra.engine import ledger
from infra.engine.aside import Accepted
from infra.engine.consumer import join, register
from infra.engine.days import SOURCE, day_id
from infra.engine.intake import Intake
from infra.engine.ledger import Cursor
from infra.engine.record import Batch, OutgoingRecord
from infra.errors import AlarmError, TakeOverError
from infra.postgres import connect
from schemas.clock import DayBegun
from schemas.codec import contract, encode
from schemas.dates import midnight
from schemas.event import Event
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.registration import RegistrationRequested
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import CV_REQUIREMENT_CHANGED, DAY_BEGUN, REGISTRATION_REQUESTED, SITUATION_RECORDED, TOPICS
from tests.builders import BOTH, NO_DUTY, changed, situation

READS = (DAY_BEGUN, SITUATION_RECORDED, REGISTRATION_REQUESTED, CV_REQUIREMENT_CHANGED)
FACT = situation("2021-06-14 08:00")
CHANGE = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH)
OURS = "cv-requirement/5"
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


def record(
    topic: Topic, offset: int, event: Event, id_: str, sequence: int | None = None, source: str = OURS, **other: str
) -> Message:
    about = headers(id_, source, event, sequence=sequence)
    if isinstance(event, DayBegun):
        about = headers(day_id(event, SLICE).hex(), SOURCE, event)
    about += [(name, value.encode()) for name, value in other.items()]
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
        accepted = Intake(READS, OurSchemas(), sources()).accept(
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
    day = DayBegun(occurred_at=midnight(FACT.day), day_begun=FACT.day, ends={SITUATION_RECORDED.name: 5, "other": 9})
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


DIGITS = "0" * 31 + "1"
OTHER = situation("2021-06-14 08:00", target_group="employed")


def test_the_same_id_of_two_systems_is_two_facts_even_of_32_digits(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    who = ("producers/clock", "jobnet", "jobcentre", "jobnet", "producers/publisher")
    records = [record(SITUATION_RECORDED, n, FACT, DIGITS, source=source) for n, source in enumerate(who)]
    found = apply(connection, epoch, records).events
    assert [incoming.offset for incoming in found] == [0, 1, 2]
    assert found[0].id == bytes.fromhex(DIGITS), "ids of our own producers stay as they were: causes rest on them"


def test_an_id_that_an_earlier_release_took_in_without_its_source_is_still_a_repetition(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    connection.execute("insert into ledger.inbox values ('test', %s, %s)", (SLICE, DIGITS))
    assert apply(connection, epoch, [record(SITUATION_RECORDED, 0, OTHER, DIGITS, source="jobnet")]).events == []
    with connection.transaction():
        cursor = ledger.lock(connection, "test", SLICE, epoch)
        cursor.judged = cursor.bare = True
        batch = Batch(SLICE, epoch, {}, {}, [record(SITUATION_RECORDED, 1, FACT, "f" * 32, source="jobnet")])
        (incoming,) = Intake(READS, OurSchemas(), sources()).accept(connection, cursor, batch).events
    assert incoming.id == bytes.fromhex("f" * 32), "in a replay of what that release applied"
    query = "select content is null from ledger.inbox where id = %s"
    assert connection.execute(query, ("f" * 32,)).fetchone() == (True,)


def test_another_fact_with_an_id_that_is_known_is_refused_and_the_same_fact_however_it_is_sent_repeats(
    connection: Connection,
) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    again = FACT.model_copy(update={"initial": True})
    first = [record(SITUATION_RECORDED, n, event, "a") for n, event in enumerate((FACT, OTHER, again))]
    for accepted, other in ((apply(connection, epoch, first), 1), (apply(connection, epoch, second(first), 3), 4)):
        assert [incoming.offset for incoming in accepted.events] == [0][: other == 1]
        (letter,) = accepted.dead_letters
        assert (letter.record.offset(), letter.subject, letter.counts) == (other, None, False)
    unreadable = record(SITUATION_RECORDED, 6, FACT, "b")
    unreadable.set_value(b"garbage")
    accepted = apply(connection, epoch, [unreadable, record(SITUATION_RECORDED, 7, FACT, "b")], 6)
    assert [letter.counts for letter in accepted.dead_letters] == [True, False], "garbage hides no fact with its id"
    connection.execute("update ledger.inbox set content = null")
    accepted = apply(connection, epoch, [record(SITUATION_RECORDED, 8, OTHER, "a")], 8)
    assert (accepted.events, accepted.dead_letters) == ([], []), (
        "an earlier release kept no hash: as then, a repetition"
    )


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_request_is_asked_once_under_whichever_id_it_comes_and_the_first_answer_stands(
    connection: Connection, cut: int
) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    first = RegistrationRequested(occurred_at=FACT.occurred_at, citizen=FACT.key, request="request-1")
    another = first.but(request="request-2")
    asked = (first, first, first.but(occurred_at=first.occurred_at + timedelta(minutes=5)), another)
    records = [record(REGISTRATION_REQUESTED, n, event, f"id-{n}") for n, event in enumerate(asked)]
    taken: list[int] = []
    aside: list[int] = []
    for start in range(0, len(records), cut):
        accepted = apply(connection, epoch, records[start : start + cut], start)
        taken += [incoming.offset for incoming in accepted.events]
        aside += [cast(int, each.record.offset()) for each in accepted.dead_letters if each.subject is None]
    assert (taken, aside) == ([0, 3], [1, 2])
    repeated = apply(connection, epoch, [record(REGISTRATION_REQUESTED, 4, first, "id-0")], 4)
    assert (repeated.events, repeated.dead_letters) == ([], []), "the same record once more is only a repetition"


def test_whatever_asks_for_an_answer_says_so() -> None:
    asks = {topic.event.SCHEMA for topic in TOPICS if topic.event.ASKS}
    assert asks == {
        topic.event.SCHEMA
        for topic in TOPICS
        if topic.writer is Writer.ANYONE and "request" in topic.event.model_fields
    } - {"bi-module-decided-recorded.v1"}, "a decision is a fact about a request"


def second(records: Sequence[Message]) -> list[Message]:
    """The same records once more, behind them."""
    events = (FACT, OTHER, FACT.model_copy(update={"initial": True}))
    return [record(SITUATION_RECORDED, len(records) + n, event, "a") for n, event in enumerate(events)]


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


FOREIGN = ("evil", "evil/5", "cv-requirement", "cv-requirement/8", "cv-requirement/05", "cv-requirement/٥", "journal/5")
NO_SEQUENCE = ("0", "01", "+1", "1.0", "1_0", "１", "٣", "-1", str(2**63), "9" * 400)


def test_on_a_topic_of_our_ledger_what_no_consumer_that_writes_it_can_have_sent_is_refused_and_counts_for_nothing(
    connection: Connection,
) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    offset = count()
    forged = [record(CV_REQUIREMENT_CHANGED, next(offset), CHANGE, "f", 1, source) for source in FOREIGN]
    forged += [record(CV_REQUIREMENT_CHANGED, next(offset), CHANGE, "f", ce_sequence=digits) for digits in NO_SEQUENCE]
    forged += [record(CV_REQUIREMENT_CHANGED, next(offset), CHANGE, "f", 1) for _ in ("another's key", "no headers")]
    forged[-2].set_key(next(key for n in range(99) if slice_of(key := b"c-%d" % n, SLICES) != SLICE))
    forged[-1].set_headers([])
    accepted = apply(connection, epoch, forged)
    assert (accepted.events, [letter.record for letter in accepted.dead_letters]) == ([], forged)
    assert {(letter.subject, letter.counts) for letter in accepted.dead_letters} == {(None, False)}
    after = cursor_of(connection, epoch)
    assert (after.received.get(CV_REQUIREMENT_CHANGED.name, {}), after.parked) == ({}, {})
    ours = [record(CV_REQUIREMENT_CHANGED, next(offset), CHANGE, "x", 1)]
    assert len(apply(connection, epoch, ours, len(forged)).events) == 1


def test_a_second_record_with_the_last_sequence_of_its_source_repeats_it_or_is_an_alarm_by_its_id(
    connection: Connection,
) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    forged, ours = [record(CV_REQUIREMENT_CHANGED, offset, CHANGE, id_, 1) for offset, id_ in ((0, "f"), (2, "x"))]
    assert len(apply(connection, epoch, [forged, record(CV_REQUIREMENT_CHANGED, 1, CHANGE, "f", 1)]).events) == 1
    with pytest.raises(AlarmError, match=f"two records of {CV_REQUIREMENT_CHANGED} are sequence 1 of {OURS}"):
        apply(connection, epoch, [ours], 2)
    assert cursor_of(connection, epoch).positions == {CV_REQUIREMENT_CHANGED.name: 2}
    connection.execute("update ledger.slice set received = %s", (Jsonb({CV_REQUIREMENT_CHANGED.name: {OURS: 1}}),))
    assert apply(connection, epoch, [ours], 2).events == [], "an earlier release kept no id: as then, a repetition"


def test_a_slice_that_joined_late_takes_no_first_sequence_that_the_log_is_too_short_for(connection: Connection) -> None:
    epoch = ledger.take_over(connection, "test", SLICE, "me").cursor.epoch
    with connection.transaction():
        cursor = ledger.lock(connection, "test", SLICE, epoch)
        join(cursor, {CV_REQUIREMENT_CHANGED.name: 7})
        ledger.close(connection, cursor, (), 0, ())
    with pytest.raises(AlarmError, match="jumps from 0 to 9"):
        apply(connection, epoch, [record(CV_REQUIREMENT_CHANGED, 7, CHANGE, "f", 9)], 7)
    assert len(apply(connection, epoch, [record(CV_REQUIREMENT_CHANGED, 7, CHANGE, "x", 8)], 7).events) == 1


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
