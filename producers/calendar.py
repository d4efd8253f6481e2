"""The clock's own row (`clock.stand`): the last day that it has begun, and whether the calendar is a simulated one.

The topic alone is no memory: it forgets after 30 days, and garbage there must neither silence the clock nor move it.
"""

from datetime import date, datetime
from typing import NamedTuple

from psycopg import Connection

from infra.engine.days import TOLERANCE, calendar
from infra.errors import AlarmError, TransientError
from schemas.dates import copenhagen_day, midnight, next_day

_STAND = "select begun, simulated from clock.stand"
_NOTE = "update clock.stand set begun = greatest(begun, %s)"
_SIMULATE = """
with free as (
    update clock.stand set simulated = true
    where simulated or begun is null and not exists (select from ledger.slice where day is not null) returning one
)
insert into clock.act (who, act) select %s, 'simulate' from free
"""
_LEAP = "insert into clock.act (who, act, after_day, to_day) values (%s, 'leap', %s, %s)"


class EarlyError(TransientError):
    """The day's midnight has not come by the database's clock."""


class DayError(Exception):
    """A person has given a day on which this act cannot have happened; the text says what to do."""


class Stand(NamedTuple):
    """`begun`: the last day that the clock has begun; None before the first."""

    begun: date | None
    simulated: bool


def stand(connection: Connection) -> Stand:
    """Where the clock stands."""
    row = connection.execute(_STAND).fetchone()
    connection.commit()
    if row is None:
        raise AlarmError("clock.stand has lost its row: insert (true, SIMULATED, LAST DAY).")
    return Stand(*row)


def allow(connection: Connection, day: date) -> None:
    """Raises `EarlyError` in a real database before the day's midnight."""
    known = calendar(connection)
    connection.commit()
    if not known.simulated and midnight(day) > known.now + TOLERANCE:
        raise EarlyError(
            f"{day} has not come by the database's clock, and no day begins before its midnight. If it has, set that"
            " clock right; a simulated calendar is made by `dfdg clock simulate` before the first day."
        )


def latest(connection: Connection) -> date | None:
    """The last day that a fact may be of: the day after today, or after the last one of a simulated calendar. None
    while such a calendar has no day: then nothing is ahead."""
    known = calendar(connection)
    connection.commit()
    day = known.begun if known.simulated else copenhagen_day(known.now)
    return None if day is None else next_day(day)


def act_moment(connection: Connection, day: date | None) -> datetime:
    """The moment of a person's act: now. In a simulated calendar the midnight of a `day` given by hand, up to the day
    after its last one. Raises `DayError` for any other: what is dated ahead or back would make something due early."""
    known = calendar(connection)
    connection.commit()
    if known.simulated and day is not None:
        if known.begun is not None and day > (last := next_day(known.begun)):
            raise DayError(
                f"{day} lies ahead: this simulated calendar has come to {known.begun}, so the last day for --at"
                f" is {last}. `dfdg clock to {day}` begins the days up to yours."
            )
        return midnight(day)
    if day not in (None, today := copenhagen_day(known.now)):
        raise DayError(
            f"{day} is not today, {today}. This database is real, so an act has the moment at which it is done:"
            " leave --at out. It is for a simulated calendar (`dfdg clock simulate`)."
        )
    return known.now


def note(connection: Connection, day: date) -> None:
    """Notes and commits that the days up to this one begin."""
    connection.execute(_NOTE, (day,))
    connection.commit()


def simulate(connection: Connection, who: str) -> None:
    """Makes the database's calendar a simulated one. Raises `AlarmError` once a day has begun."""
    done = connection.execute(_SIMULATE, (who,)).rowcount
    connection.commit()
    if not done:
        raise AlarmError(
            "A day has begun in this database, so its calendar is real and stays so: simulated days would delete what"
            " is not due. Take a fresh database."
        )


def leap(connection: Connection, who: str, after: date | None, to_day: date) -> None:
    """Puts on record who lets the clock begin more than two missing days."""
    connection.execute(_LEAP, (who, after, to_day))
    connection.commit()
