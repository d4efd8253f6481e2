"""A CPR number in a record that came past our edge is refused, whatever its spelling, and nobody is parked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from psycopg import Connection

from consumers.sink import Sink
from infra.addresses import Addresses
from infra.engine import intake
from infra.engine.record import IncomingEvent
from schemas.ids import slice_of
from schemas.joblog import JoblogEntryRecorded
from schemas.topic import SLICES
from schemas.topics import JOBLOG_ENTRY_RECORDED, TITLE_HELD_RECORDED
from tests.integration.country import Fact
from tests.integration.replays import drain, replayed
from tests.integration.slices import THEIRS, Slice, slice_of_consumer
from tests.integration.system import make_system
from tests.retention_builders import entry

CITIZEN = "c-1"
SLICE = slice_of(CITIZEN.encode(), SLICES)
READS = (JOBLOG_ENTRY_RECORDED, TITLE_HELD_RECORDED)
WRITTEN = "select subject from ledger.state order by subject"
LETTERS = "select at_offset, status, reason, subject, refused from dead_letter.letter order by id"
WHY = "what looks like a CPR number stands in note: publish it again without, with a new id"


def write(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Any table will do: here it is the states'."""
    query = "insert into ledger.state (decision, slice, subject, body, cause) values ('noted', %s, %s, '{}', %s)"
    for incoming in incoming_events:
        record = getattr(incoming.event, "record", "")
        connection.execute(query, (incoming.slice, f"{incoming.event.key} {record}", incoming.id.hex()))


SINK = Sink("noted", READS, (), write)


@pytest.fixture
def slice_(database: str) -> Iterator[Slice]:
    with slice_of_consumer(database, SINK, SLICE) as made:
        yield made


def noted(record: str, note: str) -> JoblogEntryRecorded:
    return entry("2021-06-14 08:00", record, citizen=CITIZEN, note=note)


def test_a_number_in_a_note_is_refused_and_the_citizens_other_records_are_applied(slice_: Slice) -> None:
    notes = ["ring igen", "cpr 010170\u20111234", "ordre 1012211234", "０１０１７０-１２３４", "01.06.21 13.00"]
    slice_.put(*[slice_.next(JOBLOG_ENTRY_RECORDED, noted(f"r{n}", note), f"e{n}") for n, note in enumerate(notes)])
    assert slice_.rows(WRITTEN) == [("c-1 r0",), ("c-1 r2",), ("c-1 r4",)]
    assert slice_.rows(LETTERS) == [(1, "new", WHY, None, True), (3, "new", WHY, None, True)]
    assert slice_.rows("select parked, breaker from ledger.slice where parked <> '{}' or breaker <> '{}'") == []


def test_a_person_who_sees_that_it_is_none_applies_it(slice_: Slice) -> None:
    slice_.put(slice_.next(JOBLOG_ENTRY_RECORDED, noted("r1", "sag 010170-1234"), "a"))
    (letter,) = slice_.rows("select id from dead_letter.letter")[0]
    assert slice_.rows(WRITTEN) == []
    assert slice_.command("redrive", letter) == "applied"
    assert slice_.rows(WRITTEN) == [("c-1 r1",)]


def test_a_number_that_waited_behind_a_letter_is_not_applied_with_what_waited(slice_: Slice) -> None:
    slice_.put(
        slice_.next(JOBLOG_ENTRY_RECORDED, noted("r0", "a"), "a", THEIRS),
        slice_.next(JOBLOG_ENTRY_RECORDED, noted("r1", "b"), "b"),
        slice_.next(JOBLOG_ENTRY_RECORDED, noted("r2", "010170 1234"), "c"),
    )
    slice_.schemas.registered = True
    (letter,) = slice_.rows("select min(id) from dead_letter.letter")[0]
    assert slice_.command("redrive", letter) == "applied"
    assert slice_.rows(WRITTEN) == [("c-1 r0",), ("c-1 r1",)]
    assert [row[:3] for row in slice_.rows(LETTERS)][1:] == [(2, "new", WHY)]


def test_a_batch_log_in_which_such_a_record_was_applied_still_replays(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system(addresses, database, tmp_path, {SINK.name: READS})
    system.publish([Fact(JOBLOG_ENTRY_RECORDED, noted("r1", "cpr 010170\u20111234"), "a")])
    with monkeypatch.context() as before:
        before.setattr(intake, "refusal", lambda *_: "")  # as it was before such records were refused
        drain(system, SINK)
    with replayed(system, SINK, migrated) as (_old, new):
        assert new.execute(WRITTEN).fetchall() == [("c-1 r1",)]
        assert new.execute("select count(*) from dead_letter.letter").fetchone() == (0,)
