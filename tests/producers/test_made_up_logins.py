"""Made-up logins: the same for the same seed, good at the edge, and every rule has something to show."""

import io
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from infra.demo.country.citizens import JOBCENTRES, Facts, as_json_lines
from infra.demo.country.logins import BROWSERS, LOGIN_DAYS, Logins
from infra.demo.country.people import Citizen
from producers.cpr import made_up_cpr
from producers.lines import BadLine, check_lines
from schemas.event import Event
from schemas.logins import LoginRecorded
from schemas.vitas_users import VitasLoginAnswered, VitasUserChanged
from streams import browser_advice, vitas_users
from tests.stories.playbook import Playbook

FIRST, LAST = date(2021, 5, 20), date(2023, 1, 14)
CALENDAR = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def story(seed: int) -> list[Facts]:
    citizens = [Citizen(made_up_cpr(n), "job-ready", JOBCENTRES[0], None) for n in range(2_000)]
    logins = Logins(Random(seed), citizens, JOBCENTRES)
    return [logins.day(day) for day in CALENDAR]


def events(facts: Facts) -> list[Event]:
    """As the edge reads them: every line is good."""
    checked = [line for topic, lines in facts.items() for line in check_lines(topic, io.BytesIO(as_json_lines(lines)))]
    assert [str(line) for line in checked if isinstance(line, BadLine)] == []
    return [line.event for line in checked if not isinstance(line, BadLine)]


def test_the_same_seed_gives_the_same_facts_and_another_seed_gives_others() -> None:
    assert story(1) == story(1)
    assert story(1) != story(2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_line_is_good_at_the_edge_on_few_days_and_none_lies_in_the_future(seed: int) -> None:
    days = dict(zip(CALENDAR, story(seed), strict=True))
    assert {day for day, facts in days.items() if facts} == {FIRST} | {day for day in days if day.day in LOGIN_DAYS}
    assert all(event.day <= day for day, facts in days.items() for event in events(facts))
    assert 500 < sum(len(lines) for facts in days.values() for lines in facts.values()) < 5_000


def test_the_calendar_shows_advice_inactive_users_refusals_and_both_ways_back() -> None:
    advised, users = Playbook(browser_advice.decision), Playbook(vitas_users.decision)
    late = 0
    for day, facts in zip(CALENDAR, story(2021), strict=True):
        advised.day(day)
        users.day(day)
        for event in events(facts):
            users.fact(event)
            if isinstance(event, LoginRecorded):
                advised.fact(event)
                late += FIRST < event.day < day
    answers = Counter(event.granted for event in users.outputs if isinstance(event, VitasLoginAnswered))
    changes = Counter((each.rule, each.active) for each in users.outputs if isinstance(each, VitasUserChanged))
    assert len(advised.outputs) > 10
    assert min(answers[True], answers[False]) > 5
    assert min(changes["VIT-2", True], changes["VIT-2", False], changes["VIT-3", True]) > 3
    assert late > 3
    assert sum(BROWSERS.values()) == 100
