"""A consumer at work in this process, and its batch log played once more into a fresh database."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from psycopg import Connection, sql

from consumers.record_lock import confirm_restore, deleted_for_good
from consumers.sink import Sink, SinkHost
from infra.cli import catalog
from infra.consumer_group import transaction_of
from infra.engine.consumer import Wiring
from infra.postgres import connect
from infra.recovery.replay import replay
from infra.registry import Registry
from tests.conftest import new_database
from tests.integration.system import System, wait_for

OWNED = {table for sink in catalog.SINKS for table in sink.owns}
DIFFERS = {
    "ledger.slice": ("epoch", "owner"),
    "ledger.inbox": ("arrived",),
    "ledger.batch": ("applied_at",),
    "dead_letter.letter": ("id", "buried_at"),
    "mailbox.notice": ("number", "received_at"),
    "flood.alarm": ("id", "at"),
    "audit.replaced_title": ("number",),
    "retention.home": ("place", "at"),
    "public.migration": ("applied_at",),
}
"""Who was at work, this machine's clock, and counters that all slices share: they tell the order of commits."""

TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1, 2
"""


def wiring_of(system: System) -> Wiring:
    """What consumers need that work in this process."""
    registry = Registry(system.addresses.registry)
    return Wiring(replace(system.addresses, dsn=system.dsn), registry, {}, deleted_for_good, catalog.sources())


@contextmanager
def at_work(system: System, sink: Sink) -> Iterator[None]:
    """The sink works in this process until the end of the block."""
    host = SinkHost(wiring_of(system))
    host.start(sink)
    try:
        yield
    finally:
        host.stop()


def drain(system: System, sink: Sink) -> None:
    """The sink works in this process until it has read everything."""
    with at_work(system, sink):
        wait_for("everything drained", lambda: system.drained(None))


@contextmanager
def replayed(system: System, sink: Sink, migrated: str) -> Iterator[tuple[Connection, Connection]]:
    """The batch log is played once more with this sink, into a copy of the database `migrated`; gives the system's
    database and the new one."""
    wiring = wiring_of(system)
    with (
        new_database(migrated, of=migrated) as fresh,
        closing(connect(system.dsn, "test")) as old,
        closing(connect(fresh, "test")) as new,
    ):
        old.autocommit = new.autocommit = True
        confirm_restore(new)
        kafka = system.addresses.kafka
        replay(old, new, kafka, [sink], lambda each: transaction_of(each, wiring), OWNED, lambda *_: None)
        yield old, new


def assert_same(old: Connection, new: Connection, but: str = "") -> None:
    """Every table has the same rows, but for what `DIFFERS` and the one table that is named."""
    for schema, name in old.execute(TABLES).fetchall():
        if f"{schema}.{name}" == but:
            continue
        lost, made = Counter(rows(old, schema, name)), Counter(rows(new, schema, name))
        lost, made = lost - made, made - lost
        assert not lost, f"{schema}.{name} lacks {len(lost)}, first {next(iter(lost))}; has {next(iter(made), None)}"
        assert not made, f"{schema}.{name} has {len(made)} too many, first {next(iter(made))}"


def rows(connection: Connection, schema: str, name: str) -> list[str]:
    """The table's rows as texts, without what `DIFFERS`."""
    query = sql.SQL("select (to_jsonb(t) - %s::text[])::text from {} t order by 1").format(sql.Identifier(schema, name))
    return [row for (row,) in connection.execute(query, (list(DIFFERS.get(f"{schema}.{name}", ())),))]
