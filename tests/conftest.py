"""Servers for the tests: started once, or those that DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN name together.

`make test` shares the files out between two processes, and each has servers of its own, which its tests may kill.
"""

import os
import secrets
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from consumers.record_lock import confirm_restore
from infra.addresses import Addresses
from infra.local import Stack
from infra.migrate import migrate
from producers.calendar import simulate
from tests.lone_postgres import lone_postgres

hypothesis.settings.register_profile("ours", deadline=None)  # no test asserts a wall-clock time
hypothesis.settings.load_profile("ours")
os.environ.pop("COLUMNS", None)  # pytest-xdist says 80 to its processes, which would hold against what a test says
OTHERS = tuple(os.environ.get(name, "") for name in ("DFDG_KAFKA", "DFDG_REGISTRY", "DFDG_DSN"))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Our own servers, one broker, which a test may kill and start; up when the test begins, and left up by it."""
    if all(OTHERS):
        pytest.skip("needs servers that it may kill, but DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN name somebody else's")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is told to end takes its servers along
    own = Stack(Path(tempfile.mkdtemp(prefix="dfdg-test-", dir="/tmp")))  # short, and open to PostgreSQL's system user
    try:
        own.up()
        yield own
    finally:
        own.remove()


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest) -> Addresses:
    """Where the servers of this run are."""
    if all(OTHERS):
        return Addresses(*OTHERS)
    own: Stack = request.getfixturevalue("stack")
    return own.up()  # a second time, which is harmless


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a PostgreSQL that no test ends."""
    with nullcontext(OTHERS[-1]) if all(OTHERS) else lone_postgres() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def migrated(postgres: str) -> Iterator[str]:
    """The DSN of a migrated database that is only copied: migrating for each test would take longer."""
    with _migrated(postgres) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def migrated_in_stack(stack: Stack) -> Iterator[str]:
    """The same on the server that tests may kill."""
    with _migrated(stack.up().dsn) as dsn:
        yield dsn


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The DSN of a new, migrated database, dropped when the test ends: on the stack's server if the test names it."""
    of: str = request.getfixturevalue("migrated_in_stack" if "stack" in request.fixturenames else "migrated")
    with new_database(of, of=of) as dsn:
        with psycopg.connect(dsn) as connection:
            confirm_restore(connection)  # a copy looks like a restored backup, and this one has nothing to replay
        yield dsn


@contextmanager
def _migrated(server: str) -> Iterator[str]:
    with new_database(server) as dsn:
        migrate(dsn)
        with psycopg.connect(dsn) as connection:
            simulate(connection, "test")  # tests play years in seconds, and some lie ahead: see `real_database`
        yield dsn


@contextmanager
def new_database(server: str, of: str = "") -> Iterator[str]:
    """The DSN of a new database on the server of that DSN: empty, or a copy of another."""
    name, model = f"test_{secrets.token_hex(8)}", conninfo_to_dict(of)["dbname"] if of else "template1"
    with _maintenance(server) as connection:
        # Copying files is quicker than writing all of a copy to the log first, as a busy server does.
        query = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(query.format(sql.Identifier(name), sql.Identifier(str(model))))
    try:
        yield make_conninfo(server, dbname=name)
    finally:  # on a new connection: the test may have restarted the server
        with _maintenance(server) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _maintenance(server: str) -> psycopg.Connection:
    """To a database that is never a model: a model in use cannot be copied."""
    return psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True)
