"""Made-up users of bi.star.dk: there from the start, logging in when NemLog-in comes, asking for modules later."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.release_dates import BI_NEMLOGIN, NOTICES_FROM
from schemas.topic import Topic
from schemas.topics import (
    BI_ACCESS_RECORDED,
    BI_LOGIN_REQUESTED,
    BI_MODULE_DECIDED_RECORDED,
    BI_MODULE_REQUESTED,
    BI_RIGHTS_MOVED_REQUESTED,
)

MODULES = ("early-retirement-cases", "self-booking-reports", "company-overview", "job-indicators")
CITIZENS_PER_USER = 200
LOADED = NOTICES_FROM - timedelta(days=6)
"""The day on which the users are recorded who were there already."""
LOGIN_DAYS = tuple(BI_NEMLOGIN + timedelta(days=n) for n in (-1, 0, 1, 3, 10))
OLD, NO_SIGNATURE, MOVES, MOVES_TWICE, GRANTED = 0.3, 0.1, 0.9, 0.05, 0.7

_Facts = defaultdict[Topic, list[Line]]


class Bi:
    """Ask for each `day` once, in order: who moved the rights, and what was asked for, is remembered."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], jobcentres: Sequence[str]) -> None:
        self._luck, self._requests = luck, count(1)
        self._jobcentres = jobcentres
        self._users = [f"bi-user-{n + 1}" for n in range(max(8, len(citizens) // CITIZENS_PER_USER))]
        self._undecided: list[Line] = []

    def day(self, day: date) -> Facts:
        """The first load on `LOADED`, logins around the day of NemLog-in, and modules on Mondays and Tuesdays."""
        facts: _Facts = defaultdict(list)
        if day == LOADED:
            facts[BI_ACCESS_RECORDED] += [self._access(user, day, initial=True) for user in self._users]
        if day in LOGIN_DAYS:
            for user in self._users:
                self._log_in(user, day, facts)
        if day > BI_NEMLOGIN and day.weekday() == 0:
            facts[BI_MODULE_REQUESTED].append(self._ask(day))
            newcomer = f"bi-user-{len(self._users) + 1}"
            self._users.append(newcomer)
            facts[BI_ACCESS_RECORDED].append(self._access(newcomer, day))
        facts[BI_MODULE_DECIDED_RECORDED] += self._decisions(day)
        return {
            topic: sorted(lines, key=lambda line: str(line["occurred_at"])) for topic, lines in facts.items() if lines
        }

    def _access(self, user: str, day: date, *, initial: bool = False) -> Line:
        modules = self._luck.sample(MODULES, self._luck.choice((1, 2, 3)))
        at = office_hour(self._luck, day).isoformat()
        return {"occurred_at": at, "user": user, "responsible": self._responsible(user), "modules": modules} | (
            {"initial": True} if initial else {}
        )

    def _responsible(self, user: str) -> str:
        return f"responsible-{self._jobcentres[int(user.rpartition('-')[2]) % len(self._jobcentres)]}"[:64]

    def _log_in(self, user: str, day: date, facts: _Facts) -> None:
        luck, at = self._luck, office_hour(self._luck, day)
        old, signature = day < BI_NEMLOGIN or luck.random() < OLD, luck.random() >= NO_SIGNATURE
        how = {"login": "old" if old else "nemlogin", "employee_signature": signature}
        facts[BI_LOGIN_REQUESTED].append(self._asks(user, at, **how))
        if old or not signature or luck.random() >= MOVES:
            return
        for minutes in (5, 6) if luck.random() < MOVES_TWICE else (5,):
            facts[BI_RIGHTS_MOVED_REQUESTED].append(self._asks(user, at + timedelta(minutes=minutes)))

    def _asks(self, user: str, at: datetime, **more: object) -> Line:
        return {"occurred_at": at.isoformat(), "requester": user, "request": f"bi-{next(self._requests)}", **more}

    def _ask(self, day: date) -> Line:
        user = self._luck.choice(self._users)
        asked = self._asks(
            user, office_hour(self._luck, day), responsible=self._responsible(user), module=self._luck.choice(MODULES)
        )
        self._undecided.append(asked)
        return asked

    def _decisions(self, day: date) -> Iterator[Line]:
        """On a Tuesday, of all that was asked for before."""
        if day.weekday() != 1:
            return
        for asked in self._undecided:
            at = office_hour(self._luck, day).isoformat()
            known = {"user": asked["requester"], "request": asked["request"], "responsible": asked["responsible"]}
            yield {"occurred_at": at, **known, "granted": self._luck.random() < GRANTED}
        self._undecided = []
