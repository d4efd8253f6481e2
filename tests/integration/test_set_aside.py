"""What is refused by judgement: a letter that parks nobody, that only a person applies, that a replay obeys."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import Connection

from consumers.sink import Sink
from infra.addresses import Addresses
from infra.dead_letters.limits import IN_A_ROW
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.postgres import connect
from schemas.cv import SituationRecorded
from schemas.dates import COPENHAGEN
from schemas.event import Event
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import CV_EXEMPTION_RECORDED, SITUATION_RECORDED
from tests.builders import exemption, situation
from tests.integration.country import Fact
from tests.integration.replays import assert_same, drain, replayed
from tests.integration.slices import THEIRS, Slice, slice_of_consumer
from tests.integration.system import make_system

CITIZEN = "c-1"
SLICE = slice_of(CITIZEN.encode(), SLICES)
OTHER = next(f"c-{n}" for n in range(2, 99) if slice_of(f"c-{n}".encode(), SLICES) == SLICE)
FORGED = "it is forged"
READS = (SITUATION_RECORDED, CV_EXEMPTION_RECORDED)
WRITTEN = "select subject, body ->> 'at' from ledger.state order by body ->> 'at'"
LETTERS = "select at_offset, status, reason, subject, refused from dead_letter.letter order by id"
ASIDE = "select set_aside from ledger.batch where set_aside is not null order by batch"
STANDS = "select parked, breaker from ledger.slice where parked <> '{}' or breaker <> '{}'"


def forged(event: Event) -> bool:
    return isinstance(event, SituationRecorded) and event.fund == "forged"


def judge(
    _connection: Connection, _cursor: Cursor, incoming_events: Sequence[IncomingEvent]
) -> Iterator[tuple[IncomingEvent, str]]:
    return ((incoming, FORGED) for incoming in incoming_events if forged(incoming.event))


def write(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Any table will do: here it is the states', with the moment of each fact."""
    query = (
        "insert into ledger.state (decision, slice, subject, body, cause)"
        " values ('judged', %s, %s, jsonb_build_object('at', %s::text), %s)"
    )
    for incoming in incoming_events:
        moment = f"{incoming.event.occurred_at.astimezone(COPENHAGEN):%H:%M}"
        connection.execute(query, (incoming.slice, f"{incoming.event.key} {moment}", moment, incoming.id.hex()))


SINK = Sink("judged", READS, (), write, judge=judge)


@pytest.fixture
def slice_(database: str) -> Iterator[Slice]:
    with slice_of_consumer(database, SINK, SLICE) as made:
        yield made


def fact(at: str, citizen: str = CITIZEN, fund: str = "fund-1") -> SituationRecorded:
    return situation(f"2021-06-14 {at}", citizen=citizen, fund=fund)


def written(slice_: Slice) -> list[tuple[str, ...]]:
    return [tuple(subject.split()) for subject, _ in slice_.rows(WRITTEN)]


def test_what_a_judge_refuses_parks_nobody_and_the_rest_of_its_batch_is_written(slice_: Slice) -> None:
    slice_.put(
        slice_.next(SITUATION_RECORDED, fact("08:00"), "a"),
        slice_.next(SITUATION_RECORDED, fact("09:00", fund="forged"), "b"),
        slice_.next(SITUATION_RECORDED, fact("10:00"), "c"),
        slice_.next(SITUATION_RECORDED, fact("11:00", OTHER), "d"),
    )
    assert written(slice_) == [(CITIZEN, "08:00"), (CITIZEN, "10:00"), (OTHER, "11:00")]
    assert slice_.rows(LETTERS) == [(1, "new", FORGED, None, True)]
    assert slice_.rows(ASIDE) == [([[SITUATION_RECORDED.name, 1, FORGED, True, False, False]],)]
    assert slice_.rows(STANDS) == []
    assert slice_.rows("select records, outgoing from ledger.batch where runs <> '[]'") == [(3, 1)]


def test_no_number_of_refusals_stops_the_slice_or_hides_a_run_of_letters(slice_: Slice) -> None:
    slice_.put(*[slice_.next(SITUATION_RECORDED, fact("08:00"), f"u-{n}", headers=[]) for n in range(3)])
    stood = slice_.rows(STANDS)
    many = [slice_.next(SITUATION_RECORDED, fact("09:00", OTHER, "forged"), f"f-{n}") for n in range(5 * IN_A_ROW)]
    slice_.put(*many)
    assert written(slice_) == []
    assert slice_.rows("select count(*) from dead_letter.letter where refused") == [(5 * IN_A_ROW,)]
    assert slice_.rows(STANDS) == stood
    assert stood[0][1] == {SITUATION_RECORDED.name: [1, 1, 1, 0]}


