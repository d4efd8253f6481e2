"""Servers for the tests: started once per run, or those that DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN name together."""

import os
import secrets
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.local import Addresses, Stack
from infra.postgres import migrate
from infra.records import come_home

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
def migrated(addresses: Addresses) -> Iterator[str]:
    """The DSN of a migrated database that is only copied: migrating for each test would take most of the run."""
    with new_database(addresses) as dsn:
        migrate(dsn)
        yield dsn


@pytest.fixture
def database(addresses: Addresses, migrated: str) -> Iterator[str]:
    """The DSN of a new, migrated database on the run's server; it is dropped when the test ends."""
    with new_database(addresses, of=migrated) as dsn:
        with psycopg.connect(dsn) as connection:
            come_home(connection)  # a copy looks like a restored backup, and this one has nothing to replay
        yield dsn


@contextmanager
def new_database(addresses: Addresses, of: str = "") -> Iterator[str]:
    """The DSN of a new database: empty, or a copy of another."""
    name, model = f"test_{secrets.token_hex(8)}", conninfo_to_dict(of)["dbname"] if of else "template1"
    with psycopg.connect(addresses.dsn, autocommit=True) as server:
        query = sql.SQL("create database {} template {}")
        server.execute(query.format(sql.Identifier(name), sql.Identifier(str(model))))
    try:
        yield make_conninfo(addresses.dsn, dbname=name)
    finally:  # on a new connection: the test may have restarted the server
        with psycopg.connect(addresses.dsn, autocommit=True) as server:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
