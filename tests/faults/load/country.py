"""The load of the fault tests: a small country, decided by one seed, with one right result whatever the faults.

Two topics are ordered by days only. So the facts about a citizen for one decision are on one topic in one week and on
another topic in the next week. Facts that must be applied before others are in `first`. Some facts are recorded days
after they happened. Now and then the clock leaps over days, whose facts are then late too. A record whose deletion is
due in these days is not changed any more, so it is deleted or kept whenever its turn comes. The facts about one wish
come in the order of their times, as they do from one source. One citizen is hot: many facts each day are about him.
The liar (`lies.py`) parks some others.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from schemas.cv import EXEMPTIONS, TARGET_GROUPS, SituationRecorded
from schemas.job_suggestions import JobSuggestionCheckRecorded
from schemas.joblog import JoblogEntryRecorded
from schemas.referrals import ProviderRecorded, ReferralRecorded
from schemas.retention import LegalHoldRecorded
from schemas.topics import (
    CV_EXEMPTION_RECORDED,
    JOB_SUGGESTION_CHECK_RECORDED,
    JOBLOG_ENTRY_RECORDED,
    LEGAL_HOLD_RECORDED,
    PROVIDER_RECORDED,
    REFERRAL_RECORDED,
    SITUATION_RECORDED,
)
from tests.builders import exemption, moment, situation
from tests.faults.load.titles import registers, wish
from tests.integration.country import Fact, Step

NAMES = (
    *("cv-requirement", "cv-status", "mailboxes", "referrals", "referral-register"),
    *("registers", "joblog", "retention", "deletions", "titles", "title-register", "title-audit"),
)
"""The consumers that run: decisions and sinks, with and without days, also those that delete."""

FIRST_DAY = date(2021, 6, 14)
JOBLOGS_FROM = date(2021, 7, 14)
"""Until that day a citizen who is told on `FIRST_DAY` can read his or her Joblog: nothing of it goes before."""

HOT, HOT_DAILY = 1, 20
"""The citizen whom many facts are about, and how many each day."""

PROVIDERS = 5
"""How many providers have referrals; one more has none."""

PARKED = tuple(f"parked-{n}" for n in range(4))
"""Citizens about whom the liar writes garbage, on a day each. A provider may read about them until then; afterwards
nobody does, and their records, due from `FIRST_DAY` + `PARKED_DUE` on, stay."""

PARKED_DUE = timedelta(days=16)
WEEK = 7
LEAPS = 0.2
"""The share of days that the clock leaps over. Each week's last day is never one of them, so that no leap mixes two
topics about one citizen."""

LATE_DAYS = (0, 0, 1, 5)
LATE_EVERY = 4
"""How many days pass from one day with late facts to the next. Late facts wait for their day (`Environment.day`)."""

DELIVERED = ("job-suggestion-checks", "joblog")
"""Areas that the National Archives approve. They get nothing of `referrals`, so records that are due there stay,
withheld."""


class Country(NamedTuple):
    """`first`: facts that are applied before all others; then come `wishes`. `days`: each day that the clock comes to,
    with the facts that are recorded on it."""

    first: list[Fact]
    wishes: list[Fact]
    days: list[tuple[date, list[Fact]]]

    @property
    def steps(self) -> list[Step]:
        steps: list[Step] = []
        for day, facts in self.days:
            steps += [day, *facts]
        return steps

    @property
    def incoming_events(self) -> list[tuple[date, Fact]]:
        """Each fact with the day on which it is recorded."""
        known = [(fact.event.day, fact) for fact in (*self.first, *self.wishes)]
        return known + [(day, fact) for day, facts in self.days for fact in facts]

    @property
    def facts(self) -> list[Fact]:
        return [*self.first, *self.wishes, *(fact for _, facts in self.days for fact in facts)]


def country(seed: int, citizens: int, days: int, daily: int, quiet: int = 0, late: bool = True) -> Country:
    """So many citizens, then `days` days from 14 June with `daily` facts each, then `quiet` days without facts.

    `late`: true when facts come days after they happened, and the clock leaps.
    """
    luck = random.Random(seed)
    first = [Fact(PROVIDER_RECORDED, _provider(n), f"provider-{n}") for n in range(PROVIDERS + 1)]
    for n in range(citizens):
        first += _arrives(luck, n, days)
    for n, who in enumerate(PARKED):
        first.append(Fact(REFERRAL_RECORDED, referral_of_parked(who), f"referral-{who}"))
        if n % 2 and not late:
            continue  # parked among referrals only: where nobody waits for days, the order may come before the garbage
        first.append(Fact(JOB_SUGGESTION_CHECK_RECORDED, _check(who, FIRST_DAY + PARKED_DUE), f"check-{who}"))
    wishes = [wish(luck, "2021-05-20 12:00", _citizen(n), f"wish-{n}", old=True) for n in range(0, citizens, 3)]
    calendar: list[tuple[date, list[Fact]]] = []
    waiting: list[Fact] = []
    for index in range(days):
        day = FIRST_DAY + timedelta(days=index)
        lates = LATE_DAYS if late and index % LATE_EVERY == 1 else (0,)
        waiting += [_change(luck, day, luck.randrange(citizens), (index, n), lates) for n in range(daily)]
        waiting += [_change(luck, day, HOT, (index, daily + n), (0,)) for n in range(HOT_DAILY)]
        if index % WEEK == WEEK - 1 or index == days - 1 or not late or luck.random() >= LEAPS:
            calendar.append((day, waiting))
            waiting = []
    if quiet:
        calendar.append((FIRST_DAY + timedelta(days=days + quiet), []))
    return Country(first, wishes, calendar)


def _citizen(n: int) -> str:
    return f"c-{n:032x}"


def _provider(n: int) -> ProviderRecorded:
    return ProviderRecorded(occurred_at=moment("2021-05-20 08:00"), provider=f"p-{n}", name=f"Provider {n}")


def _arrives(luck: random.Random, n: int, days: int) -> Iterator[Fact]:
    """The facts about a citizen from before the release: a situation, and for most citizens a record in a register."""
    yield Fact(SITUATION_RECORDED, _situation(luck, "2021-05-20 09:00", n, initial=True), f"load-{n}")
    due = FIRST_DAY + timedelta(days=luck.randrange(days))  # for records that become due in these days
    match n % 5:
        case 0:
            yield _entry(n, due.replace(year=due.year - 4))
        case 1:
            # Nothing is left of it at its closing, on `JOBLOGS_FROM`: else who lags would say less than who does not.
            due = FIRST_DAY + timedelta(days=luck.randrange(min(days, (JOBLOGS_FROM - FIRST_DAY).days)))
            yield _entry(n, due.replace(year=due.year - 6))
        case 2:
            yield Fact(JOB_SUGGESTION_CHECK_RECORDED, _check(_citizen(n), due, f"check-{n}"), f"check-{n}")
        case 3:
            ended = due.replace(year=due.year - 6)
            yield _referral(luck, "2021-05-20 10:00", n, ended - timedelta(days=90), ended, f"referral-{n}")
        case _:
            begins = FIRST_DAY + timedelta(days=luck.randrange(-10, days))
            yield _referral(luck, "2021-05-20 10:00", n, begins, begins + timedelta(days=20), f"referral-{n}")
    if n % 10 == 1:
        hold = LegalHoldRecorded(
            occurred_at=moment("2021-05-20 11:00"), citizen=_citizen(n), hold=f"hold-{n}", handler="anna"
        )
        yield Fact(LEGAL_HOLD_RECORDED, hold, f"hold-{n}")


def referral_of_parked(who: str, at: str = "2021-05-20 10:00", cancelled_on: date | None = None) -> ReferralRecorded:
    """The referral of one of `PARKED`, which covers all days of the load."""
    return ReferralRecorded(
        occurred_at=moment(at), citizen=who, record=f"referral-{who}", provider="p-0", first_day=date(2021, 6, 1),
        last_day=date(2023, 1, 1), cancelled_on=cancelled_on,
    )  # fmt: skip


def _check(citizen: str, due: date, record: str = "") -> JobSuggestionCheckRecorded:
    return JobSuggestionCheckRecorded(
        occurred_at=moment("2019-12-01 08:00"), citizen=citizen, record=record or f"check-{citizen}",
        checked_on=due.replace(year=due.year - 6), outcome="acknowledged",
    )  # fmt: skip


def _entry(n: int, updated: date) -> Fact:
    entry = JoblogEntryRecorded(
        occurred_at=moment(f"{updated} 10:00"), citizen=_citizen(n), record=f"entry-{n}", applied_on=updated,
        employer="Bakery", position="Bager", how_applied="advert", note="call again",
    )  # fmt: skip
    return Fact(JOBLOG_ENTRY_RECORDED, entry, f"entry-{n}")


def _referral(luck: random.Random, at: str, n: int, first: date, last: date, id_: str, cancelled: bool = False) -> Fact:
    referral = ReferralRecorded(
        occurred_at=moment(at), citizen=_citizen(n), record=f"referral-{n}", provider=f"p-{luck.randrange(PROVIDERS)}",
        first_day=first, last_day=last, cancelled_on=last if cancelled else None,
    )  # fmt: skip
    return Fact(REFERRAL_RECORDED, referral, id_)


def _situation(luck: random.Random, at: str, n: int, initial: bool = False) -> SituationRecorded:
    return situation(
        at, citizen=_citizen(n), target_group=luck.choice(TARGET_GROUPS), jobcentre=f"jc-{luck.randrange(98)}",
        fund=luck.choice([None, f"fund-{luck.randrange(20)}"]), initial=initial,
    )  # fmt: skip


def _change(luck: random.Random, day: date, n: int, number: tuple[int, int], lates: Sequence[int]) -> Fact:
    """A new fact. For one citizen in five the referral is extended or cancelled. For the others it depends on the week:
    the situation, a wish, or an exemption or a new registration."""
    hour, id_ = f"{8 + number[1] % 8:02}:00", f"change-{number[0]}-{number[1]}"
    if n % 5 == 4:
        begins = day + timedelta(days=luck.randrange(-5, 3))
        ends = begins + timedelta(days=luck.randrange(1, 15))
        return _referral(luck, f"{day} {hour}", n, begins, ends, id_, luck.random() < 0.3)
    at = f"{day - timedelta(days=luck.choice(lates))} {hour}"
    match (n + number[0] // WEEK) % 3:
        case 0:
            return Fact(SITUATION_RECORDED, _situation(luck, at, n), id_)
        case 1:
            return wish(luck, f"{day} {8 + number[1] // 60:02}:{number[1] % 60:02}", _citizen(n), id_)
    if luck.random() < 0.3:
        return registers(at, _citizen(n), id_)
    begins = day + timedelta(days=luck.randrange(-2, 10))
    event = exemption(
        at, str(begins), str(begins + timedelta(days=luck.randrange(20))), citizen=_citizen(n),
        exemption=f"x-{luck.randrange(3)}", kind=luck.choice(EXEMPTIONS), withdrawn=luck.random() < 0.2,
    )  # fmt: skip
    return Fact(CV_EXEMPTION_RECORDED, event, id_)
