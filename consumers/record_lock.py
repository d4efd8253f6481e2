"""Records that retention deletes: one transaction at a time writes or deletes them, and none comes back (RET-8)."""

from collections.abc import Iterable

from psycopg import Connection

from infra.errors import AlarmError
from infra.postgres import lock_names
from schemas.event import Event
from schemas.ids import slice_of
from schemas.retention_areas import AREAS
from schemas.topic import SLICES

_IS_ORIGINAL = "select exists (select from retention.home where place = retention.here())"
_CONFIRM = "update retention.home set place = retention.here(), at = default where place <> retention.here()"

_DELETED = "select deleted_on, slice, number from retention.receipt where record = %s and area = any(%s) limit 1"
_WHOLE = [area.code for area in AREAS if area.deletes == "record"]


def lock_records(connection: Connection, citizens: Iterable[str]) -> None:
    """Until the transaction ends, no other one writes or deletes records of these citizens' slices.

    A statement of its own, and first: an insert that began before a deletion was committed would not see the receipt
    yet, and bring the record back.
    """
    lock_slices(connection, {slice_of(citizen.encode(), SLICES) for citizen in citizens})


def lock_slices(connection: Connection, slices: Iterable[int]) -> None:
    lock_names(connection, [f"records/{slice_}" for slice_ in slices])


def is_original(connection: Connection) -> bool:
    """False in a database that was restored and whose deletions have not been repeated yet."""
    return connection.execute(_IS_ORIGINAL).fetchone() == (True,)


def check_original(connection: Connection) -> None:
    """Raises `AlarmError` in a database whose restore is not confirmed."""
    if not is_original(connection):
        raise AlarmError(
            "This database was restored: it may hold records that have been deleted since. Nobody reads or writes them"
            " before `dfdg retention replay` has deleted them again."
        )


def confirm_restore(connection: Connection) -> None:
    """From now on the database counts as the original: every deletion has been repeated."""
    connection.execute(_CONFIRM)


def deleted_for_good(connection: Connection, event: Event) -> str | None:
    """Why an event that was set aside must not be applied: its record was deleted. None when it may be applied."""
    record = getattr(event, "record", None)
    if record is None or (gone := connection.execute(_DELETED, (record, _WHOLE)).fetchone()) is None:
        return None
    return "record {} was deleted on {} (receipt {}/{}) and never comes back".format(record, *gone)
