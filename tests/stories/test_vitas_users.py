"""VIT-2, VIT-3: VITAS users on the calendar. Every story lists all that came out: nothing else happened."""

import pytest

from streams.policies.vitas_state import VitasUser
from streams.vitas_users import decision
from tests.login_builders import answered, asks, listed, login, reactivated, recorded
from tests.stories.playbook import Playbook

FOREVER = "2031-01-01"


def book() -> Playbook[VitasUser]:
    return Playbook(decision)


def inactive() -> Playbook[VitasUser]:
    """Last logged in on 31 August 2020; inactive from 1 March 2022, and that has been told."""
    users = book().day("2020-08-31").fact(recorded("2020-08-31 07:00", "2019-05-02")).fact(login("2020-08-31 08:00"))
    users.day("2022-03-01").new_outputs()
    return users


def test_vit_2_a_user_without_a_login_for_18_months_becomes_inactive_on_the_day_and_is_listed() -> None:
    users = book().day("2020-08-31").fact(recorded("2020-08-31 07:00", "2019-05-02", company="company-1"))
    users.fact(login("2020-08-31 08:00"))
    assert users.new_outputs() == [listed("2020-08-31 07:00", active=True, rule="VIT-2", company="company-1")]
    assert users.day("2022-02-28").new_outputs() == []
    assert users.day("2022-03-01").new_outputs() == [
        listed("2022-03-01", active=False, rule="VIT-2", company="company-1")
    ]
    assert users.day(FOREVER).new_outputs() == []
    assert users.state("user-1") is not None  # never deleted


def test_vit_2_one_who_never_logged_in_counts_from_creation_and_other_systems_do_not_count() -> None:
    users = book().day("2020-01-15").fact(recorded("2020-01-15 08:00", "2020-01-15"))
    users.day("2021-06-20").fact(login("2021-06-20 08:00", "jobag")).fact(login("2021-06-20 08:00", "jobnet"))
    assert users.new_outputs() == [listed("2020-01-15 08:00", active=True, rule="VIT-2")]
    assert users.day(FOREVER).new_outputs() == [listed("2021-07-15", active=False, rule="VIT-2")]


def test_vit_2_nobody_becomes_inactive_before_the_release_and_whoever_is_past_does_on_its_day() -> None:
    users = book().day("2021-05-20").fact(recorded("2021-05-20 08:00", "2015-03-01"))
    users.fact(recorded("2021-05-20 08:00", "2015-03-01", user="user-2"))
    users.day("2021-06-13").new_outputs()
    users.fact(login("2021-06-13 23:59", user="user-2"))
    assert users.new_outputs() == []
    assert users.day("2021-06-14").new_outputs() == [listed("2021-06-14", active=False, rule="VIT-2")]
    assert users.day(FOREVER).new_outputs() == [listed("2022-12-13", active=False, rule="VIT-2", user="user-2")]


def test_vit_2_one_first_heard_of_after_18_months_becomes_inactive_the_next_day_unless_a_login_comes_along() -> None:
    users = book().day("2021-09-01").fact(recorded("2021-09-01 08:00", "2018-01-01"))
    users.fact(recorded("2021-09-01 08:00", "2018-01-01", user="user-2"))
    users.fact(login("2021-03-01 08:00", user="user-2"))
    assert users.new_outputs() == [
        listed("2021-09-01 08:00", active=True, rule="VIT-2"),
        listed("2021-09-01 08:00", active=True, rule="VIT-2", user="user-2"),
    ]
    assert users.day("2022-08-31").new_outputs() == [listed("2021-09-02", active=False, rule="VIT-2")]
    assert users.day(FOREVER).new_outputs() == [listed("2022-09-01", active=False, rule="VIT-2", user="user-2")]


def test_vit_2_an_inactive_user_who_moves_is_listed_by_the_new_jobcentre_and_stays_inactive_since_then() -> None:
    users = inactive().day("2022-05-02")
    users.fact(recorded("2022-05-02 08:00", "2019-05-02", jobcentre="jobcentre-2"))
    users.fact(recorded("2022-05-02 09:00", "2019-05-02", jobcentre="jobcentre-2"))
    assert users.new_outputs() == [
        listed("2022-05-02 08:00", active=False, rule="VIT-2", since="2022-03-01", jobcentre="jobcentre-2")
    ]
    assert users.day(FOREVER).new_outputs() == []


def test_vit_2_a_record_that_is_older_than_the_known_one_moves_nobody_back() -> None:
    users = inactive().day("2022-05-03").fact(recorded("2022-05-02 08:00", "2019-05-02", jobcentre="jobcentre-2"))
    users.new_outputs()
    users.fact(recorded("2022-05-01 08:00", "2019-05-02", company="company-9"))
    assert users.day(FOREVER).new_outputs() == []


def test_vit_2_one_whom_vitas_created_anew_but_long_ago_stays_inactive_since_the_later_day() -> None:
    users = inactive().day("2024-01-02").fact(recorded("2024-01-02 08:00", "2021-01-04"))
    assert users.new_outputs() == [listed("2024-01-02 08:00", active=False, rule="VIT-2", since="2022-07-04")]
    assert users.day(FOREVER).new_outputs() == []


