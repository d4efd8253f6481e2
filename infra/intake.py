"""What of a fetched batch counts: what lies below the position, repeats or is unreadable is sorted out.

Runs under the slice's lock. Which de-duplication holds is a property of the topic: dense sequences where only our
ledger writes, the inbox where anyone may, and a day's own order for the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol, cast

from confluent_kafka import Message
from psycopg import Connection

from infra import failpoints
from infra.buffer import Batch
from infra.errors import TakeOverError, TransientError
from infra.ledger import Cursor
from infra.parking import subject_of
from infra.record import Arrival, raw_headers
from infra.repetition import JOINED_LATE, next_in_sequence, remember
from schemas.clock import DayBegun
from schemas.codec import UnreadableError, decode, frame
from schemas.event import Event
from schemas.headers import Headers, parse
from schemas.ids import id_of, slice_of
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import DAY_BEGUN

_Candidate = tuple[Topic, Message, bytes | None, bytes | None, str]
"""A record, its id and its cause; or no id, and what is wrong with its envelope."""


class Letter(NamedTuple):
    """A record that nobody will ever read as it is, and why; or one that waits behind such a record of its key.

    `id`: by which the inbox knows it. `subject`: who is parked.
    """

    record: Message
    reason: str
    id: bytes | None = None
    subject: str | None = None
    waits: bool = False


class Schemas(Protocol):
    """Resolves the schema that a record was written with; raises `UnreadableError` if there is definitely none."""

    def writer_schema(self, schema_id: int, topic: Topic) -> Any: ...


def join(cursor: Cursor, lows: Mapping[str, int]) -> None:
    """Topics that are new to the slice begin where their logs begin now."""
    for topic, low in lows.items():
        cursor.positions[topic] = low
        cursor.runs.append([topic, low, low])
        if low > 0:
            cursor.received.setdefault(topic, {})[JOINED_LATE] = 0


@dataclass
class Sifted:
    arrivals: list[Arrival] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    day: date | None = None
    """The slice's day once the arrivals are applied; not before, or a subject's second fact would be late."""


class Intake:
    """Sifts the batches of one consumer."""

    def __init__(self, reads: Sequence[Topic], schemas: Schemas) -> None:
        self._reads = {topic.name: topic for topic in reads}
        self._schemas = schemas

    def sift(self, connection: Connection, cursor: Cursor, batch: Batch) -> Sifted:
        """Move the cursor past the batch and return what of it counts, in order."""
        for name, start in batch.froms.items():
            if start > cursor.positions.get(name, 0):
                raise TakeOverError(f"{cursor.source}: fetched from {start} of {name}, beyond {cursor.positions}")
        sifted = Sifted(day=cursor.day)
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
        self._decode(connection, cursor, candidates, sifted)
        for name in batch.tos.keys() - {DAY_BEGUN.name}:
            cursor.move(name, batch.tos[name])  # behind the last record a hole may lie: a transaction's marker
        self._begin_days(cursor, days, sifted)
        cursor.move(DAY_BEGUN.name, batch.tos.get(DAY_BEGUN.name, 0))
        return sifted

    def ends_of(self, record: Message) -> Mapping[str, int]:
        """The ends that a day carries; none if nobody can read it now: then `sift` gets it at once, and says why."""
        try:
            return cast(DayBegun, self._event(DAY_BEGUN, record)).ends
        except (UnreadableError, TransientError):
            return {}

    def again(self, record: Message, slice_: int) -> Arrival:
        """A record that was set aside, read anew; `UnreadableError` when nobody can read it yet. It has been counted
        as taken in before, so neither inbox nor sequence is asked (DESIGN 2.2)."""
        topic = self._reads[cast(str, record.topic())]
        headers = parse(record.headers())
        _check_key(topic, record, slice_)
        id_ = id_of(headers["ce_id"], headers["ce_source"])
        return Arrival(topic, cast(int, record.offset()), id_, self._event(topic, record), _cause(headers), slice_)

    def _decode(self, connection: Connection, cursor: Cursor, candidates: list[_Candidate], sifted: Sifted) -> None:
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
                sifted.letters.append(Letter(record, fault, id_, cast(bytes, record.key()).decode(), waits=True))
                continue
            try:
                event = self._event(topic, record, fault)
            except UnreadableError as error:
                if (subject := subject_of(topic, record.key(), cursor.slice)) is not None:
                    cursor.parked[subject] = False
                    parked.add(subject.encode())
                sifted.letters.append(Letter(record, str(error), id_, subject))
                continue
            sifted.arrivals.append(Arrival(topic, cast(int, record.offset()), id_, event, cause, cursor.slice))  # type: ignore[arg-type] # without a fault it has an id

    def _event(self, topic: Topic, record: Message, fault: str = "") -> Event:
        if fault:
            raise UnreadableError(fault)
        framed = frame(record.value())
        event = decode(framed.body, self._schemas.writer_schema(framed.schema_id, topic), topic.event)
        if not topic.broadcast and event.key.encode() != record.key():
            raise UnreadableError(f"the record's key is not its {topic.event.KEY}")
        return event

    def _begin_days(self, cursor: Cursor, days: list[Message], sifted: Sifted) -> None:
        """Begin each day. One whose `ends` the slice has not read up to was handed out while nobody could read them:
        `TakeOverError`, after which they are read anew."""
        for record in days:
            offset = cast(int, record.offset())
            try:
                day = cast(DayBegun, self._event(DAY_BEGUN, record))
                headers = parse(raw_headers(record))
            except UnreadableError as error:
                sifted.letters.append(Letter(record, str(error)))
            else:
                if any(cursor.positions.get(topic, 0) < day.ends.get(topic, 0) for topic in self._reads):
                    raise TakeOverError(f"{cursor.source}: {day.key} began before {cursor.positions} reached its ends")
                if sifted.day is None or day.day_begun > sifted.day:
                    sifted.day = day.day_begun
                    id_ = id_of(headers["ce_id"], headers["ce_source"])
                    sifted.arrivals.append(Arrival(DAY_BEGUN, offset, id_, day, slice=cursor.slice))
            cursor.move(DAY_BEGUN.name, offset + 1)


def _cause(headers: Headers) -> bytes | None:
    return id_of(cause, "") if (cause := headers.get("ce_causationid")) else None


def _check_key(topic: Topic, record: Message, slice_: int) -> None:
    key = record.key()
    if key is None:
        raise UnreadableError("the record has no key")
    if not topic.broadcast and slice_of(key, SLICES) != slice_:
        raise UnreadableError("the record's key belongs to another partition: use partitioner=murmur2_random")
