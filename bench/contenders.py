"""Who does the job: this system in several set-ups, and what one would pick instead. Each as real processes."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.job import Job, Outputs
from bench.lab import OUTPUTS, Ground
from schemas.topic import SLICES

WHOLE = ("cv-requirement", "cv-status", "mailboxes")


@dataclass(frozen=True)
class Contender:
    """`commands`: one process each. `limit`: events that it gets at most, so that a slow one does not take all day."""

    name: str
    title: str
    commands: Sequence[Sequence[str]]
    limit: int | None = None

    has_days: ClassVar[bool] = False
    """Whether the calendar's day is begun for it before the clock starts."""

    rows: ClassVar[tuple[tuple[str, str], ...]] = ()
    """A field of `Outputs`, and the query that counts its rows in PostgreSQL."""

    def began(self, _ground: Ground, output: str, _before: int) -> float | None:
        """The monotonic moment when it was about to read its first record; None when it has not yet."""
        found = re.search(r"first record ([0-9.]+)", output)
        return float(found[1]) if found else None

    def mark(self, _ground: Ground) -> int:
        """What `began` compares with."""
        return 0

    def done(self, ground: Ground, _events: int, outputs: Outputs) -> bool:
        """Whether everything is where it belongs, down to the last row."""
        changes, notices = ground.on_topics()
        return changes >= outputs.changes and notices >= outputs.notices

    def progress(self, ground: Ground) -> int:
        """Rises as long as it is at work."""
        return sum(ground.on_topics())

    def faults(self, ground: Ground, outputs: Outputs) -> list[str]:
        """What differs from what must be there."""
        found = {field: ground.distinct(topic) for field, topic in zip(("changes", "notices"), OUTPUTS, strict=True)}
        found |= {f"{field} in PostgreSQL": ground.count(query) for field, query in self.rows}
        return [
            f"{count:,} {what}, not {right:,}"
            for what, count in found.items()
            if count != (right := getattr(outputs, what.split()[0]))
        ]


_STATES = ("states", "select count(*) from ledger.state")
_STATUSES = ("statuses", "select count(*) from cv.status")
_MAILS = ("notices", "select count(*) from mailbox.notice where status = 'delivered'")


@dataclass(frozen=True)
class Decision(Contender):
    """`dfdg run`, the decision alone: state in PostgreSQL, change events and notices on their topics."""

    has_days: ClassVar[bool] = True
    rows: ClassVar[tuple[tuple[str, str], ...]] = (_STATES,)

    def mark(self, ground: Ground) -> int:
        return ground.count("select sum(epoch) from ledger.slice where consumer = 'cv-requirement'")

    def began(self, ground: Ground, _output: str, before: int) -> float | None:
        """A slice is taken over, and then it reads."""
        return time.monotonic() if self.mark(ground) > before else None

    def done(self, ground: Ground, events: int, _outputs: Outputs) -> bool:
        return self.applied(ground, "cv-requirement") >= events + SLICES and not ground.count(
            "select count(*) from ledger.outbox"
        )

    def progress(self, ground: Ground) -> int:
        return ground.count("select sum(records) from ledger.batch")

    @staticmethod
    def applied(ground: Ground, consumer: str) -> int:
        return ground.count("select sum(records) from ledger.batch where consumer = %s", consumer)


@dataclass(frozen=True)
class WholeJob(Decision):
    """`dfdg run`, the decision, the status table and the mailboxes behind the flood guard."""

    rows: ClassVar[tuple[tuple[str, str], ...]] = (_STATES, _STATUSES, _MAILS)

    def done(self, ground: Ground, events: int, outputs: Outputs) -> bool:
        return (
            super().done(ground, events, outputs)
            and self.applied(ground, "cv-status") >= outputs.changes
            and self.applied(ground, "mailboxes") >= outputs.notices
        )


@dataclass(frozen=True)
class PlainConsumer(Contender):
    rows: ClassVar[tuple[tuple[str, str], ...]] = (_STATES, _STATUSES, _MAILS)


def _run(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "infra.cli", "run", *arguments)


AS_CHOSEN = (_run("cv-requirement"), _run("cv-status", "mailboxes"))
"""For two cores: a process for the decision, one for both sinks. Change it when another set-up measures better."""

CONTENDERS: tuple[Contender, ...] = (
    Decision("decision", "decision alone, 1 process", (_run("cv-requirement"),)),
    WholeJob("whole-1", "whole job, 1 process", (_run(*WHOLE),)),
    WholeJob("whole-2", "whole job, --processes 2", (_run(*WHOLE, "--processes", "2"),)),
    WholeJob("whole", "whole job, decision | sinks", AS_CHOSEN),
    Contender(
        "faust",
        "idiomatic Faust agent, decision alone",
        ((sys.executable, "-m", "bench.idiomatic_faust", "worker", "-l", "warn", "--without-web"),),
        limit=10_000,
    ),
    PlainConsumer("plain", "plain consumer, whole job", ((sys.executable, "-m", "bench.plain_consumer"),), limit=5_000),
)
LATENCY_OF = "whole"


def jobs(events: int) -> dict[str, Job]:
    """Each contender's own job, by its name; the same job is made once."""
    sizes = {contender.name: min(events, contender.limit or events) for contender in CONTENDERS}
    made = {size: Job(size) for size in set(sizes.values())}
    return {name: made[size] for name, size in sizes.items()}
