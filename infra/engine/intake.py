"""Decides which records of a batch are applied: none below the position, no repeated one, no unreadable one.

Runs under the slice's lock. How repeated records are recognised is a property of the topic: dense sequences where only
our ledger writes, the inbox where anyone may write, and the order of days for the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, cast

from confluent_kafka import Message
from psycopg import Connection

from infra.engine import failpoints
from infra.engine.consumer import Schemas
from infra.engine.deduplication import next_in_sequence, remember
from infra.engine.ledger import Cursor
from infra.engine.record import Batch, IncomingEvent, raw_headers
from infra.errors import TakeOverError, TransientError
from schemas.clock import DayBegun
from schemas.codec import UnreadableError, decode, frame
from schemas.event import Event
from schemas.headers import Headers, parse
from schemas.ids import id_of, slice_of
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import DAY_BEGUN

_Candidate = tuple[Topic, Message, bytes | None, bytes | None, str]
"""A record with its id and its cause; or without an id, and the fault of its envelope."""


class DeadLetter(NamedTuple):
    """A record that cannot be read as it is, and why; or one that waits behind such a record of its key.

    `id`: the event's id, if its envelope could be read. `subject`: the subject that is parked.
    """

    record: Message
    reason: str
    id: bytes | None = None
    subject: str | None = None
    waits: bool = False


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


@dataclass
class Accepted:
    """`events`: records that count, in order. `dead_letters`: records to set aside."""

    events: list[IncomingEvent] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    day: date | None = None
    """The slice's day, to be set once the events are applied: before, they would count as late."""


class Intake:
    """Accepts the batches of one consumer."""

    def __init__(self, reads: Sequence[Topic], schemas: Schemas) -> None:
        self._reads = {topic.name: topic for topic in reads}
        self._schemas = schemas

    def accept(self, connection: Connection, cursor: Cursor, batch: Batch) -> Accepted:
        """Moves the cursor past the batch and returns the records that count, in order."""
        for name, start in batch.froms.items():
            if start > cursor.positions.get(name, 0):
                raise TakeOverError(f"{cursor.source}: fetched from {start} of {name}, beyond {cursor.positions}")
        accepted = Accepted(day=cursor.day)
        candidates: list[_Candidate] = []
        days: list[Message] = []
        for record in batch.records:
            topic, offset = self._reads[cast(str, record.topic())], cast(int, record.offset())
            if offset < cursor.positions.get(topic.name, 0):
                continue
            if topic is DAY_BEGUN:
                days.append(record)
                continue
            cursor.move(topic.name, offset + 1)
            try:
                headers = parse(raw_headers(record))
                if topic.writer is Writer.LEDGER and not next_in_sequence(cursor, topic, headers):
                    continue
                _check_key(topic, record, cursor.slice)
                candidates.append((topic, record, id_of(headers["ce_id"], headers["ce_source"]), _cause(headers), ""))
            except UnreadableError as error:
                candidates.append((topic, record, None, None, str(error)))
        self._decode(connection, cursor, candidates, accepted)
        for name in batch.tos.keys() - {DAY_BEGUN.name}:
            cursor.move(name, batch.tos[name])  # behind the last record a hole may lie: a transaction's marker
        self._begin_days(cursor, days, accepted)
        cursor.move(DAY_BEGUN.name, batch.tos.get(DAY_BEGUN.name, 0))
        return accepted

    def ends_of(self, record: Message) -> Mapping[str, int]:
        """The ends that a day carries; none if it cannot be read now: then `accept` gets it at once and says why."""
        try:
            return cast(DayBegun, self._event(DAY_BEGUN, record)).ends
        except (UnreadableError, TransientError):
            return {}

    def reread(self, record: Message, slice_: int) -> IncomingEvent:
        """Reads a record that was set aside once more; `UnreadableError` if it still cannot be read. Neither inbox nor
        sequences are asked: both have counted the record already (DESIGN 2.2)."""
        topic = self._reads[cast(str, record.topic())]
        headers = parse(record.headers())
        _check_key(topic, record, slice_)
        id_ = id_of(headers["ce_id"], headers["ce_source"])
        return IncomingEvent(
            topic, cast(int, record.offset()), id_, self._event(topic, record), _cause(headers), slice_
        )

    def _decode(self, connection: Connection, cursor: Cursor, candidates: list[_Candidate], accepted: Accepted) -> None:
        ids = [id_ for topic, _, id_, _, _ in candidates if id_ is not None and topic.writer is Writer.ANYONE]
        new = remember(connection, cursor, ids) if ids else set()
        failpoints.reach("inbox written")
        parked = {subject.encode() for subject in cursor.parked}
        for topic, record, id_, cause, fault in candidates:
            if id_ is not None and topic.writer is Writer.ANYONE:
                if id_ not in new:
                    continue
                new.discard(id_)
            if parked and record.key() in parked and not topic.broadcast:
                accepted.dead_letters.append(
                    DeadLetter(record, fault, id_, cast(bytes, record.key()).decode(), waits=True)
                )
                continue
            try:
                event = self._event(topic, record, fault)
            except UnreadableError as error:
                if (subject := subject_of(topic, record.key(), cursor.slice)) is not None:
                    cursor.parked[subject] = False
                    parked.add(subject.encode())
                accepted.dead_letters.append(DeadLetter(record, str(error), id_, subject))
                continue
            assert id_ is not None, "a record without a fault has an id"
            accepted.events.append(IncomingEvent(topic, cast(int, record.offset()), id_, event, cause, cursor.slice))

    def _event(self, topic: Topic, record: Message, fault: str = "") -> Event:
        if fault:
            raise UnreadableError(fault)
        framed = frame(record.value())
        event = decode(framed.body, self._schemas.writer_schema(framed.schema_id, topic), topic.event)
        if not topic.broadcast and event.key.encode() != record.key():
            raise UnreadableError(f"the record's key is not its {topic.event.KEY}")
        return event

    def _begin_days(self, cursor: Cursor, days: list[Message], accepted: Accepted) -> None:
        """Begins each day. Raises `TakeOverError` for a day whose `ends` lie beyond the slice's positions: it was cut
        into a batch while its ends could not be read, and is fetched again."""
        for record in days:
            offset = cast(int, record.offset())
            try:
                day = cast(DayBegun, self._event(DAY_BEGUN, record))
                headers = parse(raw_headers(record))
            except UnreadableError as error:
                accepted.dead_letters.append(DeadLetter(record, str(error)))
            else:
                if any(cursor.positions.get(topic, 0) < day.ends.get(topic, 0) for topic in self._reads):
                    raise TakeOverError(f"{cursor.source}: {day.key} began before {cursor.positions} reached its ends")
                if accepted.day is None or day.day_begun > accepted.day:
                    accepted.day = day.day_begun
                    id_ = id_of(headers["ce_id"], headers["ce_source"])
                    accepted.events.append(IncomingEvent(DAY_BEGUN, offset, id_, day, slice=cursor.slice))
            cursor.move(DAY_BEGUN.name, offset + 1)


def _cause(headers: Headers) -> bytes | None:
    return id_of(cause, "") if (cause := headers.get("ce_causationid")) else None


def _check_key(topic: Topic, record: Message, slice_: int) -> None:
    key = record.key()
    if key is None:
        raise UnreadableError("the record has no key")
    if not topic.broadcast and slice_of(key, SLICES) != slice_:
        raise UnreadableError("the record's key belongs to another partition: use partitioner=murmur2_random")
