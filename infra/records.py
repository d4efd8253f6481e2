"""The records that retention deletes: one hand at a time on a slice's records, and none that comes back (RET-8)."""

from collections.abc import Iterable

from psycopg import Connection

from infra.errors import AlarmError
from schemas.ids import slice_of
from schemas.topic import SLICES

_RECORDS = 0x52454354  # "RECT": any number will do that no other lock of two numbers has
_LOCK = "select pg_advisory_xact_lock(%s, %s)"
_AT_HOME = "select exists (select from retention.home where place = retention.here())"
_COME_HOME = "update retention.home set place = retention.here(), at = default where place <> retention.here()"


def lock_records(connection: Connection, citizens: Iterable[str]) -> None:
    """Until the transaction ends, nobody else writes or deletes records of these citizens' slices.

    A statement of its own, and first: an insert that began before a deletion was committed would not see the receipt
    yet, and bring the record back.
    """
    lock_slices(connection, {slice_of(citizen.encode(), SLICES) for citizen in citizens})


def lock_slices(connection: Connection, slices: Iterable[int]) -> None:
    for slice_ in sorted(slices):
        connection.execute(_LOCK, (_RECORDS, slice_))


def at_home(connection: Connection) -> bool:
    """False in a database that was restored and whose deletions were not yet repeated."""
    return connection.execute(_AT_HOME).fetchone() == (True,)


def check_home(connection: Connection) -> None:
    """Raises `AlarmError` in a database that is not at home."""
    if not at_home(connection):
        raise AlarmError(
            "This database was restored: it may hold records that have been deleted since. Nobody reads or writes them"
            " before `dfdg retention replay` has deleted them again."
        )


def come_home(connection: Connection) -> None:
    """From now on the database is at home here: what was deleted is deleted again."""
    connection.execute(_COME_HOME)
