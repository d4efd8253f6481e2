"""Dead letters driven again or discarded, and what waited behind them: steps of the slice's owner (DESIGN 2.6).

An order is carried out in a transaction of its own: its letter alone. Then the records that waited follow in order, in
bounded pieces, up to one that cannot be read itself: that is the next letter. Meanwhile the key stays parked.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

import psycopg
from confluent_kafka import TIMESTAMP_CREATE_TIME, Message
from psycopg import Connection

from infra.breaker import Count, allowing
from infra.dead_letters import departures
from infra.errors import AlarmError
from infra.intake import Intake, Letter
from infra.ledger import Cursor, Handler
from infra.orders import Order, done, next_order
from infra.parking import keep
from infra.record import Arrival, Departure
from infra.repetition import remember
from schemas.codec import UnreadableError
from schemas.event import Caused
from schemas.retention_areas import AREAS
from schemas.topic import Writer

PIECE = 100
"""Waiting records applied in one transaction: each may be as large as Kafka takes."""

_ROW = "id, status, subject, event_id, topic, partition, at_offset, key, value, headers, buried_at, day"
_LETTER = f"select {_ROW} from dead_letter.letter where consumer = %s and id = %s"
_OPEN = "consumer = %s and subject = %s and status in ('new', 'waiting')"
_QUEUE = f"select {_ROW} from dead_letter.letter where {_OPEN} order by id limit %s"
_STATUS = "update dead_letter.letter set status = %s where id = %s"
_FAILS = "update dead_letter.letter set status = 'new', reason = %s where id = %s"
_GONE = "delete from dead_letter.letter where id = any(%s)"
_DELETED = """
select deleted_on, slice, number from retention.receipt where record = %s and area = any(%s) limit 1
"""
_RULE_FAILS = (ArithmeticError, LookupError, TypeError, ValueError, psycopg.DataError, psycopg.IntegrityError)
_WHOLE = [area.code for area in AREAS if area.deletes == "record"]


class RefusedError(Exception):
    """This letter is not driven again as it stands; the text says why."""


class Buried(NamedTuple):
    """A record as it lies in the table. `event_id`: by which the inbox knows it."""

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

    @property
    def record(self) -> Message:
        return Message(
            topic=self.topic, partition=self.slice, offset=self.offset, key=self.key, value=self.value,
            headers=[(name, bytes.fromhex(digits)) for name, digits in self.headers],
            timestamp=(TIMESTAMP_CREATE_TIME, round(self.buried_at.timestamp() * 1000)),
        )  # fmt: skip


class Step(NamedTuple):
    """What the handler has decided, and what goes to the dead letter topics."""

    decided: list[Caused]
    letters: list[Departure]


def find(connection: Connection, consumer: str, letter: int) -> Buried | None:
    """The letter of that number."""
    row = connection.execute(_LETTER, (consumer, letter)).fetchone()
    return None if row is None else Buried(*row)


def readable(connection: Connection, intake: Intake, consumer: str, buried: Buried) -> Arrival:
    """The letter as its consumer would take it in now. Raises `RefusedError`, which changes nothing."""
    try:
        arrival = intake.again(buried.record, buried.slice)
    except UnreadableError as error:
        raise RefusedError(f"still unreadable: {error}") from None
    except KeyError:
        raise RefusedError(f"{consumer} does not read {buried.topic} any more") from None
    if arrival.topic.broadcast:
        raise RefusedError("it is for every slice: its source must publish it again, with a new id")
    record = getattr(arrival.event, "record", None)
    if record is not None and (gone := connection.execute(_DELETED, (record, _WHOLE)).fetchone()):
        raise RefusedError("record {} was deleted on {} (receipt {}/{}) and never comes back".format(record, *gone))
    return arrival


class Redrive:
    """Carries out the orders for one consumer's slices."""

    def __init__(self, intake: Intake, handler: Handler) -> None:
        self._intake, self._handler = intake, handler

    def step(self, connection: Connection, cursor: Cursor) -> Step | None:
        """One order, or one piece of what waited; None when there is neither."""
        if order := next_order(connection, cursor):
            decided, outcome = self._obeyed(connection, cursor, order)
            done(connection, cursor, order, outcome)
            keep(connection, cursor)
            return Step(decided, [])
        freed = next((subject for subject, goes_on in cursor.parked.items() if goes_on), None)
        return None if freed is None else self._go_on(connection, cursor, freed)

    def _obeyed(self, connection: Connection, cursor: Cursor, order: Order) -> tuple[list[Caused], str]:
        if order.act == "skip":
            return [], "skipped"  # by the command already: the order is what made us take over behind it
        if order.letter is None:
            topic, letters = str(order.topic), int(order.letters or 0)
            cursor.breaker[topic] = list(allowing(Count(*cursor.breaker.get(topic, ())), letters))
            return [], "accepted"
        buried = find(connection, cursor.consumer, order.letter)
        if buried is None or buried.status != "new":
            return [], f"nothing to do: it is {buried.status if buried else 'gone'} already"
        decided: list[Caused] = []
        status = "discarded"
        if order.act == "redrive":
            try:
                decided, status = self._driven(connection, cursor, buried), "applied"
            except RefusedError as error:
                return [], f"refused: {error}"
        connection.execute(_STATUS, (status, buried.id))
        if buried.subject in cursor.parked:
            cursor.parked[buried.subject] = True  # only the first of a key is new: what is behind it may go on
        return decided, status

    def _driven(self, connection: Connection, cursor: Cursor, buried: Buried) -> list[Caused]:
        arrival = readable(connection, self._intake, cursor.consumer, buried)
        unknown = buried.subject is not None and buried.event_id is None and arrival.topic.writer is Writer.ANYONE
        try:
            with connection.transaction():  # what an operator asks for must not stop the slice
                if unknown and not remember(connection, cursor, [arrival.id]):
                    raise RefusedError("another record with its id has been applied, or waits: discard it")
                decided = list(self._apply(connection, cursor, [buried], [arrival]))
        except _RULE_FAILS as error:
            raise RefusedError(f"a rule failed on it: {type(error).__name__}") from None
        except AlarmError as error:
            raise RefusedError(str(error)) from None
        cursor.runs.append([buried.topic, buried.offset, buried.offset + 1])
        return decided

    def _go_on(self, connection: Connection, cursor: Cursor, subject: str) -> Step:
        queue = [Buried(*row) for row in connection.execute(_QUEUE, (cursor.consumer, subject, PIECE))]
        arrivals: list[Arrival] = []
        failed: list[Letter] = []
        for buried in queue:
            if buried.status == "new":
                break
            try:
                arrivals.append(self._waited(buried))
            except UnreadableError as error:
                connection.execute(_FAILS, (str(error), buried.id))
                failed.append(Letter(buried.record, str(error)))
                break
        applied = queue[: len(arrivals)]
        decided = list(self._apply(connection, cursor, applied, arrivals))
        cursor.runs += [[each.topic, each.offset, each.offset + 1] for each in applied]
        connection.execute(_GONE, ([each.id for each in applied],))
        if len(applied) < len(queue):
            cursor.parked[subject] = False
        elif len(queue) < PIECE:
            del cursor.parked[subject]
        keep(connection, cursor)
        return Step(decided, departures(connection, cursor, failed))

    def _apply(
        self, connection: Connection, cursor: Cursor, applied: Sequence[Buried], arrivals: Sequence[Arrival]
    ) -> Iterator[Caused]:
        """Each as on the slice's day on which it came. By today's, the first would bring the subject up to today before
        the second, of an earlier day, is heard. What has come since wakes the subject once nothing waits."""
        today = cursor.day
        try:
            for day, some in groupby(zip(applied, arrivals, strict=True), key=lambda pair: pair[0].day):
                cursor.day = day
                yield from self._handler.apply(connection, cursor, [arrival for _, arrival in some])
        finally:
            cursor.day = today

    def _waited(self, buried: Buried) -> Arrival:
        arrival = self._intake.again(buried.record, buried.slice)
        if buried.event_id is None:  # no inbox has seen its id
            raise UnreadableError("its envelope can be read only since then: drive it again")
        return arrival
