"""Dead letters as operators see and choose them, never their contents; and the orders that they give."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection

from infra.dead_letters import TOO_MANY

OPEN, SETTLED = ("new",), ("applied", "discarded")

_CHOSEN = """
status = any(%(statuses)s) and (%(letter)s::bigint is null or id = %(letter)s)
and (%(group)s::text is null or consumer = %(group)s) and (%(topic)s::text is null or topic = %(topic)s)
and (%(reason)s::text is null or position(lower(%(reason)s) in lower(reason)) > 0)
and (%(key)s::text is null or key = convert_to(%(key)s, 'utf8'))
and (%(since)s::timestamptz is null or buried_at >= %(since)s)
and (%(until)s::timestamptz is null or buried_at < %(until)s)
"""
_LETTERS = f"""
select id, buried_at, consumer, topic, partition, at_offset, status, reason, status = 'new' and subject is not null,
    case when status = 'new' then (select count(*) from dead_letter.letter w
        where w.consumer = l.consumer and w.subject = l.subject and w.status = 'waiting') else 0 end
from dead_letter.letter l where {_CHOSEN} order by id desc limit %(limit)s
"""
_TOTAL = "select count(*) from dead_letter.letter where status <> 'waiting'"
_PLACE = """
insert into dead_letter.act (consumer, slice, act, letter, who, due_at)
select consumer, partition, %(act)s, id, %(who)s,
    clock_timestamp() + (row_number() over (order by id) - 1) / %(rate)s::float * interval '1 second'
from dead_letter.letter where id = any(%(letters)s) and status = 'new' on conflict do nothing
"""
_STOPPED = """
select slice from ledger.slice where consumer = %(group)s and position(%(alarm)s in alarm) > 0 order by slice
"""
_ACCEPT = """
insert into dead_letter.act (consumer, slice, act, topic, letters, who)
select %(group)s, unnest(%(slices)s::int[]), 'accept', %(topic)s, %(letters)s, %(who)s
"""
_ORDERS = "select act, who, asked_at, due_at, outcome, done_at from dead_letter.act where letter = %s order by id"
# What waits has not been applied, so it is not newer than the letter in the eyes of its consumer.
_NEWER = """
select count(*) from journal.entry e
where e.subject = %(subject)s and e.type = any(%(types)s) and e.occurred_at > %(at)s and not exists (
    select from dead_letter.letter w where w.consumer = %(group)s and w.subject = e.subject
    and w.status in ('new', 'waiting') and w.event_id = e.event_id)
"""


class Chosen(NamedTuple):
    """Which letters are meant; None: no matter which."""

    letter: int | None = None
    group: str | None = None
    topic: str | None = None
    reason: str | None = None
    key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Letter(NamedTuple):
    """One dead letter: when, whose, where it was, and why; not what it holds. `parks`: its key waits behind it, with
    so many `waiting` records."""

    id: int
    buried_at: datetime
    group: str
    topic: str
    partition: int
    offset: int
    status: str
    reason: str
    parks: bool
    waiting: int


class Given(NamedTuple):
    """One order for a letter, who gave it, and what came of it."""

    act: str
    who: str
    asked_at: datetime
    due_at: datetime
    outcome: str | None
    done_at: datetime | None


def letters(
    connection: Connection, chosen: Chosen, limit: int, statuses: Sequence[str] = (*OPEN, *SETTLED)
) -> list[Letter]:
    """The newest of the chosen letters, `limit` at most."""
    known = chosen._asdict() | {"limit": limit, "statuses": list(statuses)}
    return [Letter(*row) for row in connection.execute(_LETTERS, known).fetchall()]


def total(connection: Connection) -> int:
    (count,) = connection.execute(_TOTAL).fetchone() or (0,)
    return int(count)


def place(connection: Connection, act: str, ids: Collection[int], who: str, rate: float) -> int:
    """Order it for these letters, so many a second; returns for how many. What is ordered already is passed over."""
    known = {"act": act, "letters": list(ids), "who": who, "rate": rate}
    return connection.execute(_PLACE, known).rowcount


def accept(connection: Connection, group: str, topic: str, count: int, who: str, dry_run: bool) -> list[int]:
    """Let so many more dead letters of the topic through in each slice that they have stopped; returns the slices."""
    rows = connection.execute(_STOPPED, {"group": group, "alarm": f"{TOO_MANY} {topic}:"}).fetchall()
    slices = [slice_ for (slice_,) in rows]
    if not dry_run:
        known = {"group": group, "slices": slices, "topic": topic, "letters": count, "who": who}
        connection.execute(_ACCEPT, known)
    return slices


def orders(connection: Connection, letter: int) -> list[Given]:
    """All that was ever ordered for the letter."""
    return [Given(*row) for row in connection.execute(_ORDERS, (letter,)).fetchall()]


def newer(connection: Connection, group: str, subject: str, types: Sequence[str], at: datetime) -> int:
    """How many facts of the subject, of what the group reads, were recorded later and are applied already."""
    known = {"group": group, "subject": subject, "types": list(types), "at": at}
    (count,) = connection.execute(_NEWER, known).fetchone() or (0,)
    return int(count)
