"""The users of each function of JobKon (JKO-3)."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from psycopg import Connection

from consumers.sink import Sink
from infra.arrays import dates, texts
from infra.engine.record import IncomingEvent
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
_USAGE = "select requester, function, last_used from jobkon.usage order by function, last_used desc, requester"


class Usage(NamedTuple):
    """A user's last use of a function, within the last 90 days."""

    user: str
    function: str
    last_used: date


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Write each granted request as the last use; each slice forgets its own old uses when a day begins."""
    for day, some in groupby(incoming_events, lambda incoming: incoming.topic is DAY_BEGUN):
        batch = list(some)
        if day:
            _forget(connection, batch[-1])
        else:
            _write(connection, batch)


def usage(connection: Connection) -> list[Usage]:
    """Every user's last use, by function."""
    return [Usage(*row) for row in connection.execute(_USAGE).fetchall()]


def _write(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    last: dict[tuple[str, str], date] = {}
    for incoming in incoming_events:
        assert isinstance(incoming.event, JobkonFunctionAnswered)  # by its topic; only mypy needs to be told
        if incoming.event.granted:
            key = incoming.event.requester, incoming.event.function
            last[key] = max(incoming.event.day, last.get(key, incoming.event.day))
    if last:
        rows = (texts(user for user, _ in last), texts(function for _, function in last), dates(last.values()))
        connection.execute(_WRITE, (incoming_events[0].slice, *rows))


def _forget(connection: Connection, begun: IncomingEvent) -> None:
    assert isinstance(begun.event, DayBegun)  # by its topic
    still = begun.event.day_begun - timedelta(days=USED_WITHIN_DAYS)
    connection.execute(_FORGET, (begun.slice, still))


sink = Sink("jobkon-usage", READS, OWNS, apply)
