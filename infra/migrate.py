"""The database's migrations: each is applied once, in order, and never changes afterwards."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

from psycopg import Connection

from infra.errors import AlarmError
from infra.postgres import connect
from infra.progress import Say, silent

_LOCK = 0x44464447  # "DFDG": any number will do, as long as every migration takes the same one


_TABLE = """
create table if not exists public.migration (
    number int primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
)
"""


class _Migration(NamedTuple):
    number: int
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def migrate(dsn: str, say: Say = silent) -> int:
    """Brings the database up to date: applies each missing `migrations/NNNN_*.sql`, in order, in one transaction each.

    Returns how many there are; `say` gets the name of each that it applies. Two at once are harmless. Raises
    `AlarmError` when a migration that was applied has changed since.
    """
    with connect(dsn, "dfdg-migrate") as connection:
        connection.autocommit = True
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))  # freed with the connection
        connection.execute(_TABLE)
        applied: dict[int, str] = dict(connection.execute("select number, sha256 from public.migration").fetchall())
        migrations = list(_migrations())
        for migration in migrations:
            if migration.number not in applied:
                _apply(connection, migration)
                say(f"Applied migration {migration.name}.")
            elif applied[migration.number] != migration.sha256:
                raise AlarmError(
                    f"Migration {migration.name} has changed since this database applied it. Put the file back as it"
                    " was and write the change as a new migration; a database without value may be made anew."
                )
    return len(migrations)


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
