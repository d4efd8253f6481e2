"""The verdict of one run. It counts only if its faults struck and disturbed work; otherwise it is INVALID, not
green."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import psycopg

from infra.kafka import end_offsets
from schemas.topic import SLICES, Writer
from schemas.topics import TOPICS
from tests.faults.inject.points import IN_TRANSACTION
from tests.faults.load.environment import Environment
from tests.faults.load.liar import KINDS

MIN_EVENTS = 500
LIES = [f"{kind} {outcome}" for kind, outcomes in KINDS.items() for outcome in outcomes]


class Outcome(Enum):
    HOLDS = "holds"
    BROKEN = "BROKEN"
    INVALID = "INVALID"


@dataclass
class Evidence:
    """Counts of the disturbances of a run."""

    events: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    """For each fault by its name, how often it really struck."""
    kills_in_transaction: int = 0
    redeliveries: int = 0
    """Records that are on one of our topics once more: leftovers of workers that died before the acknowledgement."""
    take_overs: int = 0
    """Take-overs of slices beyond the first one of each slice."""
    rebalances: int = 0
    lies: Counter[str] = field(default_factory=Counter)
    """Forged records by their kind and outcome, as "date refused"."""
    looks: int = 0
    """How often the readers looked meanwhile."""
    recovery_s: float = 0.0
    """Seconds from the end of the last fault until everything was drained."""


@dataclass(frozen=True)
class Needs:
    """The least that a run must have seen to count. `planned`: every fault that must have struck, and how often."""

    planned: Mapping[str, int] = field(default_factory=dict)
    events: int = MIN_EVENTS
    kills_in_transaction: int = 0
    redeliveries: int = 0
    take_overs: int = 0
    rebalances: int = 0
    looks: int = 50

    def lacking(self, evidence: Evidence) -> list[str]:
        told = [
            f"{fault}: struck {evidence.struck[fault]} times of {times}"
            for fault, times in sorted(self.planned.items())
            if evidence.struck[fault] < times
        ]
        for name in ("events", "kills_in_transaction", "redeliveries", "take_overs", "rebalances", "looks"):
            if (seen := getattr(evidence, name)) < (least := getattr(self, name)):
                told.append(f"{name.replace('_', ' ')}: {seen}, fewer than {least}")
        if none := [lie for lie in LIES if not evidence.lies[lie]]:
            told.append(f"no lie of: {', '.join(none)}")
        return told


@dataclass(frozen=True)
class Verdict:
    scenario: str
    seed: int
    evidence: Evidence
    wrong: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        if self.wrong:
            return Outcome.BROKEN
        return Outcome.INVALID if self.lacking else Outcome.HOLDS

    @property
    def line(self) -> str:
        seen = self.evidence
        faults = ", ".join(f"{name} ×{count}" for name, count in sorted(seen.struck.items()) if count) or "none"
        return (
            f"{self.outcome.value:8} {self.scenario:20} seed {self.seed:<8} events {seen.events:<6}"
            f" take-overs {seen.take_overs:<4} redeliveries {seen.redeliveries:<5} rebalances {seen.rebalances:<4}"
            f" looks {seen.looks:<5} recovered in {seen.recovery_s:5.1f} s  faults: {faults}"
        )

    @property
    def command(self) -> str:
        return f".venv/bin/python -m tests.faults {self.scenario} --seed {self.seed}"


def collect(environment: Environment, evidence: Evidence) -> None:
    """Fills in the counts that logs, tables and topics give."""
    evidence.events = len(environment.events)
    for strike in environment.struck():
        evidence.struck[f"{strike['action']} at {strike['point']}"] += 1
        evidence.kills_in_transaction += strike["action"] == "kill" and strike["point"] in IN_TRANSACTION
    with psycopg.connect(environment.system.dsn) as connection:
        query = "select coalesce(sum(epoch), 0) - %s * count(distinct consumer) from ledger.slice"
        (evidence.take_overs,) = connection.execute(query, (SLICES,)).fetchone() or (0,)
    ours = [topic for topic in TOPICS if topic.writer is Writer.LEDGER]
    ends = end_offsets(environment.system.client, [topic.name for topic in ours])
    evidence.redeliveries = (
        sum(sum(end[topic.name] for end in ends) - len(environment.system.messages(topic)) for topic in ours)
        - environment.liar.on_our_topics
    )
    evidence.rebalances = sum(len(re.findall("slices (assigned|revoked)", w.log())) for w in environment.workers)
