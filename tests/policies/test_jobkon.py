"""JKO-1, JKO-2, JKO-3, TIT-12: every row of law, both sides of every last day, and the days of the notices."""

from datetime import date, timedelta

import pytest

from schemas.dates import midnight
from schemas.jobkon import JobkonFunctionAnswered, JobkonFunctionRequested
from schemas.notices import NoticeIssued
from schemas.texts.jobkon import REPLACEMENTS
from schemas.texts.words import FUNCTIONS
from streams.jobkon import decision
from streams.policies.jobkon import OTHERS, ROWS, Function, JobkonUser, decide, notice_days, row_of
from tests.builders import situation
from tests.stories.playbook import Playbook

FIRST_PART = {
    *("preparation-form", "tags-assign", "tags-search", "adverts-create", "adverts-view", "adverts-search", "messages")
}
LAST_PART = {"joblog-view", "joblog-search"}
END_2021, END_2022 = date(2021, 12, 31), date(2022, 12, 31)


def asked_on(day: date, function: str, minute: int = 0) -> JobkonFunctionRequested:
    at = midnight(day) + timedelta(minutes=minute)
    return JobkonFunctionRequested(occurred_at=at, requester="user-1", request="r", function=function)


def answer_on(day: date, function: str, minute: int = 0) -> JobkonFunctionAnswered:
    _, (answered,) = decide(None, asked_on(day, function, minute))
    assert isinstance(answered, JobkonFunctionAnswered)
    return answered


def notices(book: Playbook[JobkonUser]) -> list[NoticeIssued]:
    return [event for event in book.new_outputs() if isinstance(event, NoticeIssued)]


def test_the_rows_are_those_of_the_newsletter_with_a_danish_name_a_replacement_and_a_source() -> None:
    assert {row.code for row in ROWS if row.last_day == END_2021} == FIRST_PART
    assert {row.code for row in ROWS if row.last_day == END_2022} == LAST_PART
    assert {(row.code, row.rule) for row in ROWS if row.code not in FIRST_PART | LAST_PART} == {
        ("title-category-lookup", "TIT-12")
    }
    assert {row.code for row in ROWS} == set(FUNCTIONS)
    assert all(row.replaced_by in REPLACEMENTS and row.source for row in (*ROWS, OTHERS))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_the_last_day_still_works_to_its_last_minute_and_the_next_names_what_replaces_the_function(
    row: Function,
) -> None:
    assert answer_on(row.last_day, row.code, minute=24 * 60 - 1).granted
    refused = answer_on(row.last_day + timedelta(days=1), row.code)
    assert (refused.granted, refused.rule) == (False, row.rule)
    assert REPLACEMENTS[row.replaced_by] in refused.text


@pytest.mark.parametrize("function", [*(row.code for row in ROWS), "front-page"])
def test_from_2023_nothing_answers_not_even_what_no_row_names(function: str) -> None:
    assert not answer_on(date(2023, 1, 1), function).granted
    assert not answer_on(date(2024, 2, 29), function).granted


@pytest.mark.parametrize("day", [date(2021, 3, 28), date(2021, 10, 31), date(2022, 3, 27), date(2022, 10, 30)])
def test_what_no_row_names_is_open_until_jobkon_closes_clock_changes_or_not(day: date) -> None:
    assert answer_on(day, "front-page").granted
    assert answer_on(END_2022, "front-page", minute=24 * 60 - 1).granted


def test_users_are_told_90_30_and_7_days_before_the_last_day_and_never_before_notices_go_out() -> None:
    assert notice_days(row_of("messages")) == (date(2021, 10, 2), date(2021, 12, 1), date(2021, 12, 24))
    assert notice_days(row_of("joblog-view")) == (date(2022, 10, 2), date(2022, 12, 1), date(2022, 12, 24))
    assert notice_days(row_of("title-category-lookup")) == ()


@pytest.mark.parametrize("due", notice_days(row_of("messages")))
@pytest.mark.parametrize(("days_before", "is_told"), [(91, False), (90, True), (1, True), (0, False)])
def test_a_use_counts_for_90_days_and_is_in_time_until_the_day_before(
    due: date, days_before: int, is_told: bool
) -> None:
    used = due - timedelta(days=days_before)
    book = Playbook(decision).day(used).fact(asked_on(used, "messages", minute=60)).day(due)
    assert (due in [notice.day for notice in notices(book)]) is is_told


@pytest.mark.parametrize(
    ("used", "function", "remembered"),
    [
        (date(2022, 7, 3), "joblog-view", False),
        (date(2022, 7, 4), "joblog-view", True),
        (date(2021, 12, 23), "messages", True),
        (date(2021, 12, 24), "messages", False),
        (date(2021, 6, 11), "title-category-lookup", False),
    ],
)
def test_nothing_is_remembered_of_a_use_of_which_nobody_will_be_told(
    used: date, function: str, remembered: bool
) -> None:
    state, _ = decide(None, asked_on(used, function))
    assert (state is not None) is remembered


def test_a_use_read_late_does_not_bring_back_a_notice_that_went_out() -> None:
    book = Playbook(decision).fact(asked_on(date(2021, 9, 20), "messages")).day("2021-10-03")
    assert [notice.day for notice in notices(book)] == [date(2021, 10, 2)]
    book.fact(asked_on(date(2021, 9, 30), "tags-search"))
    assert notices(book) == []
    (told,) = notices(book.day("2021-12-25").fact(asked_on(date(2021, 10, 1), "adverts-view")))[:1]
    assert told.details["functions"] == "messages, tags-search"


def test_what_it_does_not_read_is_a_defect_and_not_passed_over() -> None:
    with pytest.raises(TypeError, match="SituationRecorded"):
        decide(None, situation("2021-06-14"))
