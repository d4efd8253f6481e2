"""Dead letters as operators see and choose them, never their contents; and the operator commands for them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg import Connection

from infra.dead_letters.store import TOO_MANY
from schemas.dates import COPENHAGEN

OPEN, SETTLED = ("new",), ("applied", "discarded")

PARKED_ALARM = timedelta(hours=1)
"""How long a key may be parked before it is an alarm (chosen): its subject's rights stand still meanwhile."""

_CHOSEN = """
status = any(%(statuses)s) and (%(letter)s::bigint is null or id = %(letter)s)
and (%(consumer)s::text is null or consumer = %(consumer)s) and (%(topic)s::text is null or topic = %(topic)s)
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
_TOTALS = f"""
select count(*), count(*) filter (where {_CHOSEN}),
    count(*) filter (where status = 'new' and subject is not null and {_CHOSEN})
from dead_letter.letter where status <> 'waiting'
"""
_COMMAND = """
insert into dead_letter.act (consumer, slice, act, letter, who, due_at)
select consumer, partition, %(act)s, id, %(who)s,
    clock_timestamp() + (row_number() over (order by id) - 1) / %(rate)s::float * interval '1 second'
from dead_letter.letter where id = any(%(letters)s) and status = 'new' on conflict do nothing
"""
_STOPPED = """
select slice from ledger.slice where consumer = %(consumer)s and position(%(alarm)s in alarm) > 0 order by slice
"""
_ACCEPT = """
insert into dead_letter.act (consumer, slice, act, topic, letters, who)
select %(consumer)s, unnest(%(slices)s::int[]), 'accept', %(topic)s, %(letters)s, %(who)s
"""
_PARKED = """
select consumer, partition, count(*), min(buried_at), min(buried_at) <= clock_timestamp() - %(limit)s::interval
from dead_letter.letter where status = 'new' and subject is not null and consumer = coalesce(%(consumer)s, consumer)
group by consumer, partition order by consumer, partition
"""
_COMMANDS = "select act, who, asked_at, due_at, outcome, done_at from dead_letter.act where letter = %s order by id"


class Chosen(NamedTuple):
    """The dead letters that are meant. A field that is None excludes none of them."""

    letter: int | None = None
    consumer: str | None = None
    topic: str | None = None
    reason: str | None = None
    key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ANY = Chosen()


class Totals(NamedTuple):
    """How many letters there are, how many of them are chosen, and behind how many of these their keys are parked."""

    all: int
    chosen: int
    parked: int


class DeadLetterSummary(NamedTuple):
    """One dead letter: when it was stored, its consumer, its position and its reason, but not its contents.
    `parks`: its key is parked, and `waiting` records of that key wait behind it."""

    id: int
    buried_at: datetime
    consumer: str
    topic: str
    partition: int
    offset: int
    status: str
    reason: str
    parks: bool
    waiting: int


class Parked(NamedTuple):
    """Keys of one slice whose records wait. `since`: when the oldest letter that parks one was stored; `overdue`: that
    was `PARKED_ALARM` ago, or longer."""

    consumer: str
    slice: int
    keys: int
    since: datetime
    overdue: bool

    def __str__(self) -> str:
        return (
            f"{self.consumer}/{self.slice}: {self.keys} keys are parked, since"
            f" {self.since.astimezone(COPENHAGEN):%F %T}: what concerns them waits, access and deletions too. See"
            f" `dfdg dead-letters list --consumer {self.consumer} --status new`; re-drive or discard the letters."
        )


class CommandRecord(NamedTuple):
    """One operator command for a dead letter, its operator (`who`) and its outcome."""

    act: str
    who: str
    asked_at: datetime
    due_at: datetime
    outcome: str | None
    done_at: datetime | None


def letters(
    connection: Connection, chosen: Chosen, limit: int, statuses: Sequence[str] = (*OPEN, *SETTLED)
) -> list[DeadLetterSummary]:
    """The newest of the chosen dead letters, `limit` at most."""
    known = chosen._asdict() | {"limit": limit, "statuses": list(statuses)}
    return [DeadLetterSummary(*row) for row in connection.execute(_LETTERS, known).fetchall()]


def totals(connection: Connection, chosen: Chosen = ANY, statuses: Sequence[str] = (*OPEN, *SETTLED)) -> Totals:
    """Counted, so that no limit of a list changes them."""
    known = chosen._asdict() | {"statuses": list(statuses)}
    return Totals(*(connection.execute(_TOTALS, known).fetchone() or (0, 0, 0)))


def command(connection: Connection, act: str, ids: Collection[int], who: str, rate: float) -> int:
    """Gives a command for each of these dead letters, `rate` a second; returns how many were given. A dead letter that
    has a command waiting already is passed over."""
    known = {"act": act, "letters": list(ids), "who": who, "rate": rate}
    return connection.execute(_COMMAND, known).rowcount


def accept(connection: Connection, consumer: str, topic: str, count: int, who: str, dry_run: bool) -> list[int]:
    """Lets `count` more dead letters of the topic through in each slice that they have stopped; returns those
    slices."""
    rows = connection.execute(_STOPPED, {"consumer": consumer, "alarm": f"{TOO_MANY} {topic}:"}).fetchall()
    slices = [slice_ for (slice_,) in rows]
    if not dry_run:
        known = {"consumer": consumer, "slices": slices, "topic": topic, "letters": count, "who": who}
        connection.execute(_ACCEPT, known)
    return slices


def commands(connection: Connection, letter: int) -> list[CommandRecord]:
    """Every operator command that was ever given for the dead letter, oldest first."""
    return [CommandRecord(*row) for row in connection.execute(_COMMANDS, (letter,)).fetchall()]


def parked(connection: Connection, consumer: str | None = None) -> list[Parked]:
    """The slices in which keys are parked; of one consumer, or of all."""
    known = {"consumer": consumer, "limit": PARKED_ALARM}
    return [Parked(*row) for row in connection.execute(_PARKED, known).fetchall()]
