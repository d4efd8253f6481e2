"""Days and deadlines in Copenhagen, on both sides of every boundary."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from schemas.dates import add_months, add_years, copenhagen_day, midnight, next_day


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2021-01-14T22:59:59.999999", "2021-01-14"),  # winter: one hour ahead
        ("2021-01-14T23:00:00", "2021-01-15"),
        ("2021-06-13T21:59:59.999999", "2021-06-13"),  # summer: two hours ahead
        ("2021-06-13T22:00:00", "2021-06-14"),
        ("2021-03-27T22:59:59", "2021-03-27"),  # the short day begins in winter time …
        ("2021-03-27T23:00:00", "2021-03-28"),
        ("2021-03-28T21:59:59", "2021-03-28"),  # … and ends in summer time
        ("2021-03-28T22:00:00", "2021-03-29"),
        ("2021-10-30T21:59:59", "2021-10-30"),  # the long day begins in summer time …
        ("2021-10-30T22:00:00", "2021-10-31"),
        ("2021-10-31T22:59:59", "2021-10-31"),  # … and ends in winter time
        ("2021-10-31T23:00:00", "2021-11-01"),
        ("2024-02-28T23:00:00", "2024-02-29"),
        ("2024-02-29T23:00:00", "2024-03-01"),
        ("2021-12-31T23:00:00", "2022-01-01"),
    ],
)
def test_a_moment_lies_on_the_day_that_copenhagen_has_then(utc: str, day: str) -> None:
    assert copenhagen_day(datetime.fromisoformat(utc).replace(tzinfo=UTC)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "utc", "hours"),
    [
        ("2021-01-15", "2021-01-14T23:00", 24),
        ("2021-03-28", "2021-03-27T23:00", 23),
        ("2021-06-14", "2021-06-13T22:00", 24),
        ("2021-10-31", "2021-10-30T22:00", 25),
        ("2024-02-29", "2024-02-28T23:00", 24),
    ],
)
def test_a_day_lasts_from_its_midnight_to_that_of_the_next(day: str, utc: str, hours: int) -> None:
    begins = midnight(date.fromisoformat(day))
    assert begins == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert begins.utcoffset() == timedelta(0)
    assert midnight(next_day(date.fromisoformat(day))) - begins == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        ("2021-06-14", 18, "2022-12-14"),
        ("2021-06-14", 0, "2021-06-14"),
        ("2021-12-01", 1, "2022-01-01"),
        ("2021-11-30", 1, "2021-12-30"),
        ("2021-01-31", 1, "2021-03-01"),
        ("2024-01-31", 1, "2024-03-01"),
        ("2024-01-29", 1, "2024-02-29"),
        ("2021-10-31", 1, "2021-12-01"),
        ("2021-08-31", 6, "2022-03-01"),
        ("2021-12-31", 12, "2022-12-31"),
        ("2021-12-31", 11, "2022-12-01"),
    ],
)
def test_months_later_is_the_same_day_or_the_first_of_the_next_month(day: str, months: int, result: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(result)


@pytest.mark.parametrize(
    ("day", "years", "result"),
    [
        ("2015-06-14", 6, "2021-06-14"),
        ("2020-02-28", 1, "2021-02-28"),
        ("2020-02-29", 1, "2021-03-01"),
        ("2020-02-29", 4, "2024-02-29"),
        ("2016-02-29", 6, "2022-03-01"),
        ("2096-02-29", 4, "2100-03-01"),  # 2100 is no leap year
        ("1996-02-29", 4, "2000-02-29"),  # 2000 was one
    ],
)
def test_an_anniversary_of_29_february_is_1_march_when_there_is_none(day: str, years: int, result: str) -> None:
    assert add_years(date.fromisoformat(day), years) == date.fromisoformat(result)


def test_a_later_day_never_has_an_earlier_deadline() -> None:
    days = [date(2019, 1, 1) + timedelta(days=n) for n in range(4 * 366)]
    assert all(add_months(day, 18) <= add_months(later, 18) for day, later in pairwise(days))
