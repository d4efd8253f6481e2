"""What repeats what was taken in already: by dense sequences where only our ledger writes, else by the inbox."""

from psycopg import Connection

from infra.errors import AlarmError
from infra.ledger import Cursor
from infra.postgres import uuids
from schemas.codec import UnreadableError
from schemas.headers import Headers
from schemas.topic import Topic

JOINED_LATE = "*"
"""A mark: this slice began where retention had deleted records already, so a source's first record counts."""


def next_in_sequence(cursor: Cursor, topic: Topic, headers: Headers) -> bool:
    """Whether the record is its source's next; a lower one is a repetition; a gap means that an event is lost."""
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
    """Put the ids into the inbox and return those that were not there before."""
    rows = connection.execute(_REMEMBER, (cursor.consumer, cursor.slice, uuids(ids)), binary=True)
    return {row[0] for row in rows}
