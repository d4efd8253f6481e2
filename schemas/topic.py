"""The declaration of a topic: its event, its writers and readers, and how long it is kept."""

from dataclasses import dataclass
from enum import Enum

from schemas.event import Event

SLICES = 8
"""Partitions of every topic, fixed for good: growth is a new topic version (DESIGN 2.2)."""

DEAD_LETTERS = "-dlq"
"""How the name of a dead letter topic ends. It has one partition: dead letters are few, and such topics many."""

INTERNAL_RETENTION_DAYS = 30
"""Internal topics may carry more than public ones, so they keep it for at most this long (ground rules)."""


class Audience(Enum):
    PUBLIC = "public"
    """Subscribers, with the full contract promise: carries no person's secrets."""
    INTERNAL = "internal"
    """Our own principals only."""


class Writer(Enum):
    ANYONE = "anyone"
    """A repeated record is found by its `ce_id`, in the inbox."""
    LEDGER = "ledger"
    """Only our ledger writes it: its sequence numbers are dense, so they show repetitions and gaps."""


def partitions(name: str) -> int:
    """The number of partitions of the topic of that name."""
    return 1 if name.endswith(DEAD_LETTERS) else SLICES


@dataclass(frozen=True)
class Topic:
    """A topic's declaration. A `broadcast` record goes to every partition; others go where their key says."""

    name: str
    event: type[Event]
    audience: Audience = Audience.INTERNAL
    writer: Writer = Writer.ANYONE
    broadcast: bool = False
    retention_days: int = INTERNAL_RETENTION_DAYS

    @property
    def subject(self) -> str:
        """The registry's subject for the value (TopicNameStrategy, set explicitly)."""
        return f"{self.name}-value"

    def __str__(self) -> str:
        return self.name
