"""Which records were applied before. A topic that only our ledger writes has dense sequences; others need the inbox."""

from psycopg import Connection

from infra.arrays import uuids
from infra.engine.ledger import Cursor
from infra.errors import AlarmError
from schemas.codec import UnreadableError
from schemas.headers import Headers
from schemas.topic import Topic

JOINED_LATE = "*"
"""A mark in `received`: retention had deleted the beginning of the topic's log when this slice joined it, so the first
record of each source is taken, whatever its sequence."""


def next_in_sequence(cursor: Cursor, topic: Topic, headers: Headers) -> bool:
    """True for the next sequence of the record's source, which then counts as received; false for one that was received
    before. Raises `AlarmError` at a gap: an event between the two is missing."""
    source, sequence = headers["ce_source"], _sequence(headers)
    marks = cursor.received.setdefault(topic.name, {})
    mark = marks.get(source, sequence - 1 if JOINED_LATE in marks else 0)
    if sequence <= mark:
        return False
    if sequence > mark + 1:
        raise AlarmError(
            f"{cursor.source}: {source} on {topic.name} jumps from {mark} to {sequence}: events between them are"
            " missing from the topic. Find them in the source's batch log and publish them again; do not skip."
        )
    marks[source] = sequence
    return True


def _sequence(headers: Headers) -> int:
    if not (digits := headers.get("ce_sequence", "")).isdecimal():
        raise UnreadableError("ce_sequence is missing or is no number")
    return int(digits)


_REMEMBER = """
insert into ledger.inbox (consumer, slice, id) select %s, %s, unnest(%b::uuid[])
on conflict do nothing returning uuid_send(id)
"""


def remember(connection: Connection, cursor: Cursor, ids: list[bytes]) -> set[bytes]:
    """Put these ids (16 bytes each) into the inbox; returns those that were not in it before."""
    rows = connection.execute(_REMEMBER, (cursor.consumer, cursor.slice, uuids(ids)), binary=True)
    return {row[0] for row in rows}
