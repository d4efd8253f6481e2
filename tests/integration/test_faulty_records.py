"""A rule or a statement that fails on a record: which one is found out and set aside, if it is the record's fault."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection

from consumers.sink import Sink
from infra.addresses import Addresses
from infra.consumer_group import MAX_FAILURES
from infra.dead_letters.limits import IN_A_ROW
from infra.engine import failpoints
from infra.engine.record import IncomingEvent
from infra.errors import AlarmError, FaultyRecordError, TakeOverError
from schemas.cv import SituationRecorded
from schemas.ids import slice_of
from schemas.titles import TitleTablePublished
from schemas.topic import SLICES
from schemas.topics import SITUATION_RECORDED, TITLE_TABLE_PUBLISHED
from tests.builders import situation
from tests.contract.catalogue import example
from tests.integration.country import Fact
from tests.integration.replays import assert_same, at_work, drain, replayed
from tests.integration.slices import Slice, slice_of_consumer
from tests.integration.system import make_system, wait_for

SECRET = "010203-1234"
CITIZEN = "c-1"
SLICE = slice_of(CITIZEN.encode(), SLICES)
CITIZENS = [name for n in range(2, 999) if slice_of((name := f"c-{n}").encode(), SLICES) == SLICE]
READS = (SITUATION_RECORDED, TITLE_TABLE_PUBLISHED)
LETTERS = "select at_offset, status, subject, refused from dead_letter.letter order by id"
INSERT = "insert into ledger.state (decision, slice, subject, body, cause) values ('faulty', %s, %s, '{}', %s)"


def write(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    for incoming in incoming_events:
        event = incoming.event
        if isinstance(event, TitleTablePublished) or event.fund == "rule":  # type: ignore[attr-defined] # the other kind
            raise ValueError(SECRET)
        if event.fund == "unknown":  # type: ignore[attr-defined] # as above
            raise RuntimeError(SECRET)
        if event.fund == "statement":  # type: ignore[attr-defined] # as above
            connection.execute("select %s::int", (SECRET,))
        connection.execute(INSERT, (incoming.slice, f"{event.key} {incoming.offset}", incoming.id.hex()))


SINK = Sink("faulty", READS, (), write)


@pytest.fixture
def slice_(database: str) -> Iterator[Slice]:
    with slice_of_consumer(database, SINK, SLICE) as made:
        yield made


def put(slice_: Slice, *facts: tuple[str, str]) -> None:
    """One batch of facts: a citizen, and the fund that says what fails."""
    slice_.put(
        *[
            slice_.next(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=citizen, fund=fund), f"{citizen} {n}")
            for n, (citizen, fund) in enumerate(facts)
        ]
    )


def written(slice_: Slice) -> list[int]:
    return sorted(int(subject.split()[1]) for (subject,) in slice_.rows("select subject from ledger.state"))


@pytest.mark.parametrize("fault", ["rule", "statement"])
@pytest.mark.parametrize("at", [0, 3, 6])
def test_the_one_record_on_which_a_batch_fails_becomes_a_letter_and_parks_its_key_and_the_others_are_applied(
    slice_: Slice, fault: str, at: int
) -> None:
    facts = [(citizen, "fund-1") for citizen in CITIZENS[:6]]
    facts[at:at] = [(CITIZEN, fault)]
    put(slice_, *facts, (CITIZEN, "fund-1"))
    assert written(slice_) == [n for n in range(7) if n != at]
    assert slice_.rows(LETTERS) == [(at, "new", CITIZEN, False), (7, "waiting", CITIZEN, False)]
    ((noted,),) = slice_.rows("select set_aside from ledger.batch where set_aside is not null")
    (reason,) = slice_.rows("select reason from dead_letter.letter where status = 'new'")[0]
    assert noted == [[SITUATION_RECORDED.name, at, reason, True, True, True]]
    named = {"rule": "ValueError at test_faulty_records.py:", "statement": "22P02 InvalidTextRepresentation"}[fault]
    assert named in reason
    assert SECRET not in json.dumps(slice_.rows("select reason, (select json_agg(b) from ledger.batch b) from"
                                                " dead_letter.letter"), default=str)  # fmt: skip
    positions, parked = slice_.rows("select positions, parked from ledger.slice where epoch > 0")[0]
    assert (positions[SITUATION_RECORDED.name], parked) == (8, {CITIZEN: False})


def test_several_faulty_records_of_a_batch_are_all_found_though_the_first_ones_stand_side_by_side(
    slice_: Slice,
) -> None:
    facts = [(citizen, "rule" if n in (0, 1, 5) else "fund-1") for n, citizen in enumerate(CITIZENS[:8])]
    put(slice_, *facts)
    assert written(slice_) == [2, 3, 4, 6, 7]
    assert [at for at, *_ in slice_.rows(LETTERS)] == [0, 1, 5]


@pytest.mark.parametrize("count", [1, 5])
def test_a_batch_of_which_no_record_passes_is_the_programs_fault_and_nothing_is_set_aside(
    slice_: Slice, count: int
) -> None:
    with pytest.raises(FaultyRecordError, match="ValueError") as raised:
        put(slice_, *[(citizen, "rule") for citizen in CITIZENS[:count]])
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert (written(slice_), slice_.rows(LETTERS)) == ([], [])
    assert slice_.rows("select count(*) from ledger.batch where records > 0") == [(0,)]


def test_a_batch_that_is_too_long_for_a_transaction_is_halved_after_each_take_over_until_it_passes(
    database: str,
) -> None:
    tried: list[int] = []

    def slow(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
        tried.append(len(incoming_events))
        if len(incoming_events) > 10:
            raise psycopg.errors.IdleInTransactionSessionTimeout
        write(connection, incoming_events)

    with slice_of_consumer(database, replace(SINK, write=slow), SLICE) as slice_:
        fact = situation("2021-06-14 08:00", citizen=CITIZEN)
        facts = [slice_.next(SITUATION_RECORDED, fact, f"{n}") for n in range(64)]
        for _ in range(3):
            with pytest.raises(TakeOverError):
                slice_.put(*facts)
            assert written(slice_) == []
            slice_.take_over()
        slice_.put(*facts)
        assert tried == [64, 32, 16, *[8] * 8]
        assert written(slice_) == [*range(64)]
        assert slice_.worker.positions[SITUATION_RECORDED.name] == 64
        slice_.put(*[slice_.next(SITUATION_RECORDED, fact, f"more {n}") for n in range(9)])
        assert tried[11:] == [9], "once it goes, more is done at once again"


def test_so_many_faulty_records_stop_the_slice_as_unreadable_ones_would(slice_: Slice) -> None:
    facts = [(CITIZENS[0], "fund-1"), *[(citizen, "rule") for citizen in CITIZENS[1 : IN_A_ROW + 2]]]
    with pytest.raises(AlarmError, match="too many dead letters"):
        put(slice_, *facts)
    assert slice_.rows("select count(*) from dead_letter.letter") == [(IN_A_ROW,)]


def test_a_faulty_record_that_is_for_every_slice_is_never_set_aside_without_a_person(slice_: Slice) -> None:
    good = slice_.next(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=CITIZEN), "good")
    table = example(TitleTablePublished, "ordinary")
    with pytest.raises(FaultyRecordError):
        slice_.put(good, slice_.next(TITLE_TABLE_PUBLISHED, table, "table"))
    assert (written(slice_), slice_.rows(LETTERS)) == ([0], [])


@pytest.mark.parametrize(("fund", "named"), [("unknown", "RuntimeError at"), ("rule", "ValueError at")])
def test_what_fails_again_and_again_without_progress_stops_the_slice_with_an_alarm_that_names_the_class(
    addresses: Addresses, database: str, tmp_path: Path, fund: str, named: str
) -> None:
    system = make_system(addresses, database, tmp_path, {SINK.name: READS})
    system.publish([Fact(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=CITIZEN, fund=fund), "a")])
    query = "select epoch, alarm from ledger.slice where consumer = 'faulty' and alarm is not null"
    with at_work(system, SINK), psycopg.connect(database, autocommit=True) as connection:
        ((epoch, alarm),) = wait_for("the alarm", lambda: connection.execute(query).fetchall())
    assert f"{named} test_faulty_records.py:" in alarm
    assert f"({MAX_FAILURES} failures without progress)" in alarm
    assert SECRET not in alarm
    assert epoch == MAX_FAILURES


def test_a_slice_that_fails_behind_each_commit_goes_on_and_has_no_alarm(
    addresses: Addresses, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_now: list[bool] = []

    def note(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
        write(connection, incoming_events)
        written_now.append(True)

    def reach(point: str) -> None:
        if point == "committed" and written_now:
            written_now.clear()
            raise RuntimeError(point)

    applied, alarmed = "select count(*) from ledger.state", "select count(*) from ledger.slice where alarm is not null"
    system = make_system(addresses, database, tmp_path, {SINK.name: READS})
    monkeypatch.setattr(failpoints, "reach", reach)
    with at_work(system, replace(SINK, write=note)), psycopg.connect(database, autocommit=True) as connection:
        for number in range(2 * MAX_FAILURES):
            fact = situation("2021-06-14 08:00", citizen=CITIZEN, fund=f"fund-{number}")
            system.publish([Fact(SITUATION_RECORDED, fact, f"{number}")])
            query = f"select ({applied}) > {number} or ({alarmed}) > 0"
            wait_for("the fact, or an alarm", partial(_is_so, connection, query))
        assert connection.execute(f"select ({applied}), ({alarmed})").fetchone() == (2 * MAX_FAILURES, 0)


def _is_so(connection: Connection, query: str) -> bool:
    return connection.execute(query.encode()).fetchone() == (True,)


def test_a_replay_sets_a_faulty_record_aside_though_the_rule_is_mended(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path, {SINK.name: READS})
    system.publish(
        Fact(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=citizen, fund=fund), f"{citizen} {fund}")
        for citizen, fund in ((CITIZEN, "fund-1"), (CITIZENS[0], "rule"), (CITIZENS[0], "fund-1"), (CITIZEN, "fund-2"))
    )
    drain(system, SINK)
    mended = replace(SINK, write=lambda _connection, incoming_events: write(_connection, [*_mended(incoming_events)]))
    with replayed(system, mended, migrated) as (old, new):
        assert old.execute("select count(*) from dead_letter.letter").fetchone() == (2,)
        assert_same(old, new)


def _mended(incoming_events: Sequence[IncomingEvent]) -> Iterator[IncomingEvent]:
    for incoming in incoming_events:
        assert isinstance(incoming.event, SituationRecorded)
        yield incoming._replace(event=incoming.event.model_copy(update={"fund": "fund-1"}))
