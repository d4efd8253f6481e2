"""A small country for fault tests: seeded facts on dated days, and what must come of them, worked out in memory.

After the first load each citizen's facts are on one topic only, so that no fault can change their order: whatever
happens to servers and workers, there is one right result.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.cv import EXEMPTIONS, TARGET_GROUPS, CvRequirementChanged
from schemas.event import Caused, Event
from schemas.ids import id_of
from schemas.notices import NoticeIssued
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.decision import Life
from streams.policies.cv_state import CvDuties
from tests.builders import exemption, situation

FIRST_DAY, LAST_DAY = date(2021, 6, 14), date(2021, 8, 1)
WEEK = [FIRST_DAY + timedelta(days=n) for n in range(7)]


@dataclass(frozen=True)
class Fact:
    topic: Topic
    event: Event
    id: str


Step = date | Fact
"""A day that begins, or a fact that is recorded, in the order in which they are published."""


def first_load(seed: int, citizens: int) -> list[Step]:
    """Every citizen's situation, in May. It must be taken in before the rest: topics have no common order."""
    luck = random.Random(seed)
    return [_situation(luck, "2021-05-20 09:00", n, f"load-{n}", initial=True) for n in range(citizens)]


def release(seed: int, citizens: int, changes: int) -> list[Step]:
    """A week of changes from 14 June, then 1 August, by which every exemption has ended."""
    luck = random.Random(seed)
    steps: list[Step] = []
    for index, day in enumerate(WEEK):
        steps.append(day)
        today = range(index * changes // len(WEEK), (index + 1) * changes // len(WEEK))
        steps += [_change(luck, day, luck.randrange(citizens), n) for n in today]
    return [*steps, LAST_DAY]


def _situation(luck: random.Random, at: str, citizen: int, id_: str, initial: bool = False) -> Fact:
    event = situation(
        at,
        citizen=f"c-{citizen:032x}",
        target_group=luck.choice(TARGET_GROUPS),
        jobcentre=f"jc-{luck.randrange(98)}",
        fund=luck.choice([None, f"fund-{luck.randrange(20)}"]),
        initial=initial,
    )
    return Fact(SITUATION_RECORDED, event, id_)


def _change(luck: random.Random, day: date, citizen: int, number: int) -> Fact:
    at = f"{day} {8 + number % 8:02}:00"
    if citizen % 2:
        return _situation(luck, at, citizen, f"change-{number}")
    first = day + timedelta(days=luck.randrange(-2, 10))
    event = exemption(
        at,
        str(first),
        str(first + timedelta(days=luck.randrange(20))),
        citizen=f"c-{citizen:032x}",
        exemption=f"x-{luck.randrange(3)}",
        kind=luck.choice(EXEMPTIONS),
        withdrawn=luck.random() < 0.2,
    )
    return Fact(CV_EXEMPTION_RECORDED, event, f"change-{number}")


@dataclass(frozen=True)
class Outcome:
    """The one right result. Ids are 32 hex digits; events of a citizen are in order."""

    states: dict[str, tuple[CvDuties, str]]
    changes: dict[str, list[str]]
    notices: dict[str, list[str]]


def expected(steps: list[Step]) -> Outcome:
    """The decision played in memory, one citizen after the other: days wake, facts happen."""
    lives: dict[str, Life[CvDuties]] = {}
    caused: list[Caused] = []
    today: date | None = None
    for step in steps:
        if isinstance(step, date):
            today = step
            caused += [out for life in lives.values() for out in life.catch_up(today)]
        else:
            life = lives.setdefault(step.event.key, Life(decision, None, bytes(16)))
            caused += life.happen(step.event, id_of(step.id, "test"), today)
    states = {citizen: (life.state, life.cause.hex()) for citizen, life in lives.items() if life.state is not None}
    return Outcome(states, _ids(caused, CvRequirementChanged), _ids(caused, NoticeIssued))


def _ids(caused: list[Caused], kind: type[Event]) -> dict[str, list[str]]:
    by_citizen: dict[str, list[str]] = {}
    for event, id_, _ in caused:
        if isinstance(event, kind):
            by_citizen.setdefault(event.key, []).append(id_.hex())
    return by_citizen
