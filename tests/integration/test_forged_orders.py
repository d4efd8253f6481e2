"""Orders and blocks of deletions that nobody should have written: nothing goes early, unarchived or by a stranger."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from confluent_kafka import Message

from consumers import deletions, registers
from infra.engine import failpoints
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.event import Event
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, DELETION_ORDERED, LEGAL_HOLD_RECORDED
from tests.builders import CITIZEN
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import TOPIC_OF, incoming_events
from tests.integration.slices import Slice, slice_of_consumer
from tests.retention_builders import REFERENCE, archived, blocked, check, entry, hold, ordered

SLICE = slice_of(CITIZEN.encode(), SLICES)
OTHER = next(f"c-{n}" for n in range(99) if slice_of(f"c-{n}".encode(), SLICES) == SLICE)
TODAY = "2022-01-10"
KEPT = """
select record, reach, note is not null from register.joblog_entry
union all select record, reach, true from register.job_suggestion_check order by record
"""
LETTERS = "select reason, status, subject from dead_letter.letter order by id"
RECEIPTS = "select record, deleted_on, reference from retention.receipt order by number"
CHECKS = "job-suggestion-checks"
ALL_KEPT = [("check-1", "open", True), ("check-2", "open", True), ("due", "open", True), ("early", "open", True)]


@pytest.fixture
def slice_(database: str) -> Iterator[Slice]:
    """The slice of deletions, on the day on which an entry and two checks are due and another entry is not yet. One of
    the checks is archived as it is, the other as it was."""
    with slice_of_consumer(database, deletions.sink, SLICE) as slice_:
        facts: list[Event] = [entry("2018-01-10 12:00", "due"), entry("2018-01-11 12:00", "early")]
        facts += [check("2016-01-10 12:00", "check-1"), check("2016-01-10 12:00", "check-2")]
        with slice_.connection.transaction():
            registers.apply(slice_.connection, incoming_events(*facts))
        archived(slice_.connection, CHECKS, "check-1", "2016-01-10 12:00")
        archived(slice_.connection, CHECKS, "check-2", "2016-01-10 11:59", "approval-of-old")
        archived(slice_.connection, CHECKS, "check-2", "2016-01-10 12:00", None)
        slice_.put(begins(slice_, TODAY))
        yield slice_


def begins(slice_: Slice, day: str) -> Message:
    first = date.fromisoformat(day)
    return slice_.next(DAY_BEGUN, DayBegun(occurred_at=midnight(first), day_begun=first, ends={}), f"day-{day}")


def put(slice_: Slice, *events: Event) -> None:
    """All of them in one batch, each with the next sequence of its topic's one writer."""
    records = []
    for event in events:
        topic = TOPIC_OF[type(event)]
        number = slice_._offsets.get(topic.name, -1) + 2
        records.append(slice_.next(topic, event, f"{topic.name}-{number}", sequence=number))
    slice_.put(*records)


def due(on: str = TODAY, **fields: Any) -> Event:
    """An order that holds: a person's four years are over."""
    return ordered(on, "2018-01-10 12:00", "due", "joblog-voluntary").but(**fields)


def of_check(record: str = "check-1", on: str = TODAY, **fields: Any) -> Event:
    return ordered(on, "2016-01-10 12:00", record, CHECKS).but(**fields)


def early(on: str) -> Event:
    return ordered(on, "2018-01-11 12:00", "early", "joblog-voluntary")


def test_what_holds_is_carried_out_and_nothing_is_set_aside(slice_: Slice) -> None:
    put(slice_, due(), of_check())
    assert slice_.rows(RECEIPTS) == [("due", date(2022, 1, 10), None), ("check-1", date(2022, 1, 10), REFERENCE)]
    assert slice_.rows(LETTERS) == []


def test_an_order_dated_ahead_of_the_slices_day_deletes_nothing_and_is_set_aside(slice_: Slice) -> None:
    put(slice_, early("2033-07-01"))
    assert slice_.rows(KEPT) == ALL_KEPT
    assert slice_.rows(LETTERS) == [("its day, 2033-07-01, lies ahead: the slice has come to 2022-01-10", "new", None)]
    put(slice_, due())
    assert [record for record, *_ in slice_.rows(RECEIPTS)] == ["due"], "the slice goes on"


