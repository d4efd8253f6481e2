"""A reader with SQL of its own, while faults strike: asks for plans and figures, holds locks, takes readings back.

Its provider has no referral, so nothing that becomes of anybody may change what it sees.
"""

from collections import Counter
from collections.abc import Callable

import psycopg
from psycopg import Connection, errors, sql

from tests.faults.load.country import PROVIDERS

ROLE = sql.Identifier(f"provider_p-{PROVIDERS}")
READ_EVERY = 5
"""Looks from one reading of a withheld record to the next."""

_EXPLAIN = "explain (analyze, costs off, buffers off, timing off, summary off)"
_PLANS = tuple(
    f"{_EXPLAIN} select * from provider.{view} where {column} > 'a'"
    for view, column in (("referral", "citizen"), ("citizen", "jobcentre"), ("job_wish", "text"))
)
_FIGURES = "select n_live_tup from pg_stat_user_tables"
_LOCKS = "select pg_try_advisory_lock(x'52454354'::int, slice) from generate_series(0, 7) slice"
_WAIT = "select count(*) from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))"
_WITHHELD = "select coalesce((select record from access.referral where reach = 'withheld' limit 1), 'no-such')"
_ASK = "select retention.ask_withheld('referrals', %s, 'an intruder')"
_READ = "select retention.read_withheld(%s)"
_ON_RECORD = "select number from audit.reading where number = any(%s) and why = 'an intruder'"


class Intruder:
    """`outcomes`: of its attempts, as the liar's. `tell` is told what it should not have seen or done."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.outcomes: Counter[str] = Counter()
        self._plans: dict[str, list[str]] = {}
        self._tickets: list[int] = []
        self._looks = 0

    def look(self, connection: Connection) -> None:
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(sql.SQL("set local role {}").format(ROLE))
                granted = [lock for (lock,) in connection.execute(_LOCKS).fetchall()]
                self._plan(connection)
                connection.execute("reset role")
                (waiting,) = connection.execute(_WAIT).fetchone() or (0,)
        except errors.UndefinedObject:  # its provider is not recorded yet
            return
        self.outcomes.update(("lock sent", f"lock {'passed' if all(granted) else 'refused'}"))
        if waiting:
            self._tell(f"{waiting} sessions wait for a provider's")
        self._looks += 1
        if self._looks % READ_EVERY == 0:
            self._withheld(connection)

    def _plan(self, connection: Connection) -> None:
        """Plans and the rows that they meet are the same at every moment; figures are nobody's."""
        for query in _PLANS:
            plan = [line for (line,) in connection.execute(query.encode()).fetchall()]
            self.outcomes["plan sent"] += 1
            if plan != self._plans.setdefault(query, plan):
                self._tell(f"a provider without citizens sees {plan} after {self._plans[query]}")
        try:
            with connection.transaction():
                connection.execute(_FIGURES)
            self._tell("a provider reads the figures of all tables")
        except errors.InsufficientPrivilege:
            self.outcomes["plan refused"] += 1

    def _withheld(self, connection: Connection) -> None:
        """Asks and reads in one transaction, which is refused; then reads with a ticket, and takes that back."""
        (record,) = connection.execute(_WITHHELD).fetchone() or ("",)
        with connection.transaction(force_rollback=True):
            (ticket,) = connection.execute(_ASK, (record,)).fetchone() or (0,)
            if self._read(connection, ticket):
                self._tell(f"{record} was read, and nobody knows of it")
        (ticket,) = connection.execute(_ASK, (record,)).fetchone() or (0,)
        self._tickets.append(ticket)
        self._read(connection, ticket)

    def _read(self, connection: Connection, ticket: int) -> bool:
        self.outcomes["reading sent"] += 1
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(_READ, (ticket,))
        except errors.InsufficientPrivilege:
            self.outcomes["reading refused"] += 1
            return False
        self.outcomes["reading passed"] += 1
        return True

    def judged(self, dsn: str) -> list[str]:
        """The readings that are not on record."""
        with psycopg.connect(dsn) as connection:
            known = {number for (number,) in connection.execute(_ON_RECORD, (self._tickets,)).fetchall()}
        return [f"reading {ticket} left no record" for ticket in self._tickets if ticket not in known]
