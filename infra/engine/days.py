"""Which records of the clock's topic are days, and which facts are of days that have come.

Whoever can write to the clock's topic could delete all that is ever due by a day of 2045. So a day has the clock's
source, the one id that it can have in the slice, and one value; and in a real database its midnight has come by
PostgreSQL's clock. A day that is a little ahead makes the slice wait. Whatever else does not hold is refused.

A fact of 2031, by a slip of the keyboard, would bring its subject to 2031. So a fact is of the day after its record's
day at the latest, by the broker's clock; in a simulated calendar, of the day after the slice's.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, cast

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message
from psycopg import Connection

from infra.engine.aside import Accepted, DeadLetter
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent, raw_headers
from infra.errors import TakeOverError
from schemas.clock import DayBegun
from schemas.codec import UnreadableError
from schemas.dates import copenhagen_day, midnight, next_day
from schemas.event import Event
from schemas.headers import Headers, parse
from schemas.ids import derived_id, id_of
from schemas.topic import Topic, Writer
from schemas.topics import DAY_BEGUN

SOURCE = "producers/clock"

TOLERANCE = timedelta(minutes=5)
"""By so much a day may come before its midnight: the clocks of two machines differ."""

WAIT = timedelta(hours=1)
"""A day that is ahead by more is refused. It would stop the slice for as long, and no clock that works is so wrong."""

_HOUR_MS = 3_600_000


class Calendar(NamedTuple):
    """`simulated`: days may lie ahead of real time. `begun`: the last day that the clock has begun; from the first one
    on `simulated` never changes."""

    simulated: bool
    begun: date | None
    now: datetime


_CALENDAR = "select simulated, begun, clock_timestamp() from clock.stand"


def calendar(connection: Connection) -> Calendar:
    """The database's calendar, and the moment by its own clock."""
    row = connection.execute(_CALENDAR).fetchone()
    assert row is not None, "clock.stand always has its row"
    return Calendar(*row)


def day_id(event: DayBegun, slice_: int) -> bytes:
    """The id of a day in one slice."""
    return derived_id(DAY_BEGUN.name.encode(), event.key.encode(), b"%d" % slice_)


def check_day(record: Message, event: DayBegun, slice_: int) -> Headers:
    """The headers of a day. Raises `UnreadableError` for a record that the clock has not written."""
    headers = parse(raw_headers(record))
    if headers["ce_source"] != SOURCE:
        raise UnreadableError("the record is not the clock's: its source is another")
    if headers["ce_id"] != day_id(event, slice_).hex():
        raise UnreadableError("the record is not the clock's: its id is not that of its day in this slice")
    if record.key() != event.key.encode() or event.occurred_at != midnight(event.day_begun):
        raise UnreadableError("the record is not the clock's: key, day and moment do not agree")
    return headers


def begin_days(
    connection: Connection,
    cursor: Cursor,
    records: Iterable[Message],
    accepted: Accepted,
    reads: Iterable[str],
    read: Callable[[Message], Event],
) -> None:
    """Begins each day, up to one that comes early (`Accepted.early`); refuses what is no day. `read` decodes a record.

    Raises `TakeOverError` for a day whose `ends` lie beyond the slice's positions: it was cut into a batch while its
    ends could not be read, and is fetched again.
    """
    noted = {note.offset: note.reason for note in cursor.aside if note.topic == DAY_BEGUN.name}
    for record in records:
        offset = cast(int, record.offset())
        try:
            day, id_ = _read_day(cursor, record, read, noted.get(offset))
            if any(cursor.positions.get(topic, 0) < day.ends.get(topic, 0) for topic in reads):
                raise TakeOverError(f"{cursor.source}: {day.key} began before {cursor.positions} reached its ends")
            if accepted.day is None or day.day_begun > accepted.day:
                if not cursor.judged and _comes_early(connection, day):
                    accepted.early = day.key
                    return
                accepted.day = day.day_begun
                accepted.events.append(IncomingEvent(DAY_BEGUN, offset, id_, day, slice=cursor.slice))
        except UnreadableError as error:
            accepted.dead_letters.append(DeadLetter(record, str(error), counts=False))
        cursor.move(DAY_BEGUN.name, offset + 1)


def _read_day(
    cursor: Cursor, record: Message, read: Callable[[Message], Event], refused: str | None
) -> tuple[DayBegun, bytes]:
    """A day and its id; in a replay what the batch took for a day then."""
    if refused:
        raise UnreadableError(refused)
    day = cast(DayBegun, read(record))
    headers = parse(raw_headers(record)) if cursor.judged else check_day(record, day, cursor.slice)
    return day, id_of(headers["ce_id"], headers["ce_source"])


def _comes_early(connection: Connection, event: DayBegun) -> bool:
    """True when the day is so little ahead of the database's clock that the slice waits for it. Raises
    `UnreadableError` when it is further ahead."""
    known = calendar(connection)
    ahead = midnight(event.day_begun) - known.now
    if known.simulated or ahead <= TOLERANCE:
        return False
    if ahead > WAIT:
        raise UnreadableError(f"{event.key} is ahead of the database's clock: no day begins before its midnight")
    return True


class Horizon:
    """Judges of one consumer's facts whether they are of days that have not come."""

    def __init__(self) -> None:
        self._real = False
        """True once the calendar is known to be real for good."""

    def judge(self, connection: Connection, cursor: Cursor) -> Callable[[Topic, Message, Event], str | None]:
        """Tells why a fact that anyone may write is ahead; None if it is not, or if that was judged before.

        `CreateTime` is its writer's word: a record that bears it, from before our topics had the broker's, is not
        judged. In a simulated calendar nothing is ahead before the first day; later the clock's own row counts too, for
        a fact may be read before the record of its day has come."""
        simulated, days = False, [cursor.day]
        if not self._real:
            simulated, begun, _ = calendar(connection)
            self._real = not simulated and begun is not None
            days.append(begun)
        begun = max((day for day in days if day is not None), default=None)
        simulated_latest = begun and next_day(begun)

        def ahead(topic: Topic, record: Message, event: Event) -> str | None:
            latest = simulated_latest if simulated else _day_after(record)
            if cursor.judged or latest is None or topic.broadcast or topic.writer is Writer.LEDGER:
                return None
            field = event.ahead(latest)
            return field and f"{field} lies too far ahead: the last day that a fact may be of is {latest}"

        return ahead


def _day_after(record: Message) -> date | None:
    kind, at_ms = record.timestamp()
    return _day_after_hour(at_ms // _HOUR_MS) if kind == TIMESTAMP_LOG_APPEND_TIME else None


@lru_cache(maxsize=1024)  # an hour lies within one day, for Copenhagen keeps whole hours
def _day_after_hour(hour: int) -> date:
    return next_day(copenhagen_day(datetime.fromtimestamp(hour * 3_600, UTC)))
