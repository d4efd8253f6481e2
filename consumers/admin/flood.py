"""An operator's acts about a flood: list, release or discard held notices, announce a night beforehand (CV-6)."""

from datetime import date
from typing import NamedTuple

from psycopg import Connection

MOVED_AT_ONCE = 10_000
"""Notices that one transaction releases or discards: well under a second."""


class FloodError(Exception):
    """The command does not fit the state of the flood; the text says which one does."""


class Held(NamedTuple):
    """Notices of one reason and day that are held. `status`: holding, or decided but not run to its end."""

    reason: str
    day: date
    held: int
    notices: int
    ceiling: int
    status: str


_HELD = """
select reason, day, held, count.notices, alarm.ceiling, count.status
from (select reason, day, count(*) as held from mailbox.notice where status = 'held' group by reason, day) as held
join flood.count as count using (reason, day) join flood.alarm as alarm using (reason, day) order by day, reason
"""
_STATUS = "select status from flood.count where reason = %s and day = %s for update"
_HOW_MANY = "select count(*) from mailbox.notice where status = 'held' and reason = %s and day = %s"
_DECIDE = "update flood.count set status = %s where reason = %s and day = %s"
_AUDIT = "insert into flood.action (who, action, reason, day, notices, ceiling) values (%s, %s, %s, %s, %s, %s)"
_MOVE = """
update mailbox.notice set status = %s where status = 'held' and id in (
    select id from mailbox.notice where status = 'held' and reason = %s and day = %s order by number limit %s)
"""
_BEGIN_COUNT = "insert into flood.count (reason, day, notices) values (%s, %s, 0) on conflict do nothing"
_ANNOUNCE = """
insert into flood.announced as a (reason, day, ceiling) values (%s, %s, %s)
on conflict (reason, day) do update set ceiling = excluded.ceiling where a.ceiling <> excluded.ceiling
"""


def held(connection: Connection) -> list[Held]:
    """Every flood that has notices held, oldest day first."""
    return [Held(*row) for row in connection.execute(_HELD).fetchall()]


def release(connection: Connection, reason: str, day: date, who: str, *, dry_run: bool = False) -> int:
    """Deliver held notices, and all that still come of that reason and day; returns how many were (would be) held.

    A second call goes on where the first was interrupted, else it changes nothing. Raises `FloodError` when no notice
    is held.
    """
    return _decide(connection, "release", ("released", "delivered"), (reason, day), who, dry_run)


def discard(connection: Connection, reason: str, day: date, who: str, *, dry_run: bool = False) -> int:
    """Like `release`, but no recipient ever sees them: they stay in the table as discarded."""
    return _decide(connection, "discard", ("discarded", "discarded"), (reason, day), who, dry_run)


def announce(connection: Connection, reason: str, day: date, ceiling: int, who: str) -> None:
    """Set the ceiling of one reason on one day beforehand; the same again changes nothing.

    Raises `FloodError` when that day's notices are held already, or were: then it is too late.
    """
    if ceiling < 0:
        raise FloodError(f"A ceiling of {ceiling} is none: give 0, which delivers nothing, or more.")
    _check(who)
    with connection.transaction():
        connection.execute(_BEGIN_COUNT, (reason, day))  # so that there is a row to lock: a slice may be counting
        (status,) = connection.execute(_STATUS, (reason, day)).fetchone() or ("open",)
        if status != "open":
            raise FloodError(f"Too late: {reason} on {day} is {status} already. Release or discard what is held.")
        if connection.execute(_ANNOUNCE, (reason, day, ceiling)).rowcount:
            connection.execute(_AUDIT, (who, "announce", reason, day, None, ceiling))


def _decide(
    connection: Connection, action: str, ends: tuple[str, str], flood: tuple[str, date], who: str, dry_run: bool
) -> int:
    """Decide under the lock of the counts, so that no slice holds notices afterwards; then move the notices.

    They move in bounded pieces, in order; `mailbox.visible` keeps newer ones waiting behind those still held.
    """
    decided, moved = ends
    _check(who)
    with connection.transaction():
        (status,) = connection.execute(_STATUS, flood).fetchone() or ("open",)
        if status not in ("holding", decided):
            raise FloodError(f"Nothing to {action}: {flood[0]} on {flood[1]} is {status}, not holding.")
        (waiting,) = connection.execute(_HOW_MANY, flood).fetchone() or (0,)
        if dry_run:
            return int(waiting)
        if status == "holding":
            connection.execute(_DECIDE, (decided, *flood))
            connection.execute(_AUDIT, (who, action, *flood, waiting, None))
    while _move(connection, moved, flood):
        pass
    return int(waiting)


def _move(connection: Connection, status: str, flood: tuple[str, date]) -> int:
    with connection.transaction():
        return connection.execute(_MOVE, (status, *flood, MOVED_AT_ONCE)).rowcount


def _check(who: str) -> None:
    if not who.strip():
        raise FloodError("Say who you are: every decision about a flood is recorded with a name.")
