"""What a batch sets aside: records that cannot be read, records that wait behind one, and records that are refused.

A *refusal* is a judgement: the record can be read, and must not be applied. Nobody could write one honestly, so it
parks no key and counts for no limit: a liar could stop a citizen or a slice with it. Only a person applies it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, cast

from confluent_kafka import Message

from infra.engine.record import IncomingEvent
from schemas.event import Event
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic, Writer

if TYPE_CHECKING:
    from infra.engine.ledger import Cursor


class Aside(NamedTuple):
    """A record that a batch set aside by judgement, as the batch log lists it. `taken`: its id is in the inbox, or its
    sequence counted. `parks`: its key waits behind it. `counts`: for the limits of dead letters."""

    topic: str
    offset: int
    reason: str
    taken: bool = True
    parks: bool = False
    counts: bool = False


class DeadLetter(NamedTuple):
    """A record that cannot be read as it is, and why; or one that waits behind such a record of its key.

    `id`: the event's id, if its envelope could be read. `subject`: the subject that is parked. `counts`: for the limits
    of dead letters; not so a refusal, which has no subject either.
    """

    record: Message
    reason: str
    id: bytes | None = None
    subject: str | None = None
    waits: bool = False
    counts: bool = True

    @property
    def refused(self) -> bool:
        """It was judged. Not so what a person has set aside: it parks its key, and is judged when it is re-driven."""
        return not self.counts and self.subject is None


MAX_KEY_BYTES = 256
"""Ids have at most 64 characters; a longer key is nobody's."""


def subject_of(topic: Topic, key: bytes | None, slice_: int) -> str | None:
    """The subject that an unreadable record parks; None if its key is nobody's, or belongs to another slice."""
    if topic.broadcast or not key or len(key) > MAX_KEY_BYTES or slice_of(key, SLICES) != slice_:
        return None
    try:
        subject = key.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in subject else subject  # no text of PostgreSQL has it


def refusal(topic: Topic, event: Event) -> str:
    """Why an event that others wrote must not be applied; empty if nothing speaks against it (invariant 4)."""
    if topic.writer is Writer.ANYONE and (fields := event.cpr_fields()):
        return f"what looks like a CPR number stands in {', '.join(fields)}: publish it again without, with a new id"
    return ""


def letter_of(
    cursor: "Cursor", topic: Topic, record: Message, reason: str, id_: bytes | None, note: Aside | None
) -> DeadLetter:
    """An unreadable record parks its key and counts; one that was noted does what its note says."""
    subject = subject_of(topic, record.key(), cursor.slice) if note is None or note.parks else None
    if subject is not None:
        cursor.parked[subject] = False
    return DeadLetter(record, reason, id_, subject, counts=note is None or note.counts)


@dataclass
class Accepted:
    """`events`: records that count, in order. `dead_letters`: records to set aside."""

    events: list[IncomingEvent] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    day: date | None = None
    """The slice's day, to be set once the events are applied: before, they would count as late."""
    early: str = ""
    """A day whose midnight has not come: the slice waits in front of it."""

    def settle(self, aside: list[Aside], records: Sequence[Message]) -> None:
        """Once the handler is done: what it refused becomes dead letters, in the order of the batch, and what was set
        aside by judgement is noted for the batch log."""
        noted = {(each.topic, each.offset): each.reason for each in aside}
        if not noted and not self.dead_letters:
            return
        at = {_place(record): number for number, record in enumerate(records)}
        for letter in self.dead_letters:
            if not letter.counts and _place(letter.record) not in noted:
                aside.append(Aside(*_place(letter.record), letter.reason, letter.id is not None))
        refused = [incoming for incoming in self.events if (incoming.topic.name, incoming.offset) in noted]
        for incoming in refused:
            place = incoming.topic.name, incoming.offset
            self.dead_letters.append(DeadLetter(records[at[place]], noted[place], incoming.id, counts=False))
        if refused:
            self.events = [each for each in self.events if (each.topic.name, each.offset) not in noted]
        self.dead_letters.sort(key=lambda letter: at[_place(letter.record)])


def _place(record: Message) -> tuple[str, int]:
    return cast(str, record.topic()), cast(int, record.offset())
