"""How retention stands, for an operator: counted from the tables, outside the job that deletes (RET-9)."""

from datetime import date
from typing import NamedTuple

from psycopg import Connection

_DAY = "select min(day) from ledger.slice where consumer = 'registers'"
_AREAS = "select area, outcome, records, overdue, oldest_due from retention.standing(%s)"
_ALARMS = "select alarm from retention.ageing where alarm is not null and day = %s order by area, slice"
_COUNTS = """
select (select count(*) from retention.hold), (select count(*) from retention.receipt),
    (select count(*) from retention.reading)
"""


class Area(NamedTuple):
    """Records past their deadline. `outcome`: goes, or why it does not; `overdue`: due before the day at hand."""

    area: str
    outcome: str
    records: int
    overdue: int
    oldest_due: date


class Standing(NamedTuple):
    """`day`: the last one that every slice of the registers has begun; None before the first."""

    day: date | None
    areas: list[Area]
    alarms: list[str]
    holds: int
    receipts: int
    readings: int


def standing(connection: Connection) -> Standing:
    """How retention stands now. No record is past its deadline before any day has begun."""
    (day,) = connection.execute(_DAY).fetchone() or (None,)
    areas = [Area(*row) for row in connection.execute(_AREAS, (day,)).fetchall()] if day else []
    alarms = [alarm for (alarm,) in connection.execute(_ALARMS, (day,)).fetchall()]
    holds, receipts, readings = connection.execute(_COUNTS).fetchone() or (0, 0, 0)
    return Standing(day, areas, alarms, holds, receipts, readings)
