"""PostgreSQL: connections, the migrations, and lists of ids as one binary value."""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from importlib.resources import files
from typing import NamedTuple

import psycopg
from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg_pool import ConnectionPool

from infra.errors import AlarmError
from infra.local.process import Say, silent

CONNECT_TIMEOUT_S = 10
_LOCK = 0x44464447  # "DFDG": any number will do, if every migration takes the same
_TABLE = """
create table if not exists public.migration (
    number int primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
)
"""


def connect(dsn: str, name: str) -> Connection:
    """A connection, not in autocommit, that `pg_stat_activity` shows as `name`."""
    connection = psycopg.connect(dsn, application_name=name, connect_timeout=CONNECT_TIMEOUT_S)
    adapt(connection)
    return connection


class Array(bytes):
    """A list in PostgreSQL's binary form: the driver's own adaptation of long lists costs as much as the query."""


class Uuids(Array):
    """A `uuid[]`."""


class Texts(Array):
    """A `text[]`."""


class Jsons(Array):
    """A `jsonb[]`."""


class Dates(Array):
    """A `date[]`."""


_TYPES = {Uuids: (2950, 2951), Texts: (25, 1009), Jsons: (3802, 3807), Dates: (1082, 1182)}
_HEAD, _INT = struct.Struct(">iiIii"), struct.Struct(">i")
_NULL = _INT.pack(-1)
_DAY_0 = date(2000, 1, 1).toordinal()


def uuids(ids: Sequence[bytes]) -> Uuids:
    """Ids of 16 bytes each as one parameter: `%b::uuid[]` on a connection made here."""
    return Uuids(_array(Uuids, ids))


def texts(items: Iterable[str]) -> Texts:
    return Texts(_array(Texts, [item.encode() for item in items]))


def jsons(items: Iterable[bytes]) -> Jsons:
    """JSON texts as they are."""
    return Jsons(_array(Jsons, [b"\x01" + item for item in items]))


def dates(items: Iterable[date | None]) -> Dates:
    return Dates(_array(Dates, [None if item is None else _INT.pack(item.toordinal() - _DAY_0) for item in items]))


def _array(kind: type[Array], items: Sequence[bytes | None]) -> bytes:
    head = _HEAD.pack(1, 1, _TYPES[kind][0], len(items), 1)
    return head + b"".join([_NULL if item is None else _INT.pack(len(item)) + item for item in items])


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj


def adapt(connection: Connection) -> None:
    """Teach the connection our binary lists."""
    for kind, (_, oid) in _TYPES.items():
        connection.adapters.register_dumper(kind, type(f"{kind.__name__}Dumper", (_ArrayDumper,), {"oid": oid}))


def open_pool(dsn: str, name: str, size: int) -> ConnectionPool:
    """Connections in autocommit for the threads of one consumer. Waiting, statements and idling in a transaction are
    bounded, so that neither a lost server nor a frozen worker holds a slice for ever."""

    def configure(connection: Connection) -> None:
        adapt(connection)

    options = "-c idle_in_transaction_session_timeout=30s -c statement_timeout=120s -c synchronous_commit=on"
    limits = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "keepalives_idle": 5,
        "tcp_user_timeout": 15_000,
        "options": options,
    }
    return ConnectionPool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=5.0,
        reconnect_timeout=5.0,
        configure=configure,
        kwargs={"application_name": name, "autocommit": True, **limits},
        open=True,
    )


class _Migration(NamedTuple):
    number: int
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def migrate(dsn: str, say: Say = silent) -> None:
    """Brings the database up to date: what is missing of `migrations/NNNN_*.sql`, in order, each in one transaction.

    Two at once are harmless. Raises `AlarmError` when a migration that was applied has changed since.
    """
    with connect(dsn, "dfdg-migrate") as connection:
        connection.autocommit = True
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))  # freed with the connection
        connection.execute(_TABLE)
        applied: dict[int, str] = dict(connection.execute("select number, sha256 from public.migration").fetchall())
        for migration in _migrations():
            if migration.number not in applied:
                _apply(connection, migration)
                say(f"Applied migration {migration.name}.")
            elif applied[migration.number] != migration.sha256:
                raise AlarmError(
                    f"Migration {migration.name} has changed since this database applied it. Put the file back as it"
                    " was and write the change as a new migration; a database without value may be made anew."
                )


def _apply(connection: Connection, migration: _Migration) -> None:
    with connection.transaction():
        connection.execute(migration.sql)
        connection.execute(
            "insert into public.migration (number, name, sha256) values (%s, %s, %s)",
            (migration.number, migration.name, migration.sha256),
        )


def _migrations() -> Iterator[_Migration]:
    found = [entry for entry in files("infra.migrations").iterdir() if entry.name.endswith(".sql")]
    for entry in sorted(found, key=lambda entry: entry.name):
        yield _Migration(int(entry.name.partition("_")[0]), entry.name, entry.read_bytes())
