"""Dead letters are applied again or discarded, and the records behind them follow: steps of the slice's owner.

A command is carried out in a transaction of its own, for its dead letter alone (DESIGN 2.6). The records that waited
follow in order, in bounded pieces, up to one that cannot be read: it is the next dead letter. The key stays parked
meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple

import psycopg
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message
from psycopg import Connection

from infra.dead_letters.commands import Command, done, next_command
from infra.dead_letters.limits import Count, allowing
from infra.dead_letters.parking import keep
from infra.dead_letters.store import Published, for_topics
from infra.engine.aside import DeadLetter, refusal
from infra.engine.consumer import Handler
from infra.engine.inbox import Known, Seen, remember
from infra.engine.intake import Intake
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.engine.transaction import Redriven
from infra.errors import AlarmError
from schemas.codec import UnreadableError
from schemas.event import Event, ProducedEvent
from schemas.topic import Writer

PIECE = 100
"""Waiting records that one transaction applies: each may be as large as Kafka takes."""

_ROW = "id, status, subject, event_id, topic, partition, at_offset, key, value, headers, buried_at, day, refused"
_LETTER = f"select {_ROW} from dead_letter.letter where consumer = %s and id = %s"
_OPEN = "consumer = %s and subject = %s and status in ('new', 'waiting')"
_QUEUE = f"select {_ROW} from dead_letter.letter where {_OPEN} order by id limit %s"
_STATUS = "update dead_letter.letter set status = %s where id = %s"
_FAILS = "update dead_letter.letter set status = 'new', reason = %s where id = %s"
_REFUSED = "update dead_letter.letter set status = 'new', subject = null, reason = %s, refused = true where id = %s"
_JUDGED = "update dead_letter.letter set reason = %s, refused = true where id = %s"
_GONE = "delete from dead_letter.letter where id = any(%s)"
_PASSED = {"skip": "skipped", "set-aside": "set aside"}
_RULE_FAILS = (ArithmeticError, LookupError, TypeError, ValueError, psycopg.DataError, psycopg.IntegrityError)


Refused = Callable[[Connection, Event], str | None]


class RefusedError(Exception):
    """This dead letter cannot be applied as it is; the text says why."""


class StoredLetter(NamedTuple):
    """A dead letter or waiting record, as it is stored. `event_id`: its id in the inbox, if that could be read."""

    id: int
    status: str
    subject: str | None
    event_id: object
    topic: str
    slice: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str]]
    buried_at: datetime
    day: date | None
    refused: bool

    @property
    def record(self) -> Message:
        return Message(
            topic=self.topic, partition=self.slice, offset=self.offset, key=self.key, value=self.value,
            headers=[(name, bytes.fromhex(digits)) for name, digits in self.headers],
            timestamp=(TIMESTAMP_LOG_APPEND_TIME, round(self.buried_at.timestamp() * 1000)),
        )  # fmt: skip


def find(connection: Connection, consumer: str, letter: int) -> StoredLetter | None:
    """The dead letter of that number."""
    row = connection.execute(_LETTER, (consumer, letter)).fetchone()
    return None if row is None else StoredLetter(*row)


def readable(
    connection: Connection, intake: Intake, consumer: str, stored: StoredLetter, refused: Refused
) -> IncomingEvent:
    """The dead letter as its consumer would accept it now. Raises `RefusedError`; nothing has changed then."""
    try:
        incoming = intake.reread(stored.record, stored.slice)
    except UnreadableError as error:
        raise RefusedError(f"still unreadable: {error}") from None
    except KeyError:
        raise RefusedError(f"{consumer} does not read {stored.topic} any more") from None
    if incoming.topic.broadcast:
        raise RefusedError("it is for every slice: its source must publish it again, with a new id")
    if (why := refused(connection, incoming.event)) is not None:
        raise RefusedError(why)
    return incoming


class Redrive:
    """Carries out operator commands for one consumer's slices. `refused`: the rule that forbids an event for good."""

    def __init__(self, intake: Intake, handler: Handler, refused: Refused, published: Published) -> None:
        self._intake, self._handler, self._refused, self._published = intake, handler, refused, published

    def step(self, connection: Connection, cursor: Cursor) -> Redriven | None:
        """Carries out one command, or applies one piece of the records that waited; None when there is neither."""
        if command := next_command(connection, cursor):
            decided, outcome = self._carry_out(connection, cursor, command)
            done(connection, cursor, command, outcome)
            keep(connection, cursor)
            return Redriven(decided, [])
        freed = next((subject for subject, goes_on in cursor.parked.items() if goes_on), None)
        return None if freed is None else self._go_on(connection, cursor, freed)

    def _carry_out(self, connection: Connection, cursor: Cursor, command: Command) -> tuple[list[ProducedEvent], str]:
        if command.act in _PASSED:  # the command itself has done so; its row made this worker take over behind it
            return [], _PASSED[command.act]
        if command.letter is None:
            topic, letters = str(command.topic), int(command.letters or 0)
            cursor.breaker[topic] = list(allowing(Count(*cursor.breaker.get(topic, ())), letters))
            return [], "accepted"
        stored = find(connection, cursor.consumer, command.letter)
        if stored is None or stored.status != "new":
            return [], f"nothing to do: it is {stored.status if stored else 'gone'} already"
        decided: list[ProducedEvent] = []
        status = "discarded"
        if command.act == "redrive":
            try:
                decided, status = self._redriven(connection, cursor, stored), "applied"
            except RefusedError as error:
                return [], f"refused: {error}"
        connection.execute(_STATUS, (status, stored.id))
        if stored.subject in cursor.parked:
            # Only a key's first dead letter has the status "new": the records behind it may go on.
            cursor.parked[stored.subject] = True
        return decided, status

    def _redriven(self, connection: Connection, cursor: Cursor, stored: StoredLetter) -> list[ProducedEvent]:
        incoming = readable(connection, self._intake, cursor.consumer, stored, self._refused)
        cursor.judged = stored.refused  # a person has judged it since
        unknown = stored.subject is not None and stored.event_id is None and incoming.topic.writer is Writer.ANYONE
        try:
            with connection.transaction():  # a command of an operator must not stop the slice
                if unknown and remember(connection, cursor, [Seen(incoming.id, incoming.event.content)]) != [Known.NEW]:
                    raise RefusedError("another record with its id has been applied, or waits: discard it")
                decided = list(self._apply(connection, cursor, [stored], [incoming]))
                if cursor.aside:
                    raise RefusedError(cursor.aside[0].reason)
        except _RULE_FAILS as error:
            raise RefusedError(f"a rule failed on it: {type(error).__name__}") from None
        except AlarmError as error:
            raise RefusedError(str(error)) from None
        finally:
            cursor.judged = False
            for note in cursor.aside:
                connection.execute(_JUDGED, (note.reason, stored.id))
            cursor.aside.clear()
        cursor.runs.append([stored.topic, stored.offset, stored.offset + 1])
        return decided

    def _go_on(self, connection: Connection, cursor: Cursor, subject: str) -> Redriven:
        queue = [StoredLetter(*row) for row in connection.execute(_QUEUE, (cursor.consumer, subject, PIECE))]
        events: list[IncomingEvent] = []
        failed: list[DeadLetter] = []
        for stored in queue:
            if stored.status == "new":
                break
            try:
                events.append(self._waited(stored))
            except UnreadableError as error:
                connection.execute(_FAILS, (str(error), stored.id))
                failed.append(DeadLetter(stored.record, str(error)))
                break
        applied = queue[: len(events)]
        decided = list(self._apply(connection, cursor, applied, events))
        failed = self._refuse(connection, cursor, applied) + failed
        cursor.runs += [[each.topic, each.offset, each.offset + 1] for each in applied]
        connection.execute(_GONE, ([each.id for each in applied],))
        if len(events) < len(queue):
            cursor.parked[subject] = False
        elif len(queue) < PIECE:
            del cursor.parked[subject]
        keep(connection, cursor)
        return Redriven(decided, for_topics(cursor, failed, partial(self._published, connection, cursor)))

    def _refuse(self, connection: Connection, cursor: Cursor, applied: list[StoredLetter]) -> list[DeadLetter]:
        """What the handler refused is a letter for a person, and no longer among those that were applied."""
        reasons = {(note.topic, note.offset): note.reason for note in cursor.aside}
        refused = [each for each in applied if (each.topic, each.offset) in reasons]
        letters = []
        for each in refused:
            reason = reasons[each.topic, each.offset]
            connection.execute(_REFUSED, (reason, each.id))
            letters.append(DeadLetter(each.record, reason, counts=False))
            applied.remove(each)
        return letters

    def _apply(
        self,
        connection: Connection,
        cursor: Cursor,
        applied: Sequence[StoredLetter],
        events: Sequence[IncomingEvent],
    ) -> Iterator[ProducedEvent]:
        """Applies each event on the day that the slice had when the event came. Applied on today's day, the first event
        would bring the subject up to today before the second one, of an earlier day, is applied. The days since then
        wake the subject afterwards."""
        today = cursor.day
        try:
            for day, some in groupby(zip(applied, events, strict=True), key=lambda pair: pair[0].day):
                cursor.day = day
                fit = self._not_ahead(connection, cursor, list(some))
                yield from self._handler.apply(connection, cursor, fit)
        finally:
            cursor.day = today

    def _not_ahead(
        self, connection: Connection, cursor: Cursor, some: Sequence[tuple[StoredLetter, IncomingEvent]]
    ) -> list[IncomingEvent]:
        """No intake has judged these: they waited, or could not be read."""
        ahead, fit = self._intake.horizon.judge(connection, cursor), []
        for stored, incoming in some:
            if (why := ahead(incoming.topic, stored.record, incoming.event)) is None:
                fit.append(incoming)
            else:
                cursor.refuse(incoming, why)
        return fit

    def _waited(self, stored: StoredLetter) -> IncomingEvent:
        incoming = self._intake.reread(stored.record, stored.slice)
        if stored.event_id is None:  # no inbox has seen its id
            raise UnreadableError("its envelope can be read only since then: drive it again")
        if why := refusal(incoming.topic, incoming.event):
            raise UnreadableError(why)
        return incoming
