"""A small country for tests: seeded facts on dated days, and their expected outcome, worked out in memory.

After the first load each citizen's facts are on one topic only, so that no fault can change their order: whatever
happens to servers and workers, there is one right result.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.cv import EXEMPTIONS, TARGET_GROUPS, CvRequirementChanged
from schemas.event import Event, ProducedEvent
from schemas.ids import id_of
from schemas.notices import NoticeIssued
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.decision import Subject
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
    """Every citizen's situation, in May. It must be applied before all else: topics have no common order."""
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
    """The outcome of the decision, run in memory: each day wakes all citizens, and each fact is applied to its own."""
    subjects: dict[str, Subject[CvDuties]] = {}
    produced: list[ProducedEvent] = []
    today: date | None = None
    for step in steps:
        if isinstance(step, date):
            today = step
            produced += [out for subject in subjects.values() for out in subject.advance_to(today)]
        else:
            subject = subjects.setdefault(step.event.key, Subject(decision, None, bytes(16)))
            produced += subject.apply(step.event, id_of(step.id, "test"), today)
    states = {
        citizen: (subject.state, subject.cause.hex())
        for citizen, subject in subjects.items()
        if subject.state is not None
    }
    return Outcome(states, _ids(produced, CvRequirementChanged), _ids(produced, NoticeIssued))


def _ids(produced: list[ProducedEvent], kind: type[Event]) -> dict[str, list[str]]:
    by_citizen: dict[str, list[str]] = {}
    for event, id_, _ in produced:
        if isinstance(event, kind):
            by_citizen.setdefault(event.key, []).append(id_.hex())
    return by_citizen