def test_vit_3_a_login_moves_the_day() -> None:
    users = book().day("2021-06-14").fact(recorded("2021-06-14 08:00", "2020-02-01"))
    users.day("2021-07-31").fact(login("2021-07-31 23:59")).fact(login("2021-07-30 08:00"))
    users.new_outputs()
    assert users.day("2023-01-30").new_outputs() == []
    assert users.day(FOREVER).new_outputs() == [listed("2023-01-31", active=False, rule="VIT-2")]


def test_vit_3_a_login_that_arrives_late_but_lies_before_the_day_of_inactivation_reactivates() -> None:
    users = inactive().day("2022-03-09").fact(login("2022-02-28 23:59"))
    assert users.new_outputs() == [listed("2022-02-28 23:59", active=True, rule="VIT-3")]
    assert users.fact(asks("2022-03-09 08:00")).new_outputs() == [answered("2022-03-09 08:00", granted=True)]
    assert users.day(FOREVER).new_outputs() == [listed("2023-08-28", active=False, rule="VIT-2")]


def test_vit_3_a_login_on_the_day_of_inactivation_or_later_reactivates_nobody() -> None:
    users = inactive().fact(login("2022-03-01 00:00")).day("2022-04-01").fact(login("2022-04-01 08:00"))
    assert users.new_outputs() == []
    assert users.fact(asks("2022-04-01 09:00")).new_outputs() == [answered("2022-04-01 09:00", granted=False)]


def test_vit_3_a_late_login_that_bridges_the_gap_makes_the_logins_after_it_count() -> None:
    users = inactive().fact(login("2022-03-01 08:00"))
    assert users.new_outputs() == []
    users.fact(login("2022-01-10 08:00"))
    assert users.new_outputs() == [listed("2022-01-10 08:00", active=True, rule="VIT-3")]
    assert users.day(FOREVER).new_outputs() == [listed("2023-09-01", active=False, rule="VIT-2")]


def test_vit_3_a_late_login_whose_own_18_months_are_over_only_moves_the_day_of_inactivation() -> None:
    users = inactive().day("2023-06-01").fact(login("2020-10-05 08:00"))
    assert users.new_outputs() == [
        listed("2020-10-05 08:00", active=True, rule="VIT-3"),
        listed("2022-04-05", active=False, rule="VIT-2"),
    ]
    assert users.day(FOREVER).new_outputs() == []


@pytest.mark.parametrize(("at", "granted"), [("2022-02-28 23:59", True), ("2022-03-01 00:00", False)])
def test_vit_3_a_request_is_answered_as_things_stood_at_its_own_moment(at: str, granted: bool) -> None:
    assert inactive().fact(asks(at)).new_outputs() == [answered(at, granted=granted)]


@pytest.mark.parametrize(
    ("at", "granted"),
    [
        ("2022-02-28 23:59", True),  # active still
        ("2022-03-01 00:00", False),
        ("2022-03-02 08:59", False),
        ("2022-03-02 09:00", True),  # the moment of the re-activation
        ("2022-03-20 12:00", True),
    ],
)
def test_vit_3_a_request_made_before_the_re_activation_is_refused_though_it_is_read_after_it(
    at: str, granted: bool
) -> None:
    users = inactive().day("2022-03-02").fact(reactivated("2022-03-02 09:00")).day("2022-03-20")
    assert users.new_outputs() == [listed("2022-03-02 09:00", active=True, rule="VIT-3")]
    assert users.fact(asks(at)).new_outputs() == [answered(at, granted=granted)]
    assert users.day(FOREVER).new_outputs() == [listed("2023-09-02", active=False, rule="VIT-2")]


def test_vit_3_a_late_login_shows_that_the_user_was_active_before_the_re_activation_too() -> None:
    users = inactive().day("2022-03-02").fact(reactivated("2022-03-02 09:00")).fact(login("2022-02-28 23:59"))
    users.new_outputs()
    assert users.fact(asks("2022-03-02 08:00")).new_outputs() == [answered("2022-03-02 08:00", granted=True)]


def test_vit_3_an_inactive_user_is_refused_until_the_jobcentre_reactivates_and_counts_from_that_day() -> None:
    users = inactive().fact(asks("2022-03-01 08:00")).day("2022-03-02").fact(asks("2022-03-02 08:00", "request-2"))
    assert users.new_outputs() == [
        answered("2022-03-01 08:00", granted=False),
        answered("2022-03-02 08:00", granted=False, request="request-2"),
    ]
    users.fact(reactivated("2022-03-02 09:00")).fact(asks("2022-03-02 09:01", "request-3"))
    assert users.new_outputs() == [
        listed("2022-03-02 09:00", active=True, rule="VIT-3"),
        answered("2022-03-02 09:01", granted=True, request="request-3"),
    ]
    assert users.day("2023-09-01").new_outputs() == []
    assert users.day(FOREVER).new_outputs() == [listed("2023-09-02", active=False, rule="VIT-2")]


def test_vit_3_a_user_of_whom_vitas_has_told_nothing_is_let_in_and_not_remembered() -> None:
    users = book().day("2022-03-01").fact(asks("2022-03-01 08:00"))
    assert users.new_outputs() == [answered("2022-03-01 08:00", granted=True)]
    assert users.state("user-1") is None


def test_logins_of_other_systems_are_not_remembered() -> None:
    users = book().fact(login("2021-06-14 08:00", "jobnet")).fact(login("2021-06-14 08:00", "bi.star.dk"))
    assert users.new_outputs() == []
    assert users.state("user-1") is None
