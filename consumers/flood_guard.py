"""The flood guard: no more notices of one reason are delivered on one day than its ceiling (CV-6)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from psycopg import Connection

from infra.arrays import dates, texts
from infra.log import get_logger

LOG = get_logger(__name__)


class Flood(NamedTuple):
    """The notices of one reason on one Copenhagen day, which are counted together."""

    reason: str
    day: date


class Admitted(NamedTuple):
    """The first `within` notices are delivered; the others get the status `beyond`."""

    within: int
    beyond: str


_COUNT = """
insert into flood.count (reason, day, notices)
select * from unnest(%b::text[], %b::date[], %b::text[]::int[]) order by 1, 2
on conflict (reason, day) do update set notices = flood.count.notices + excluded.notices
returning reason, day, notices, status
"""
# A statement of its own: it begins when the counts are locked, so it sees ceilings that were announced before.
_CEILINGS = """
select coalesce(announced.ceiling, own.ceiling, others.ceiling, 0)
from unnest(%b::text[], %b::date[]) with ordinality as asked (reason, day, place)
left join flood.announced using (reason, day)
left join flood.ceiling own using (reason)
left join flood.ceiling others on others.reason = '*'
order by place
"""
_HOLD = "update flood.count set status = 'holding' where reason = %s and day = %s"
_ALARM = "insert into flood.alarm (reason, day, notices, ceiling) values (%s, %s, %s, %s)"


def admit(connection: Connection, wanted: Mapping[Flood, int]) -> dict[Flood, Admitted]:
    """Count that many more notices of each flood, and return how many of them are delivered.

    Locks the counts until the transaction ends, in one order for all slices, so call it last. Without any ceiling, not
    even `*`, nothing is delivered.
    """
    added = (texts(reason for reason, _ in wanted), dates(day for _, day in wanted), texts(map(str, wanted.values())))
    counted = connection.execute(_COUNT, added).fetchall()
    asked = (texts(reason for reason, *_ in counted), dates(day for _, day, *_ in counted))
    ceilings = connection.execute(_CEILINGS, asked).fetchall()
    admitted = {}
    for (reason, day, notices, status), (ceiling,) in zip(counted, ceilings, strict=True):
        flood = Flood(reason, day)
        admitted[flood] = _admitted(status, wanted[flood], notices, ceiling)
        if status == "open" and notices > ceiling:
            _hold(connection, flood, notices, ceiling)
    return admitted


def _admitted(status: str, asked: int, notices: int, ceiling: int) -> Admitted:
    if status == "open":
        return Admitted(min(asked, max(0, ceiling - (notices - asked))), "held")
    if status == "holding":
        return Admitted(0, "held")
    return Admitted(asked, "delivered") if status == "released" else Admitted(0, "discarded")


def _hold(connection: Connection, flood: Flood, notices: int, ceiling: int) -> None:
    connection.execute(_HOLD, flood)
    connection.execute(_ALARM, (*flood, notices, ceiling))
    LOG.error(
        "ALARM flood: %s notices of reason %s on %s, the ceiling is %s. What is beyond it is held, nothing is lost."
        " Look at `dfdg flood list`; were they meant: `dfdg flood release %s %s --who NAME`, else `discard` instead.",
        notices,
        *flood,
        ceiling,
        *flood,
    )
