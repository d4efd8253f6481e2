"""How retention stands, for an operator: counted from the tables, outside the job that deletes (RET-9)."""

from datetime import date
from typing import NamedTuple

from psycopg import Connection

_DAY = "select min(day) from ledger.slice where consumer = 'registers'"
_AREAS = "select area, outcome, records, overdue, oldest_due from retention.standing(%s)"
_ALARMS = "select alarm from retention.ageing where alarm is not null and day = %s order by area, slice"
_READINGS = "select readings, hash, broken from audit.readings()"
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
    """`day`: the last one that every slice of the registers has begun; None before the first.

    `record_of_readings`: the end of the chain of all who read about a person, as number/hash: keep it apart.
    """

    day: date | None
    areas: list[Area]
    alarms: list[str]
    holds: int
    receipts: int
    readings: int
    record_of_readings: str


def standing(connection: Connection) -> Standing:
    """How retention stands now. No record is past its deadline before any day has begun."""
    (day,) = connection.execute(_DAY).fetchone() or (None,)
    areas = [Area(*row) for row in connection.execute(_AREAS, (day,)).fetchall()] if day else []
    alarms = [alarm for (alarm,) in connection.execute(_ALARMS, (day,)).fetchall()]
    holds, receipts, readings = connection.execute(_COUNTS).fetchone() or (0, 0, 0)
    number, last, broken = connection.execute(_READINGS).fetchone() or (0, "", None)
    if broken is not None:
        alarms.append(
            f"the record of readings was changed: row {broken} of audit.reading does not follow from the one before."
            " Ask who may act as a superuser, and compare with the ends of the chain that were kept apart."
        )
    return Standing(day, areas, alarms, holds, receipts, readings, f"{number}/{last}")
