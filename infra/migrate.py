"""The database's migrations: each is applied once, in order, and never changes afterwards."""

import hashlib
from collections.abc import Collection, Iterator
from functools import partial
from importlib.resources import files
from typing import NamedTuple

from psycopg import Connection

from infra.errors import AlarmError
from infra.postgres import blockers_ended, connect
from infra.progress import Say, silent

_NAME = "dfdg-migrate"
_LOCK = "lock table public.migration in share row exclusive mode"
_APPLIED = "select number from public.migration"
_KNOWN = "select sha256 from public.migration where number = %s"
_ADD = "insert into public.migration (number, name, sha256) values (%s, %s, %s)"

# Another one may make it at the same moment, which `if not exists` does not see.
_TABLE = """
do $$
begin
    create table if not exists public.migration (
        number int primary key,
        name text not null,
        sha256 text not null,
        applied_at timestamptz not null default now()
    );
exception when unique_violation then
    null;
end
$$
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

    Returns how many there are; `say` gets the name of each that it applies. Two at once are harmless; sessions that
    stand in the way are ended. Raises `AlarmError` when a migration that was applied has changed since, or is unknown
    here: then nothing is applied.
    """
    migrations = list(_migrations())
    with (
        connect(dsn, _NAME) as connection,
        blockers_ended(connection, lambda: connect(dsn, _NAME), _NAME, partial(_told, say)),
    ):
        connection.autocommit = True
        connection.execute(_TABLE)
        applied = [number for (number,) in connection.execute(_APPLIED).fetchall()]
        _refuse_newer(applied, migrations)
        for migration in migrations:
            if _apply(connection, migration):
                say(f"Applied migration {migration.name}.")
    return len(migrations)


def check(connection: Connection) -> None:
    """Raises `AlarmError` when the database is not as this program needs it: newer, or not yet migrated."""
    applied = [number for (number,) in connection.execute(_APPLIED).fetchall()]
    migrations = list(_migrations())
    _refuse_newer(applied, migrations)
    if missing := [each.name for each in migrations if each.number not in applied]:
        raise AlarmError(f"The database lacks {len(missing)} migration(s), the first {missing[0]}: run `dfdg init`.")


def _refuse_newer(applied: Collection[int], migrations: Collection[_Migration]) -> None:
    if newer := sorted(set(applied) - {each.number for each in migrations}):
        raise AlarmError(
            f"The database has migration {newer[-1]:04}, which this program does not know: a newer one has migrated it."
            " Run the newer one; the way back is a backup of before the upgrade (docs/operations.md, Upgrade)."
        )


def _told(say: Say, sessions: int) -> None:
    say(f"Ended {sessions} sessions that stood in the way.")


def _apply(connection: Connection, migration: _Migration) -> bool:
    """False when it was applied before. Raises `AlarmError` when it has changed since."""
    with connection.transaction():
        connection.execute(_LOCK)  # another one may be about to apply it
        known = connection.execute(_KNOWN, (migration.number,)).fetchone()
        if known is None:
            connection.execute(migration.sql)
            connection.execute(_ADD, (migration.number, migration.name, migration.sha256))
        elif known != (migration.sha256,):
            raise AlarmError(
                f"Migration {migration.name} has changed since this database applied it. Put the file back as it"
                " was and write the change as a new migration; a database without value may be made anew."
            )
    return known is None


def _migrations() -> Iterator[_Migration]:
    found = [entry for entry in files("infra.migrations").iterdir() if entry.name.endswith(".sql")]
    for entry in sorted(found, key=lambda entry: entry.name):
        yield _Migration(int(entry.name.partition("_")[0]), entry.name, entry.read_bytes())
