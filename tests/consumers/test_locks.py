"""What a provider holds stops nobody (ACC-1, ACC-3): locks of the engine are rows that only the engine reaches."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import Connection

from consumers.record_lock import lock_records
from infra import migrate as migrations
from infra.migrate import migrate
from infra.postgres import connect
from infra.reference.tables import lock_titles
from tests.access_builders import PROVIDER, referral
from tests.builders import CITIZEN, moment
from tests.consumers.access_lab import admitted, applied, dsn_of, seen, set_clock
from tests.consumers.batches import slice_connection, waits_inside

CANCELLED = referral("2021-06-20 09:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-20")


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """Noon of 2021-06-20; the provider has one citizen."""
    with slice_connection(database) as connection:
        set_clock(connection, moment("2021-06-20 12:00"))
        applied(connection, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"))
        yield connection


@pytest.fixture
def reader(owner: Connection) -> Iterator[Connection]:
    with admitted(owner, [PROVIDER]) as dsns, closing(psycopg.connect(dsns[PROVIDER], autocommit=True)) as session:
        yield session


def test_acc_3_whatever_a_provider_holds_its_cancellation_is_applied_and_it_reads_no_more(
    owner: Connection, reader: Connection
) -> None:
    for slice_ in range(8):
        reader.execute("select pg_advisory_lock(x'52454354'::int, %s)", (slice_,))  # what the engine once took
    for number in ("x'44464447'::int", "hashtext('reference.title_version')"):
        reader.execute(f"select pg_advisory_lock({number})".encode())
    reader.execute("begin")
    assert seen(reader) == [CITIZEN]
    owner.execute("set lock_timeout = '2s'")
    applied(owner, CANCELLED)
    with owner.transaction():
        lock_titles(owner)
        assert seen(owner, "select objid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()") == []
    assert seen(reader) == []
    assert migrate(dsn_of(owner)) > 0


def test_a_provider_reaches_no_lock_of_the_engine(reader: Connection) -> None:
    for statement in (
        "select from ledger.lock_row for update",
        "lock table ledger.lock_row",
        "lock table public.migration",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
            reader.execute(statement.encode())


def test_a_migration_ends_the_session_that_stands_in_its_way_and_no_other(
    owner: Connection, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.postgres.LOCK_WAIT_S", 0.2)
    known = list(migrations._migrations())
    more = [
        migrations._Migration(n, f"{n}_tried", f"alter table access.referral add column tried_{n} boolean".encode())
        for n in (9001, 9002)
    ]
    told: list[str] = []
    reader.execute("begin")
    assert seen(reader) == [CITIZEN]
    for count in (1, 2):
        monkeypatch.setattr(migrations, "_migrations", [*known, *more[:count]].__iter__)
        assert migrate(dsn_of(owner), told.append) == len(known) + count
    assert sorted(told) == [  # the session may be ended, and the migration done, before its end is told
        "Applied migration 9001_tried.",
        "Applied migration 9002_tried.",
        "Ended 1 sessions that stood in the way.",
    ]
    with pytest.raises(psycopg.OperationalError):
        reader.execute("select")
    assert owner.execute("select 1").fetchone() == (1,)


def test_records_of_a_slice_are_written_by_one_transaction_at_a_time_and_the_lock_leaves_nothing_behind(
    owner: Connection,
) -> None:
    size = "select pg_table_size('ledger.lock_row')"
    before = owner.execute(size).fetchone()
    for _ in range(50):
        with owner.transaction():
            lock_records(owner, {CITIZEN, "citizen-2", "citizen-3"})
    assert owner.execute(size).fetchone() == before
    with closing(connect(dsn_of(owner), "test")) as other, waits_inside(owner, lambda: lock_records(other, {CITIZEN})):
        lock_records(owner, {CITIZEN})