def test_only_a_person_applies_a_refusal_and_no_judge_is_asked_again(slice_: Slice) -> None:
    slice_.put(slice_.next(SITUATION_RECORDED, fact("09:00", fund="forged"), "b"))
    (letter,) = slice_.rows("select id from dead_letter.letter")[0]
    slice_.put(slice_.next(SITUATION_RECORDED, fact("09:00", fund="forged"), "b"))
    assert written(slice_) == []
    assert slice_.command("redrive", letter) == "applied"
    assert written(slice_) == [(CITIZEN, "09:00")]
    assert slice_.command("redrive", letter) == "nothing to do: it is applied already"


def test_what_waited_behind_a_letter_is_judged_when_it_is_applied(slice_: Slice) -> None:
    slice_.put(
        slice_.next(SITUATION_RECORDED, fact("08:00"), "a", THEIRS),
        slice_.next(SITUATION_RECORDED, fact("09:00", fund="forged"), "b"),
        slice_.next(SITUATION_RECORDED, fact("10:00"), "c"),
    )
    slice_.schemas.registered = True
    (letter,) = slice_.rows("select min(id) from dead_letter.letter")[0]
    assert slice_.command("redrive", letter) == "applied"
    assert written(slice_) == [(CITIZEN, "08:00"), (CITIZEN, "10:00")]
    reason = "schema 2 is not registered for dfdg.citizen-situation-recorded-v1-value"
    assert slice_.rows(LETTERS) == [(0, "applied", reason, CITIZEN, False), (1, "new", FORGED, None, True)]
    assert slice_.rows("select parked from ledger.slice where parked <> '{}'") == []


def test_an_unreadable_letter_is_judged_once_it_can_be_read_and_then_by_who_drives_it_again(slice_: Slice) -> None:
    slice_.put(slice_.next(SITUATION_RECORDED, fact("08:00", fund="forged"), "a", THEIRS))
    slice_.schemas.registered = True
    (letter,) = slice_.rows("select id from dead_letter.letter")[0]
    assert slice_.command("redrive", letter) == f"refused: {FORGED}"
    assert written(slice_) == []
    assert slice_.rows(LETTERS) == [(0, "new", FORGED, CITIZEN, True)]
    assert slice_.command("redrive", letter) == "applied"
    assert written(slice_) == [(CITIZEN, "08:00")]


class Undecided:
    """Refuses nothing, then all; and counts how often it was asked."""

    asked = 0

    def __call__(
        self, _connection: Connection, _cursor: Cursor, incoming_events: Sequence[IncomingEvent]
    ) -> Iterable[tuple[IncomingEvent, str]]:
        self.asked += 1
        return [(incoming, "another mind") for incoming in incoming_events]


def test_a_replay_sets_the_same_records_aside_and_asks_no_judge(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path, {SINK.name: READS})
    facts = [
        Fact(SITUATION_RECORDED, fact("08:00"), "a"),
        Fact(SITUATION_RECORDED, fact("09:00", fund="forged"), "b"),
        Fact(CV_EXEMPTION_RECORDED, exemption("2021-06-14 10:00", citizen=OTHER), "c"),
        Fact(SITUATION_RECORDED, fact("11:00", OTHER, "forged"), "d"),
        Fact(SITUATION_RECORDED, fact("12:00", OTHER), "e"),
    ]
    system.publish(facts)
    drain(system, SINK)
    other = Undecided()
    with replayed(system, replace(SINK, judge=other), migrated) as (old, new):
        assert old.execute("select count(*) from dead_letter.letter where refused").fetchone() == (2,)
        assert_same(old, new)
    assert other.asked == 0


def test_a_batch_log_of_before_anything_could_be_set_aside_still_replays(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path, {SINK.name: READS})
    system.publish([Fact(SITUATION_RECORDED, fact("08:00", fund="forged"), "a")])
    drain(system, replace(SINK, judge=None))
    with connect(database, "test") as old:
        old.execute("alter table ledger.batch drop column set_aside")
    with replayed(system, SINK, migrated) as (_old, new):
        assert new.execute("select count(*) from dead_letter.letter").fetchone() == (0,)
        assert new.execute("select subject from ledger.state").fetchall() == [(f"{CITIZEN} 08:00",)]
