"""The records that retention deletes: one hand at a time on a slice's records, and none that comes back (RET-8)."""

from collections.abc import Iterable

from psycopg import Connection

from schemas.ids import slice_of
from schemas.topic import SLICES

_RECORDS = 0x52454354  # "RECT": any number will do that no other lock of two numbers has
_LOCK = "select pg_advisory_xact_lock(%s, %s)"


def lock_records(connection: Connection, citizens: Iterable[str]) -> None:
    """Until the transaction ends, nobody else writes or deletes records of these citizens' slices.

    A statement of its own, and first: an insert that began before a deletion was committed would not see the receipt
    yet, and bring the record back.
    """
    for slice_ in sorted({slice_of(citizen.encode(), SLICES) for citizen in citizens}):
        connection.execute(_LOCK, (_RECORDS, slice_))
