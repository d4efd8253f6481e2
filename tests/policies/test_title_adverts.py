"""The days of an advert on a retired title: last day, reminder, expiry (TIT-6)."""

from datetime import timedelta

import pytest

from schemas.release_dates import LAST_DAY_OF_RETIRED_ADVERTS, WAVE_1
from schemas.titles import AdvertExpired
from streams.policies.title_adverts import WEEKS_OF_GRACE, days_to_come, follow_up, last_day
from streams.policies.title_conversion import Now
from streams.policies.title_state import HeldTitle, HeldTitles
from tests.builders import day, moment
from tests.title_builders import EMPLOYER, HERMIT


def advert(since: str, area: str = "adverts", **fields: object) -> HeldTitle:
    known = {"scheme": "discoams08", "title": HERMIT, "status": "retired", "told": ("employer",)}
    return HeldTitle.model_validate({"area": area, "item": "a1", "since": since, **known, **fields})


@pytest.mark.parametrize(
    ("since", "last"),
    [
        ("2021-06-12", "2021-08-07"),
        ("2021-06-13", "2021-08-08"),
        ("2021-08-07", "2021-10-02"),  # no cliff between the last day of wave 1 and the day after it
        ("2021-08-08", "2021-10-03"),
        ("2021-09-05", "2021-10-31"),  # the clocks go back
        ("2022-01-30", "2022-03-27"),  # and forward
        ("2022-09-04", "2022-10-30"),
        ("2024-01-04", "2024-02-29"),  # a leap day
        ("2024-01-05", "2024-03-01"),
    ],
)
def test_the_last_day_is_eight_weeks_on_and_of_wave_1_the_7th_of_august(since: str, last: str) -> None:
    held, limit = advert(since), day(last)
    assert limit is not None
    assert last_day(held) == limit
    state = HeldTitles(holder=EMPLOYER, titles=(held.knowing("reminded"),))
    assert days_to_come(state, limit) == [limit + timedelta(days=1)]
    assert follow_up(state, Now(limit, moment(f"{last} 23:59"), limit), None) == (state, [])
    after_it = limit + timedelta(days=1)
    after, (expired,) = follow_up(state, Now(after_it, moment(last), after_it), None)
    assert after.titles == ()
    assert isinstance(expired, AdvertExpired)
    assert expired.from_day == after_it


def test_eight_weeks_from_the_wave_end_on_the_last_day_of_the_calendar() -> None:
    assert WAVE_1 + WEEKS_OF_GRACE == LAST_DAY_OF_RETIRED_ADVERTS


@pytest.mark.parametrize(("today", "said"), [("2021-07-30", 0), ("2021-07-31", 1), ("2021-08-07", 1)])
def test_the_reminder_is_due_from_a_week_before_the_last_day_on(today: str, said: int) -> None:
    begun = day(today)
    assert begun is not None
    now = Now(begun, moment(today), begun)
    state, out = follow_up(HeldTitles(holder=EMPLOYER, titles=(advert("2021-06-12"),)), now, None)
    assert len(out) == said
    assert follow_up(state, now, None) == (state, [])


@pytest.mark.parametrize(("today", "said"), [("2021-08-07", 1), ("2021-08-08", 0), ("2021-09-01", 0)])
def test_a_reminder_that_is_carried_out_after_the_last_day_is_none(today: str, said: int) -> None:
    due, slice_day = day("2021-07-31"), day(today)
    assert due is not None
    assert slice_day is not None
    now = Now(due, moment("2021-07-31"), slice_day)
    state, out = follow_up(HeldTitles(holder=EMPLOYER, titles=(advert("2021-06-12"),)), now, None)
    assert len(out) == said
    assert [held.told for held in state.titles] == [("employer", "reminded")]


@pytest.mark.parametrize(("area", "status"), [("job-orders", "retired"), ("adverts", "converted"), ("cvs", "retired")])
def test_only_adverts_on_an_invalid_title_wait_for_a_day(area: str, status: str) -> None:
    state = HeldTitles(holder=EMPLOYER, titles=(advert("2021-06-12", area, status=status),))
    assert days_to_come(state, WAVE_1) == []
    after_it = LAST_DAY_OF_RETIRED_ADVERTS + timedelta(days=1)
    assert follow_up(state, Now(after_it, moment("2021-08-08"), after_it), None)[1] == []
