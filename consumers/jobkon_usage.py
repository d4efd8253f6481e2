"""Who still uses which function of JobKon (JKO-3)."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from psycopg import Connection

from consumers.sink import Sink
from infra.postgres import dates, texts
from infra.record import Arrival
from schemas.clock import DayBegun
from schemas.jobkon import USED_WITHIN_DAYS, JobkonFunctionAnswered
from schemas.topics import DAY_BEGUN, JOBKON_FUNCTION_ANSWERED

READS = (DAY_BEGUN, JOBKON_FUNCTION_ANSWERED)
OWNS = ("jobkon.usage",)

_WRITE = """
insert into jobkon.usage (slice, requester, function, last_used)
select %s, * from unnest(%b::text[], %b::text[], %b::date[])
on conflict (requester, function) do update set last_used = greatest(jobkon.usage.last_used, excluded.last_used)
"""
_FORGET = "delete from jobkon.usage where slice = %s and last_used < %s"
_WHO = "select requester, function, last_used from jobkon.usage order by function, last_used desc, requester"


class Usage(NamedTuple):
    """A user's last use of a function, within the last 90 days."""

    user: str
    function: str
    last_used: date


def apply(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Put down each granted request as the last use; each slice forgets its own old ones when a day begins."""
    for day, some in groupby(arrivals, lambda arrival: arrival.topic is DAY_BEGUN):
        batch = list(some)
        if day:
            _forget(connection, batch[-1])
        else:
            _put_down(connection, batch)


def usage(connection: Connection) -> list[Usage]:
    """All that is known, by function."""
    return [Usage(*row) for row in connection.execute(_WHO).fetchall()]


def _put_down(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    last: dict[tuple[str, str], date] = {}
    for arrival in arrivals:
        assert isinstance(arrival.event, JobkonFunctionAnswered)  # by its topic; only mypy needs to be told
        if arrival.event.granted:
            key = arrival.event.requester, arrival.event.function
            last[key] = max(arrival.event.day, last.get(key, arrival.event.day))
    if last:
        rows = (texts(user for user, _ in last), texts(function for _, function in last), dates(last.values()))
        connection.execute(_WRITE, (arrivals[0].slice, *rows))


def _forget(connection: Connection, begun: Arrival) -> None:
    assert isinstance(begun.event, DayBegun)  # by its topic
    still = begun.event.day_begun - timedelta(days=USED_WITHIN_DAYS)
    connection.execute(_FORGET, (begun.slice, still))


sink = Sink("jobkon-usage", READS, OWNS, apply)
