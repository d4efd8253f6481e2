"""Deletes the old copies in notices, dead letters and the journal, in pieces when a day begins (RET-8).

Years are **chosen**, for the newsletter names none: nobody needs a notice for longer than the voluntary fields of a
Joblog, nor the story of a subject for longer than its records are kept. `docs/stores.md` has a row for every store.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from psycopg import Connection, sql

from consumers.sink import Sink
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from schemas.dates import midnight, next_day
from schemas.event import ProducedEvent
from schemas.retention_areas import latest_due_anchor
from schemas.topics import DAY_BEGUN

LOG = get_logger(__name__)

READS = (DAY_BEGUN,)
OWNS = ()

PIECE = 10_000
"""Rows deleted in one transaction: some tenths of a second."""

KEEPER_SLICE = 0
"""These tables have no slices, so one slice does the work for all."""


class Store(NamedTuple):
    """Rows go `years` after their day. `old` is SQL over `day`, the last day that is due, or `until`, the end of it."""

    table: str
    years: int
    old: str


STORES = (
    Store("mailbox.notice", 4, "day <= %(day)s"),
    Store("dead_letter.letter", 1, "buried_at < %(until)s and (subject is null or status in ('applied', 'discarded'))"),
    Store("journal.entry_other", 6, "occurred_at < %(until)s"),
)
JOURNAL_YEARS = 6
"""As long as the longest area. A month's partition goes when all of it is so old."""

_DELETE = "delete from {table} where ctid = any(array(select ctid from {table} where {old} limit {piece}))"
_MONTHS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'journal.entry'::regclass and c.relname ~ '^entry_[0-9]{4}_[0-9]{2}$' order by c.relname limit 1
"""


def apply(_connection: Connection, _incoming_events: Sequence[IncomingEvent]) -> None:
    """A day that begins changes nothing by itself; `step` after it does."""


def step(connection: Connection, cursor: Cursor) -> list[ProducedEvent] | None:
    """Deletes one piece of the rows that are too old on the slice's day; None when there are none."""
    if cursor.day is None or cursor.slice != KEEPER_SLICE:
        return None
    for store in STORES:
        day = latest_due_anchor(cursor.day, store.years)
        known = {"day": day, "until": midnight(next_day(day))}
        query = _DELETE.format(table=store.table, old=store.old, piece=PIECE)
        if deleted := connection.execute(query, known).rowcount:
            LOG.info("old rows are deleted", consumer="tidying", table=store.table, rows=deleted, years=store.years)
            return []
    return [] if _drop_a_month(connection, latest_due_anchor(cursor.day, JOURNAL_YEARS)) else None


def _drop_a_month(connection: Connection, day: date) -> bool:
    """The journal's oldest month, once the day after it is due: months are UTC's and end in that day's first hours."""
    (oldest,) = connection.execute(_MONTHS).fetchone() or ("",)
    if not oldest or oldest >= f"entry_{day:%Y_%m}":
        return False
    connection.execute(sql.SQL("drop table {}").format(sql.Identifier("journal", oldest)))
    LOG.info("an old partition of the journal is dropped", consumer="tidying", table=str(oldest), years=JOURNAL_YEARS)
    return True


sink = Sink("tidying", READS, OWNS, apply, on_day=step, sweeps=True)
