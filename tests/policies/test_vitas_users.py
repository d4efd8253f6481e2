"""VIT-2: the day of inactivation, both sides of it, in leap years and where clocks change."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from schemas.event import Event
from schemas.release_dates import RELEASE_2021_2
from streams.policies.vitas_state import CLEAN_UP, VitasUser
from streams.vitas_users import decision
from tests.builders import situation
from tests.login_builders import listed, login, reactivated, recorded
from tests.stories.playbook import Playbook

DAYS = (
    ("2019-12-13", "2021-06-14"),  # past 18 months before the clean-up begins: on its first day
    ("2019-12-14", "2021-06-14"),
    ("2019-12-15", "2021-06-15"),
    ("2020-02-29", "2021-08-29"),  # from a leap day
    ("2020-04-30", "2021-10-30"),  # clocks change on the 31st
    ("2020-05-01", "2021-11-01"),
    ("2020-08-28", "2022-02-28"),
    ("2020-08-29", "2022-03-01"),  # no such day in February: the first of March
    ("2020-08-31", "2022-03-01"),
    ("2020-09-27", "2022-03-27"),  # clocks change
    ("2021-03-28", "2022-09-28"),  # clocks change on the day that counts
    ("2021-03-31", "2022-10-01"),  # September has 30 days
    ("2021-04-30", "2022-10-30"),  # clocks change
    ("2021-10-31", "2023-05-01"),
    ("2022-08-29", "2024-02-29"),  # to a leap day
    ("2022-08-30", "2024-03-01"),
)


def test_the_row_of_law_is_the_newsletters() -> None:
    assert (CLEAN_UP.rule, CLEAN_UP.months, CLEAN_UP.from_day) == ("VIT-2", 18, RELEASE_2021_2)


def only_inactive_from(facts: list[Event], inactive: str) -> None:
    book = Playbook(decision).day("2019-01-01")
    for fact in facts:
        book.day(max(fact.day, book.today or fact.day)).fact(fact)
    book.new_outputs()
    assert book.day(date.fromisoformat(inactive) - timedelta(days=1)).new_outputs() == []
    assert book.day(inactive).new_outputs() == [listed(inactive, active=False, rule="VIT-2")]
    assert book.day("2031-01-01").new_outputs() == []


@pytest.mark.parametrize(("last", "inactive"), DAYS)
@pytest.mark.parametrize("time", ["00:00", "02:30", "23:59"])
def test_18_calendar_months_after_the_last_login_a_user_becomes_inactive_and_never_early(
    last: str, time: str, inactive: str
) -> None:
    only_inactive_from([recorded(f"{last} 00:00", "2019-02-01"), login(f"{last} {time}")], inactive)


@pytest.mark.parametrize(("created", "inactive"), DAYS)
def test_one_who_never_logged_in_counts_from_creation(created: str, inactive: str) -> None:
    only_inactive_from([recorded(f"{created} 08:00", created)], inactive)


@pytest.mark.parametrize(("last", "inactive"), DAYS)
def test_one_who_was_reactivated_counts_from_that_day_though_long_inactive(last: str, inactive: str) -> None:
    only_inactive_from([recorded("2019-02-01 08:00", "2019-02-01"), reactivated(f"{last} 08:00")], inactive)


def test_logins_while_inactive_leave_a_small_state_however_many_there_are() -> None:
    book = Playbook(decision).fact(recorded("2019-02-01 08:00", "2019-02-01")).day("2021-06-14")
    for n in range(400):
        book.fact(login(f"{date(2021, 6, 14) + timedelta(days=n)} 08:00"))
    state = book.state("user-1")
    assert isinstance(state, VitasUser)
    assert state.later == (date(2021, 6, 14), date(2022, 7, 18))


def test_a_user_may_be_created_on_the_copenhagen_day_of_the_record_and_not_after_it() -> None:
    assert recorded("2021-10-31 00:00", "2021-10-31").created_on == date(2021, 10, 31)
    with pytest.raises(ValidationError, match="created_on lies after the day on which it was recorded"):
        recorded("2021-10-30 23:59", "2021-10-31")


def test_a_fact_of_another_kind_is_a_defect_and_said_so() -> None:
    with pytest.raises(TypeError, match="vitas-users does not read SituationRecorded"):
        decision.decide(None, situation("2021-06-14 08:00"))
