"""Lets the copies go that notices, dead letters and the journal hold, some each time a day begins (RET-8).

Years are **chosen**, for the newsletter names none: nobody needs a notice for longer than the voluntary fields of a
Joblog, nor the story of a subject for longer than its records are kept. `docs/stores.md` has a row for every store.
"""

import logging
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from psycopg import Connection, sql

from consumers.sink import Sink
from infra.ledger import Cursor
from infra.record import Arrival
from schemas.dates import midnight, next_day
from schemas.event import Caused
from schemas.retention_areas import latest_due_anchor
from schemas.topics import DAY_BEGUN

LOG = logging.getLogger(__name__)

READS = (DAY_BEGUN,)
OWNS = ()

PIECE = 10_000
"""Rows deleted in one transaction: some tenths of a second."""

KEEPER_SLICE = 0
"""These tables know no slices: one does it for all."""


class Store(NamedTuple):
    """Rows go so many years after their day; `old` is SQL, over the last day that is due or the moment it ends."""

    table: str
    years: int
    old: str


STORES = (
    Store("mailbox.notice", 4, "day <= %(day)s"),
    Store("dead_letter.letter", 1, "buried_at < %(until)s and (subject is null or status in ('applied', 'discarded'))"),
    Store("journal.entry_other", 6, "occurred_at < %(until)s"),
)
JOURNAL_YEARS = 6
"""As the longest area; a month's partition goes when all of it is so old."""

_DELETE = "delete from {table} where ctid = any(array(select ctid from {table} where {old} limit {piece}))"
_MONTHS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'journal.entry'::regclass and c.relname ~ '^entry_[0-9]{4}_[0-9]{2}$' order by c.relname limit 1
"""


def apply(_connection: Connection, _arrivals: Sequence[Arrival]) -> None:
    """A day that begins changes nothing by itself; `step` after it does."""


def step(connection: Connection, cursor: Cursor) -> list[Caused] | None:
    """One piece of what is too old on the slice's day; None when nothing is."""
    if cursor.day is None or cursor.slice != KEEPER_SLICE:
        return None
    for store in STORES:
        day = latest_due_anchor(cursor.day, store.years)
        known = {"day": day, "until": midnight(next_day(day))}
        query = _DELETE.format(table=store.table, old=store.old, piece=PIECE)
        if deleted := connection.execute(query, known).rowcount:
            LOG.info("%s rows of %s were %s years old and are deleted", deleted, store.table, store.years)
            return []
    return [] if _drop_a_month(connection, latest_due_anchor(cursor.day, JOURNAL_YEARS)) else None


def _drop_a_month(connection: Connection, day: date) -> bool:
    """The journal's oldest month, once the day after it is due: months are UTC's and end in that day's first hours."""
    (oldest,) = connection.execute(_MONTHS).fetchone() or ("",)
    if not oldest or oldest >= f"entry_{day:%Y_%m}":
        return False
    connection.execute(sql.SQL("drop table {}").format(sql.Identifier("journal", oldest)))
    LOG.info("journal.%s was %s years old and is dropped", oldest, JOURNAL_YEARS)
    return True


sink = Sink("tidying", READS, OWNS, apply, on_day=step)
