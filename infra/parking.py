"""Whose records wait behind a dead letter: the parked subjects of a slice, in its own row (DESIGN 2.6)."""

from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.errors import AlarmError
from infra.ledger import Cursor
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic

MAX_PARKED = 1_000
"""Subjects parked in one slice: they are read with its row, some 40 bytes each, and nobody looks after more by hand."""

MAX_KEY_BYTES = 256
"""Ids have at most 64 characters: a longer key is nobody's."""

_KEEP = "update ledger.slice set parked = %s, breaker = %s where consumer = %s and slice = %s"


def subject_of(topic: Topic, key: bytes | None, slice_: int) -> str | None:
    """Who is parked by an unreadable record: nobody, if its key says nobody or somebody of another slice."""
    if topic.broadcast or not key or len(key) > MAX_KEY_BYTES or slice_of(key, SLICES) != slice_:
        return None
    try:
        subject = key.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in subject else subject  # no text of PostgreSQL has it


def keep(connection: Connection, cursor: Cursor) -> None:
    """Write back who is parked, and what the breaker has counted."""
    if len(cursor.parked) > MAX_PARKED:
        raise AlarmError(
            f"{cursor.source}: more than {MAX_PARKED} keys wait behind dead letters. Nothing of this batch was applied."
            " Look at `dfdg dead-letters list`; re-drive or discard letters, and the slice goes on by itself."
        )
    known = (Jsonb(cursor.parked), Jsonb(cursor.breaker), cursor.consumer, cursor.slice)
    connection.execute(_KEEP, known)
