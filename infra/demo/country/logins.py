"""Made-up logins: citizens, employers, jobcentres' people and VITAS users, with a mix of made-up browsers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.dates import add_months
from schemas.release_dates import JOBKON_LAST_PART_ENDS
from schemas.topic import Topic
from schemas.topics import (
    LOGIN_RECORDED,
    VITAS_LOGIN_REQUESTED,
    VITAS_USER_REACTIVATED_RECORDED,
    VITAS_USER_RECORDED,
)

LOGIN_DAYS = (12, 14)
"""Days of a month on which these people log in: enough to see every rule, and few facts."""

CITIZENS_PER_VITAS_USER, CITIZENS_PER_LOGIN = 40, 500
SURELY_ACTIVE = timedelta(days=540)
"""Less than 18 months, whichever they are: who was away for longer asks first, and may be refused."""

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
BROWSERS: Mapping[str, int] = {
    f"{_WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/91.0 Safari/537.36": 50,
    f"{_WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/91.0 Safari/537.36 Edg/91.0": 22,
    f"{_WINDOWS}; rv:89.0) Gecko/20100101 Firefox/89.0": 8,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 14_6 like Mac OS X) AppleWebKit/605.1 Version/14.1 Mobile Safari/604.1": 8,
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko": 8,
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; SLCC2)": 2,
    "Mozilla/5.0 (Windows Phone 8.1; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0) like Gecko": 1,
    "Mozilla/4.0 (compatible; MSIE 11.0; Windows NT 6.1)": 1,
}
"""Shares in percent: plausible, not counted from anybody."""


@dataclass
class _VitasUser:
    user: str
    jobcentre: str
    created_on: date
    last: date


class Logins:
    """Ask for each day once, in order. The first one also tells of all VITAS users and their last logins."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], jobcentres: Sequence[str]) -> None:
        self._luck, self._citizens, self._jobcentres = luck, citizens, jobcentres
        self._requests = count(1)
        self._users: list[_VitasUser] = []

    def day(self, day: date) -> Facts:
        facts: dict[Topic, list[Line]] = defaultdict(list)
        if not self._users:
            self._users = [self._user(n, day) for n in range(len(self._citizens) // CITIZENS_PER_VITAS_USER)]
            facts[VITAS_USER_RECORDED] += [self._told(user, day) for user in self._users]
            facts[LOGIN_RECORDED] += [self._login("vitas", user.last, user=user.user) for user in self._users]
        if day.day in LOGIN_DAYS:
            facts[LOGIN_RECORDED] += self._elsewhere(day)
            for user in self._luck.sample(self._users, len(self._users) // 20):
                self._at_vitas(user, day, facts)
        return {topic: sorted(lines, key=lambda line: str(line["occurred_at"])) for topic, lines in facts.items()}

    def _user(self, n: int, day: date) -> _VitasUser:
        """Last logged in within the two years before, so that a quarter of them are past 18 months."""
        last = add_months(day, -24) + timedelta(days=self._luck.randrange(720))
        created_on = last - timedelta(days=self._luck.randrange(400))
        return _VitasUser(f"made-up-vitas-user-{n + 1}", self._luck.choice(self._jobcentres), created_on, last)

    def _told(self, user: _VitasUser, day: date) -> Line:
        company = f"made-up-employer-{self._luck.randrange(1, 1_000)}" if self._luck.random() < 0.8 else None
        at = office_hour(self._luck, day).isoformat()
        known = {"created_on": user.created_on.isoformat(), "jobcentre": user.jobcentre, "company": company}
        return {"occurred_at": at, "user": user.user, **known}

    def _login(self, system: str, day: date, **who: str) -> Line:
        (browser,) = self._luck.choices(tuple(BROWSERS), tuple(BROWSERS.values()))
        return {"occurred_at": office_hour(self._luck, day).isoformat(), "system": system, "user_agent": browser, **who}

    def _elsewhere(self, day: date) -> Iterator[Line]:
        """Some come twice on a day."""
        some = len(self._citizens) // CITIZENS_PER_LOGIN
        for citizen in self._luck.choices(self._citizens, k=some):
            for _ in range(self._luck.choice((1, 1, 2))):
                yield self._login("jobnet", day, cpr=citizen.cpr)
        for system in ("jobag", "bi.star.dk", *(["jobkon"] if day <= JOBKON_LAST_PART_ENDS else [])):
            for _ in range(some // 4):
                yield self._login(system, day, user=f"made-up-{system}-user-{self._luck.randrange(1, 60)}")

    def _at_vitas(self, user: _VitasUser, day: date, facts: Mapping[Topic, list[Line]]) -> None:
        """Who was away long is perhaps refused; then a jobcentre helps, or an old login turns up, or nothing."""
        at = office_hour(self._luck, day)
        request = {"user": user.user, "request": f"vitas-request-{next(self._requests)}"}
        facts[VITAS_LOGIN_REQUESTED].append({"occurred_at": at.isoformat()} | request)
        away, chance = day - user.last, self._luck.random()
        if away < SURELY_ACTIVE:
            user.last = day
            facts[LOGIN_RECORDED].append(self._login("vitas", day, user=user.user))
        elif chance < 0.4:
            user.last = day
            later = (at + timedelta(hours=1)).isoformat()
            facts[VITAS_USER_REACTIVATED_RECORDED].append({"occurred_at": later, "user": user.user})
        elif chance < 0.6:
            user.last += timedelta(days=500)
            facts[LOGIN_RECORDED].append(self._login("vitas", user.last, user=user.user))
