"""Which days are to begin, and when the next one does."""

from datetime import UTC, date, datetime

import pytest

from producers.clock import days_to_begin, last_in_all, seconds_left
from schemas.dates import copenhagen_day, midnight
from tests.builders import day, moment

HOUR_S = 3600


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("last", "today", "expected"),
    [
        (None, "2021-06-14", days("2021-06-14")),
        ("2021-06-13", "2021-06-14", days("2021-06-14")),
        ("2021-06-14", "2021-06-14", []),
        ("2021-06-20", "2021-06-14", []),
        ("2021-03-26", "2021-03-29", days("2021-03-27", "2021-03-28", "2021-03-29")),
        ("2021-10-30", "2021-11-01", days("2021-10-31", "2021-11-01")),
        ("2020-02-27", "2020-03-01", days("2020-02-28", "2020-02-29", "2020-03-01")),
    ],
)
def test_missing_days_begin_one_by_one_and_none_twice(last: str | None, today: str, expected: list[date]) -> None:
    assert days_to_begin(day(last), date.fromisoformat(today)) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ((None, None), None),
        (("2021-06-14", "2021-06-14"), "2021-06-14"),
        (("2021-06-14", "2021-06-13"), "2021-06-13"),
        (("2021-06-14", None), "2021-06-13"),
    ],
)
def test_a_day_counts_as_begun_when_no_slice_lacks_it(last: tuple[str | None, ...], expected: str | None) -> None:
    assert last_in_all([day(text) for text in last]) == day(expected)


@pytest.mark.parametrize(
    ("today", "hours"), [("2021-03-28", 23), ("2021-06-14", 24), ("2021-10-31", 25), ("2024-02-29", 24)]
)
def test_a_day_lasts_from_midnight_to_midnight_also_when_clocks_change(today: str, hours: int) -> None:
    assert seconds_left(date.fromisoformat(today), moment(today)) == hours * HOUR_S


def test_a_midnight_that_passed_meanwhile_is_not_waited_for() -> None:
    assert seconds_left(date(2021, 6, 14), moment("2021-06-15 00:01")) == -60


@pytest.mark.parametrize(
    ("utc", "today"),
    [
        ("2021-06-13T21:59:59.999999", "2021-06-13"),
        ("2021-06-13T22:00", "2021-06-14"),
        ("2021-01-01T22:59:59", "2021-01-01"),
        ("2021-01-01T23:00", "2021-01-02"),
    ],
)
def test_a_day_begins_at_copenhagens_midnight(utc: str, today: str) -> None:
    then = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert copenhagen_day(then) == date.fromisoformat(today)
    assert midnight(date.fromisoformat(today)) <= then
