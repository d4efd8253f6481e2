"""WEB-1, WEB-2: advice at a login. Every story lists all that came out: nothing else happened."""

import pytest

from schemas.logins import System
from streams.browser_advice import decision
from streams.policies.browser_advice import Advised
from tests.builders import moment
from tests.login_builders import FIREFOX, IE_11, advice, ie_11, login
from tests.stories.playbook import Playbook

FOREVER = "2023-01-01"


def book() -> Playbook[Advised]:
    return Playbook(decision)


def test_web_1_advice_begins_on_12_june_at_midnight_in_copenhagen() -> None:
    logins = book().day("2021-06-11").fact(ie_11("2021-06-11 23:59"))
    assert logins.new_outputs() == []
    assert logins.day("2021-06-12").fact(ie_11("2021-06-12 00:00")).new_outputs() == [advice("2021-06-12 00:00")]
    assert logins.day(FOREVER).new_outputs() == []


@pytest.mark.parametrize("system", ["jobnet", "jobag", "jobkon", "vitas"])
def test_web_1_each_of_the_four_systems_gives_its_own_advice_once_a_day(system: System) -> None:
    logins = book().day("2021-06-14").fact(ie_11("2021-06-14 08:00", system)).fact(ie_11("2021-06-14 23:59", system))
    assert logins.new_outputs() == [advice("2021-06-14 08:00", system)]
    assert logins.day("2021-06-15").fact(ie_11("2021-06-15 00:00", system)).new_outputs() == [
        advice("2021-06-15 00:00", system)
    ]
    assert logins.day(FOREVER).new_outputs() == []


def test_web_1_a_user_is_advised_once_for_each_system_and_bi_is_not_among_them() -> None:
    logins = book().day("2021-06-14").fact(ie_11("2021-06-14 08:00", "jobag")).fact(ie_11("2021-06-14 08:05", "vitas"))
    logins.fact(ie_11("2021-06-14 08:10", "jobag")).fact(ie_11("2021-06-14 08:15", "bi.star.dk"))
    assert logins.new_outputs() == [advice("2021-06-14 08:00", "jobag"), advice("2021-06-14 08:05", "vitas")]


def test_web_1_two_users_of_one_system_are_advised_each() -> None:
    logins = book().fact(ie_11("2021-06-14 08:00")).fact(ie_11("2021-06-14 08:00", user="user-2"))
    assert logins.outputs == [advice("2021-06-14 08:00"), advice("2021-06-14 08:00", user="user-2")]


@pytest.mark.parametrize("day", ["2021-10-31", "2022-03-27", "2022-10-30", "2024-02-29"])
def test_web_1_a_day_is_a_copenhagen_day_also_when_clocks_change_and_on_29_february(day: str) -> None:
    logins = book().fact(ie_11(f"{day} 00:00")).fact(ie_11(f"{day} 02:30")).fact(ie_11(f"{day} 23:59"))
    assert logins.outputs == [advice(f"{day} 00:00")]


def test_web_2_compatibility_view_is_advised_and_other_browsers_and_no_browser_are_not() -> None:
    compatibility = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; SLCC2)"
    mobile = "Mozilla/5.0 (Windows Phone 8.1; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0) like Gecko"
    logins = book()
    for other in (FIREFOX, mobile, "Mozilla/4.0 (compatible; MSIE 11.0; Windows NT 6.1)", "", None):
        logins.fact(login("2021-06-14 08:00", "jobnet", user_agent=other))
    assert logins.new_outputs() == []
    assert logins.state("user-1") is None
    logins.fact(login("2021-06-14 09:00", "jobnet", user_agent=compatibility))
    assert logins.new_outputs() == [advice("2021-06-14 09:00")]


def test_a_login_that_arrives_late_is_advised_once_and_not_after_a_later_day_was() -> None:
    logins = book().day("2021-06-16").fact(ie_11("2021-06-15 08:00")).fact(ie_11("2021-06-15 09:00"))
    assert logins.new_outputs() == [advice("2021-06-15 08:00")]
    logins.day("2021-06-20").fact(ie_11("2021-06-14 08:00")).fact(ie_11("2021-06-15 10:00"))
    assert logins.new_outputs() == []


def test_the_state_knows_days_and_systems_and_no_browser_and_is_gone_after_30_days() -> None:
    logins = book().day("2021-06-14").fact(ie_11("2021-06-14 08:00")).day("2021-07-13")
    state = logins.state("user-1")
    assert state is not None
    assert state.model_dump(mode="json") == {"wakes_on": "2021-07-14", "advised": {"jobnet": "2021-06-14"}}
    assert IE_11 not in "".join(event.model_dump_json() for event in logins.outputs)
    assert logins.day("2021-07-14").state("user-1") is None


def test_what_is_older_than_30_days_is_forgotten_for_one_system_while_another_is_remembered() -> None:
    logins = book().fact(ie_11("2021-06-14 08:00", "jobag")).fact(ie_11("2021-07-13 08:00"))
    logins.fact(ie_11("2021-07-14 08:00"))
    state = logins.state("user-1")
    assert state is not None
    assert set(state.advised) == {"jobnet"}
    assert state.wakes_on == moment("2021-08-13 12:00").date()
