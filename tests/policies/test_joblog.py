"""When a Joblog is closed and its citizen told: both sides of every day (RET-5)."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.joblog import FIELDS, VOLUNTARY_FIELDS, JoblogEntryRecorded
from schemas.notices import NoticeIssued
from streams.joblog import decision
from tests.builders import CITIZEN, moment
from tests.retention_builders import closed_notice, closing_notice, entry, standing
from tests.stories.playbook import Playbook

ENVELOPE = {"occurred_at", "citizen", "record"}


def test_every_field_of_an_entry_is_in_the_reviewed_table_and_no_other() -> None:
    assert {field.name for field in FIELDS} == set(JoblogEntryRecorded.model_fields) - ENVELOPE
    optional = {name for name, field in JoblogEntryRecorded.model_fields.items() if not field.is_required()}
    assert set(VOLUNTARY_FIELDS) == optional


@pytest.mark.parametrize(
    ("updated_at", "told_on", "closes_on"),
    [
        ("2018-01-01 12:00", "2021-12-02", "2022-01-01"),
        ("2018-03-27 23:59", "2022-02-25", "2022-03-27"),  # the clocks change on the day of the closing
        ("2018-04-26 12:00", "2022-03-27", "2022-04-26"),  # … and of the announcement
        ("2017-10-31 00:00", "2021-10-01", "2021-10-31"),
        ("2018-11-29 12:00", "2022-10-30", "2022-11-29"),
        ("2020-02-29 12:00", "2024-01-30", "2024-02-29"),
        ("2017-07-14 12:00", "2021-06-14", "2021-07-14"),  # exactly 30 days after the release
        ("2017-07-13 12:00", "2021-06-14", "2021-07-14"),  # never closed before its citizen was told in time
        ("2015-07-15 12:00", "2021-06-14", "2021-07-14"),
    ],
)
def test_told_30_days_before_and_when_it_is_closed_on_the_day(updated_at: str, told_on: str, closes_on: str) -> None:
    def eve(day: str) -> date:
        return date.fromisoformat(day) - timedelta(days=1)

    book = Playbook(decision).fact(entry(updated_at)).day(eve(told_on))
    assert book.new_outputs() == []
    assert book.day(told_on).new_outputs() == [closing_notice(told_on, closes_on, updated_at[:10])]
    assert book.day(eve(closes_on)).new_outputs() == []
    book.day(closes_on)
    assert book.new_outputs() == [standing(closes_on, is_open=False), closed_notice(closes_on)]


@pytest.mark.parametrize("updated_at", ["2015-07-14 12:00", "2014-01-01 12:00"])
def test_a_closing_after_which_nothing_is_left_is_announced_and_not_told_of_again(updated_at: str) -> None:
    book = Playbook(decision).fact(entry(updated_at)).day("2021-06-14")
    assert book.new_outputs() == [closing_notice("2021-06-14", "2021-07-14", updated_at[:10])]
    assert book.day("2021-07-14").new_outputs() == [standing("2021-07-14", is_open=False)]


@pytest.mark.parametrize(
    ("updated_at", "read_on", "announced", "closed"),
    [
        ("2016-03-01 12:00", "2021-07-13", True, False),  # its day is still to come: so is the choice
        ("2016-03-01 12:00", "2021-07-14", False, True),
        ("2016-03-01 12:00", "2021-08-20", False, True),
        ("2016-03-01 12:00", "2022-02-28", False, True),
        ("2016-03-01 12:00", "2022-03-01", False, False),  # nothing of it is left
        ("2014-03-01 12:00", "2021-08-20", False, False),
    ],
)
def test_what_is_read_late_is_told_of_by_what_is_so_on_that_day(
    updated_at: str, read_on: str, announced: bool, closed: bool
) -> None:
    book = Playbook(decision).day(read_on).fact(entry(updated_at))
    notices = [event for event in book.new_outputs() if event.SCHEMA == "notice-issued.v1"]
    soon = [closing_notice("2021-06-14", "2021-07-14", updated_at[:10])] if announced else []
    assert notices == soon + ([closed_notice("2021-07-14")] if closed else [])


def test_an_older_entry_that_arrives_late_changes_nothing() -> None:
    book = Playbook(decision).fact(entry("2018-01-01 12:00")).fact(entry("2017-12-31 12:00", "entry-2"))
    assert book.day("2021-12-01").new_outputs() == []
    assert book.day("2021-12-02").new_outputs() == [closing_notice("2021-12-02", "2022-01-01", "2018-01-01")]


ENTRIES = tuple(entry(f"{year}-05-0{n} 12:00", f"entry-{n}") for n, year in enumerate((2015, 2018, 2021, 2020), 1))


@given(st.permutations(ENTRIES))
def test_in_any_order_of_its_entries_the_joblog_is_the_same(entries: Sequence[JoblogEntryRecorded]) -> None:
    books = Playbook(decision), Playbook(decision)
    for book, order in zip(books, (entries, ENTRIES), strict=True):
        for each in order:
            book.fact(each)
    state, expected = (book.state(CITIZEN) for book in books)
    assert state is not None
    assert (state, state.updated_on, books[0].outputs) == (expected, date(2021, 5, 3), [])


@pytest.mark.parametrize(
    ("again", "closes_on"),
    [
        (entry("2021-01-01 03:00", applied_on=date(2018, 5, 1)), "2022-05-01"),  # a nightly export
        (entry("2021-01-01 03:00", applied_on=date(2018, 5, 1), note="new"), "2025-01-01"),
        (entry("2021-01-01 03:00", applied_on=date(2018, 5, 1), note=None), "2025-01-01"),
        (entry("2021-01-01 03:00", "entry-2", applied_on=date(2018, 5, 1)), "2025-01-01"),
    ],
)
def test_only_another_content_or_another_entry_is_an_update(again: JoblogEntryRecorded, closes_on: str) -> None:
    book = Playbook(decision).fact(entry("2018-05-01 12:00")).fact(again).day("2025-02-01")
    assert [event.from_day for event in book.outputs if isinstance(event, NoticeIssued)] == [
        date.fromisoformat(closes_on), date.fromisoformat(closes_on)
    ]  # fmt: skip


def test_what_a_late_fact_says_is_older_than_what_was_said_again() -> None:
    first, again = entry("2018-05-01 12:00"), entry("2020-05-01 12:00", applied_on=date(2018, 5, 1))
    book = Playbook(decision).fact(first).fact(again).fact(entry("2019-05-01 12:00", note="late"))
    book.fact(again.but(occurred_at=moment("2021-05-01 12:00")))
    state = book.state(CITIZEN)
    assert state is not None
    assert state.updated_on == date(2018, 5, 1)
