"""Decides which records of a batch are applied: none below the position, no repeated one, no unreadable one.

Runs under the slice's lock. How repeated records are recognised is a property of the topic: dense sequences where only
our ledger writes, the inbox where anyone may write, and the order of days for the clock.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from confluent_kafka import Message
from psycopg import Connection

from infra.engine import failpoints
from infra.engine.aside import Accepted, Aside, DeadLetter, letter_of, refusal
from infra.engine.consumer import Schemas, Sources
from infra.engine.days import Horizon, begin_days, check_day
from infra.engine.deduplication import next_in_sequence
from infra.engine.envelope import Envelope, envelope, mark_of
from infra.engine.inbox import Known, remember, seen
from infra.engine.ledger import Cursor
from infra.engine.record import Batch, IncomingEvent
from infra.errors import TakeOverError, TransientError
from schemas.clock import DayBegun
from schemas.codec import UnreadableError, decode, frame
from schemas.event import Event
from schemas.topic import Topic, Writer
from schemas.topics import DAY_BEGUN

FALSE_IDS = {
    Known.CHANGED: "its source has used its id for another fact: a source numbers each fact anew, and changes none",
    Known.ASKED: "its request was asked already under another id, and gets one answer: ask anew with another `request`",
}

_Noted = Mapping[tuple[str, int], Aside]
"""What the batch sets aside whatever is in it, by topic and offset: a replay obeys the batch log."""


class Intake:
    """Accepts the batches of one consumer."""

    def __init__(self, reads: Sequence[Topic], schemas: Schemas, sources: Sources) -> None:
        self._reads = {topic.name: topic for topic in reads}
        self._schemas, self._sources = schemas, sources
        self.horizon = Horizon()

    def accept(self, connection: Connection, cursor: Cursor, batch: Batch) -> Accepted:
        """Moves the cursor past the batch and returns the records that count, in order."""
        for name, start in batch.froms.items():
            if start > cursor.positions.get(name, 0):
                raise TakeOverError(f"{cursor.source}: fetched from {start} of {name}, beyond {cursor.positions}")
        accepted = Accepted(day=cursor.day)
        noted = {(each.topic, each.offset): each for each in cursor.aside}
        candidates: list[Envelope] = []
        days: list[Message] = []
        last: dict[str, Message] = {}
        for record in batch.records:
            topic, offset = self._reads[cast(str, record.topic())], cast(int, record.offset())
            if offset < cursor.positions.get(topic.name, 0):
                continue
            last[topic.name] = record
            if topic is DAY_BEGUN:
                days.append(record)
                continue
            cursor.move(topic.name, offset + 1)
            if (note := noted.get((topic.name, offset))) is not None and not note.taken:
                accepted.dead_letters.append(letter_of(cursor, topic, record, note.reason, None, note))
                continue
            try:
                about = envelope(topic, record, cursor.slice, bare=cursor.bare)
                if topic.writer is Writer.ANYONE or self._is_next(cursor, about):
                    candidates.append(about)
            except UnreadableError as error:
                if topic.writer is Writer.LEDGER and not cursor.judged:  # none of our ledger's: it parks nobody
                    accepted.dead_letters.append(DeadLetter(record, str(error), counts=False))
                else:
                    candidates.append(Envelope(topic, record, {}, fault=str(error)))
        self._decode(connection, cursor, candidates, accepted, noted)
        for name in batch.tos.keys() - {DAY_BEGUN.name}:
            cursor.move(name, batch.tos[name])  # behind the last record a hole may lie: a transaction's marker
        begin_days(connection, cursor, days, accepted, self._reads, partial(self._event, DAY_BEGUN))
        if accepted.early:
            last.pop(DAY_BEGUN.name, None)
        else:
            cursor.move(DAY_BEGUN.name, batch.tos.get(DAY_BEGUN.name, 0))
        cursor.marks |= {name: [cast(int, record.offset()), mark_of(record)] for name, record in last.items()}
        return accepted

    def ends_of(self, record: Message) -> Mapping[str, int]:
        """The ends that a day carries; none if it cannot be read now, or is none: `accept` gets it at once then."""
        try:
            day = cast(DayBegun, self._event(DAY_BEGUN, record))
            check_day(record, day, cast(int, record.partition()))
        except (UnreadableError, TransientError):
            return {}
        return day.ends

    def reread(self, record: Message, slice_: int) -> IncomingEvent:
        """Reads a record that was set aside once more; `UnreadableError` if it still cannot be read. Neither inbox nor
        sequences are asked: both have counted the record already (DESIGN 2.2)."""
        topic = self._reads[cast(str, record.topic())]
        about = envelope(topic, record, slice_)
        assert about.id is not None, "an envelope that can be read has an id"
        return IncomingEvent(topic, about.offset, about.id, self._event(topic, record), about.cause, slice_)

    def _decode(
        self, connection: Connection, cursor: Cursor, candidates: list[Envelope], accepted: Accepted, noted: _Noted
    ) -> None:
        read = [self._read(each) for each in candidates]
        new = iter(remember(connection, cursor, seen(cursor, candidates, read)))
        failpoints.reach("inbox written")
        parked = {subject.encode() for subject in cursor.parked}
        ahead = self.horizon.judge(connection, cursor) if any(each.remembered for each in candidates) else None
        for about, event in zip(candidates, read, strict=True):
            topic, record, id_ = about.topic, about.record, about.id
            if about.remembered and (known := next(new)) is not Known.NEW:
                if known is Known.ASKED or (known is Known.CHANGED and not cursor.judged):
                    own = id_ if known is Known.ASKED else None
                    accepted.dead_letters.append(DeadLetter(record, FALSE_IDS[known], own, counts=False))
                continue
            if parked and record.key() in parked and not topic.broadcast:
                accepted.dead_letters.append(
                    DeadLetter(record, about.fault, id_, cast(bytes, record.key()).decode(), waits=True)
                )
                continue
            note = noted.get((topic.name, about.offset)) if noted else None
            if note is not None or isinstance(event, UnreadableError):
                letter = letter_of(cursor, topic, record, note.reason if note else str(event), id_, note)
                if letter.subject is not None:
                    parked.add(letter.subject.encode())
                accepted.dead_letters.append(letter)
                continue
            assert id_ is not None, "a record without a fault has an id"
            if not cursor.judged and (why := refusal(topic, event) or (ahead and ahead(topic, record, event))):
                accepted.dead_letters.append(DeadLetter(record, why, id_, counts=False))
                continue
            accepted.events.append(IncomingEvent(topic, about.offset, id_, event, about.cause, cursor.slice))

    def _read(self, candidate: Envelope) -> Event | UnreadableError:
        try:
            return self._event(candidate.topic, candidate.record, candidate.fault)
        except UnreadableError as error:
            return error

    def _is_next(self, cursor: Cursor, about: Envelope) -> bool:
        """Of a record on a topic of our ledger: it comes from a slice that may write there, and is its next."""
        if about.headers["ce_source"] not in self._sources.get(about.topic.name, ()) and not cursor.judged:
            raise UnreadableError("ce_source is no slice of a consumer that writes this topic")
        return next_in_sequence(cursor, about)

    def _event(self, topic: Topic, record: Message, fault: str = "") -> Event:
        if fault:
            raise UnreadableError(fault)
        framed = frame(record.value())
        event = decode(framed.body, self._schemas.writer_schema(framed.schema_id, topic), topic.event)
        if not topic.broadcast and event.key.encode() != record.key():
            raise UnreadableError(f"the record's key is not its {topic.event.KEY}")
        return event
