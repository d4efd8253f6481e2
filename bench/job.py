"""The job: CV facts in; requirement state, change events, notices and mailboxes out. Seeded, so everyone gets the same.

Who has exemptions has a situation from the first load, which is decided before the clock starts, and no other one
after it: so each citizen's measured facts lie on one topic, and how topics interleave does not change the outputs.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from schemas.cv import EXEMPTIONS, TARGET_GROUPS, CvExemptionRecorded, CvRequirementChanged, SituationRecorded
from schemas.event import Event
from schemas.ids import derived_id
from schemas.notices import NoticeIssued
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.decision import Subject
from streams.policies.cv_state import CvDuties

SEED = 20210614
CITIZENS = 200_000
"""As many as are drawn from: three of four with situations, one of four with exemptions."""

DAY = date(2021, 6, 14)
FIRST_LOAD_AT = datetime(2021, 5, 20, 7, tzinfo=UTC)
FACTS_AT = datetime(2021, 6, 14, 6, tzinfo=UTC)
JOBCENTRES, FUNDS = 98, 20


class Fact(NamedTuple):
    topic: Topic
    event: Event
    id: str


class Outputs(NamedTuple):
    """How many there must be: events on topics, and rows (`states` of the decision, `statuses` of citizens)."""

    changes: int
    notices: int
    states: int
    statuses: int


@dataclass(frozen=True)
class Job:
    """So many measured facts, and the first load that they build upon."""

    events: int

    @cached_property
    def facts(self) -> list[Fact]:
        luck = random.Random(SEED)
        return [_fact(luck, luck.randrange(CITIZENS), number) for number in range(self.events)]

    @cached_property
    def first_load(self) -> list[Fact]:
        luck = random.Random(-SEED)
        citizens = dict.fromkeys(fact.event.key for fact in self.facts if fact.topic is CV_EXEMPTION_RECORDED)
        return [
            _situation(luck, citizen, FIRST_LOAD_AT, f"first-{number}", initial=True)
            for number, citizen in enumerate(citizens)
        ]

    @cached_property
    def warm(self) -> Outputs:
        """What the first load leads to."""
        return _outputs(self.first_load)

    @cached_property
    def outputs(self) -> Outputs:
        """What the first load and the facts together lead to."""
        return _outputs([*self.first_load, *self.facts])


def _fact(luck: random.Random, number: int, event: int) -> Fact:
    citizen, at = f"c-{number:032x}", FACTS_AT + timedelta(milliseconds=event)
    if number % 4:
        return _situation(luck, citizen, at, f"fact-{event}")
    exemption = CvExemptionRecorded(
        occurred_at=at,
        citizen=citizen,
        exemption=f"x-{luck.randrange(3)}",
        kind=luck.choice(EXEMPTIONS),
        first_day=DAY,
        last_day=DAY + timedelta(days=luck.randrange(1, 60)),
        withdrawn=luck.random() < 0.2,
    )
    return Fact(CV_EXEMPTION_RECORDED, exemption, _id(f"fact-{event}"))


def _situation(luck: random.Random, citizen: str, at: datetime, name: str, *, initial: bool = False) -> Fact:
    situation = SituationRecorded(
        occurred_at=at,
        citizen=citizen,
        target_group=luck.choice(TARGET_GROUPS),
        jobcentre=f"jc-{luck.randrange(JOBCENTRES)}",
        fund=luck.choice([None, f"fund-{luck.randrange(FUNDS)}"]),
        initial=initial,
    )
    return Fact(SITUATION_RECORDED, situation, _id(name))


def _id(name: str) -> str:
    """As the edge's: spread over the whole range, so that an index of them is hit everywhere."""
    return derived_id(b"bench", name.encode()).hex()


def _outputs(facts: Iterable[Fact]) -> Outputs:
    """The decision played in memory."""
    subjects: dict[str, Subject[CvDuties]] = {}
    made: Counter[type[Event]] = Counter()
    shown = set()
    for _, event, id_ in facts:
        subject = subjects.setdefault(event.key, Subject(decision, None, bytes(16)))
        for produced in subject.apply(event, bytes.fromhex(id_), DAY if event.day >= DAY else None):
            made[type(produced.event)] += 1
            shown.add(event.key)
    return Outputs(made[CvRequirementChanged], made[NoticeIssued], len(subjects), len(shown))
