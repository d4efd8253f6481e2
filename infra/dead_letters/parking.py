"""The parked subjects of a slice, whose records wait behind a dead letter; stored in the slice's row (DESIGN 2.6)."""

from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.engine.ledger import Cursor
from infra.errors import AlarmError

MAX_PARKED = 1_000
"""Subjects parked in one slice. They are read with its row, some 40 bytes each, and nobody can handle more by hand."""


_KEEP = "update ledger.slice set parked = %s, breaker = %s where consumer = %s and slice = %s"


def keep(connection: Connection, cursor: Cursor) -> None:
    """Writes the parked subjects and the counts of dead letters back. Raises `AlarmError` beyond `MAX_PARKED`
    subjects."""
    if len(cursor.parked) > MAX_PARKED:
        raise AlarmError(
            f"{cursor.source}: more than {MAX_PARKED} keys wait behind dead letters. Nothing of this batch was applied."
            " Look at `dfdg dead-letters list`; re-drive or discard letters, and the slice goes on by itself."
        )
    known = (Jsonb(cursor.parked), Jsonb(cursor.breaker), cursor.consumer, cursor.slice)
    connection.execute(_KEEP, known)