LIES: dict[str, tuple[Event, str]] = {
    "before its deadline": (early("2022-01-10"), "its record is not due on 2022-01-10"),
    "tomorrow, for what is due tomorrow": (early("2022-01-11"), "its record is not due on 2022-01-10"),
    "the day after tomorrow": (due("2022-01-12"), "its day, 2022-01-12, lies ahead"),
    "an anchor at the end of time": (due(anchor=date.max, due=date.max), "its record is not due on 2022-01-10"),
    "a deadline of its own": (due(due=date(2021, 1, 1)), "its rule or its deadline is not that of its area"),
    "a rule of its own": (due(rule="RET-1"), "its rule or its deadline is not that of its area"),
    "an area that is none": (due(area="salaries"), "no rule says how long its area is kept"),
    "a day before the law": (due("2021-06-13"), "no rule says how long its area is kept"),
    "an invented approval": (of_check(reference="approval-9"), "its reference is of no approval"),
    "no approval": (of_check(reference=None), "it has no archive receipt"),
    "an approval of another record": (of_check("check-2"), "its reference is of no approval"),
    "an approval of an older state": (of_check("check-2", reference="approval-of-old"), "its reference is of no"),
    "text that no table holds": (of_check(reference="\0"), "its reference is of no approval"),
    "a block before the deadline": (
        blocked("2022-01-10", "2018-01-11 12:00", "hold", "early", "joblog-voluntary"), "its record is not due",
    ),
    "a block dated ahead": (
        blocked("2033-07-01", "2018-01-11 12:00", "hold", "early", "joblog-voluntary"), "its day, 2033-07-01, lies",
    ),
    "a block of no area": (
        blocked("2022-01-10", "2018-01-10 12:00", "hold", "due", "joblog-voluntary").but(area="salaries"), "no rule",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_an_order_or_a_block_that_does_not_hold_changes_nothing_and_waits_for_a_person(slice_: Slice, lie: str) -> None:
    event, reason = LIES[lie]
    put(slice_, event)
    assert (slice_.rows(KEPT), slice_.rows(RECEIPTS)) == (ALL_KEPT, [])
    ((said, status, subject),) = slice_.rows(LETTERS)
    assert (said.startswith(reason), status, subject) == (True, "new", None)
    assert slice_.rows("select * from retention.blocked") == []
    assert slice_.rows("select distinct alarm, parked from ledger.slice") == [(None, {})]


def test_an_order_under_another_citizens_key_deletes_nothing(slice_: Slice) -> None:
    put(
        slice_, due(citizen=OTHER), blocked(TODAY, "2018-01-10 12:00", "hold", "due", "joblog-voluntary", citizen=OTHER)
    )
    assert (slice_.rows(KEPT), slice_.rows(RECEIPTS), slice_.rows(LETTERS)) == (ALL_KEPT, [], [])


def test_the_receipt_is_of_the_order_that_was_carried_out_not_of_another_about_the_same_record(slice_: Slice) -> None:
    twin = ordered(TODAY, "2016-01-09 12:00", "check-1", CHECKS, reference="invented")
    put(slice_, of_check(), twin)
    assert slice_.rows(RECEIPTS) == [("check-1", date(2022, 1, 10), REFERENCE)]


def test_what_others_have_begun_counts_as_the_slices_day_and_so_does_a_release_just_after_midnight(
    slice_: Slice,
) -> None:
    put(slice_, due("2022-01-11"))
    assert slice_.rows(RECEIPTS) == [("due", date(2022, 1, 11), None)]
    others = "insert into ledger.consumer values ('registers', 8); insert into ledger.slice (consumer, slice, day)"
    slice_.connection.execute(f"{others} values ('registers', {SLICE}, '2022-01-11')")
    put(slice_, early("2022-01-11"))
    assert [record for record, *_ in slice_.rows(RECEIPTS)] == ["due", "early"]
    assert slice_.rows(LETTERS) == []


def test_a_person_cannot_have_an_order_applied_before_its_day_either(slice_: Slice) -> None:
    put(slice_, early("2022-01-11"))
    ((letter,),) = slice_.rows("select id from dead_letter.letter")
    assert slice_.command("redrive", letter) == "refused: its record is not due on 2022-01-10"
    assert slice_.rows(KEPT) == ALL_KEPT
    slice_.put(begins(slice_, "2022-01-11"))
    assert slice_.command("redrive", letter) == "applied"
    assert slice_.rows(RECEIPTS) == [("early", date(2022, 1, 11), None)]


@pytest.mark.parametrize("consumer", ["registers", "referral-register", "retention"])
def test_nothing_of_a_citizen_who_is_parked_where_the_deadline_or_the_hold_may_wait_is_deleted(
    slice_: Slice, consumer: str
) -> None:
    others = "insert into ledger.consumer values (%(name)s, 8)"
    slice_.connection.execute(others, {"name": consumer})
    parks = "insert into ledger.slice (consumer, slice, parked) values (%s, %s, jsonb_build_object(%s::text, false))"
    slice_.connection.execute(parks, (consumer, SLICE, CITIZEN))
    put(slice_, due(), of_check())
    assert (slice_.rows(KEPT), slice_.rows(RECEIPTS)) == (ALL_KEPT, [])
    assert [reason.partition(":")[0] for reason, *_ in slice_.rows(LETTERS)] == ["its citizen is parked"] * 2
    slice_.connection.execute("update ledger.slice set parked = '{}'")
    put(slice_, due("2022-01-11"))
    assert slice_.rows(RECEIPTS) == [("due", date(2022, 1, 11), None)]


def test_a_hold_that_cannot_be_read_stops_the_orders_beside_it_and_those_behind_it(slice_: Slice) -> None:
    order = slice_.next(DELETION_ORDERED, due(), "order", sequence=1)
    garbage = slice_.next(LEGAL_HOLD_RECORDED, hold("2022-01-09"), "hold", value=b"garbage")
    slice_.put(order, garbage)
    put(slice_, of_check())
    assert (slice_.rows(KEPT), slice_.rows(RECEIPTS)) == (ALL_KEPT, [])
    ((letter,),) = slice_.rows("select id from dead_letter.letter where subject is not null and status = 'new'")
    assert slice_.command("discard", letter) == "discarded"
    assert slice_.rows(RECEIPTS) == [("check-1", date(2022, 1, 10), REFERENCE)], "what waited is applied"


def test_nobody_changes_the_approval_that_an_order_rests_on_until_the_deletion_is_committed(
    slice_: Slice, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look(point: str) -> None:
        if point == "deleted":
            with slice_connection(database) as other:
                locked = "select from archive.delivery where reference = %s for update skip locked"
                seen.append(other.execute(locked, (REFERENCE,)).rowcount)

    monkeypatch.setattr(failpoints, "reach", look)
    put(slice_, of_check())
    assert seen == [0]
