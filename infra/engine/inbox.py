"""The inbox: which ids a slice has taken in from topics that anyone may write, and what their events say."""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg import Connection

from infra.arrays import uuids
from infra.engine.envelope import Envelope
from infra.engine.ledger import Cursor
from schemas.codec import UnreadableError
from schemas.event import Event

UNREADABLE = bytes(16)
"""The content of a record that has an id and cannot be read: what can be read is not its repetition."""

_REMEMBER = """
insert into ledger.inbox (consumer, slice, id, content)
select %s, %s, id, content from unnest(%b::uuid[], %b::uuid[]) as seen (id, content)
on conflict do nothing returning uuid_send(id)
"""
_KNOWN = """
select uuid_send(id), uuid_send(content) from ledger.inbox where consumer = %s and slice = %s and id = any(%b::uuid[])
"""


class Seen(NamedTuple):
    """A record's id and a hash of what it says. `former`: its id for releases that took no source into it."""

    id: bytes | None
    content: bytes | None
    former: bytes | None = None


def seen(cursor: Cursor, envelopes: Sequence[Envelope], read: Sequence[Event | UnreadableError]) -> list[Seen]:
    """Of the records that the inbox must tell repetitions of."""
    return [
        Seen(each.id, None if cursor.bare else _content(event), each.former)
        for each, event in zip(envelopes, read, strict=True)
        if each.remembered
    ]


def _content(event: Event | UnreadableError) -> bytes:
    return UNREADABLE if isinstance(event, UnreadableError) else event.content


def remember(connection: Connection, cursor: Cursor, records: Sequence[Seen]) -> list[bool | None]:
    """Puts the ids into the inbox; tells of each whether it was not there before. None: it was, but with another
    content, so this is another fact. The content of what earlier releases took in is not known and counts as equal."""
    if not records:
        return []
    slice_, first = (cursor.consumer, cursor.slice), {each.id: each for each in reversed(records)}
    contents = uuids([each.content for each in first.values()])
    new = {id_ for (id_,) in connection.execute(_REMEMBER, (*slice_, uuids(list(first)), contents), binary=True)}
    known = {id_: each.content for id_, each in first.items()}
    if asked := first.keys() - new:
        known |= dict(connection.execute(_KNOWN, (*slice_, uuids(list(asked))), binary=True).fetchall())
    if former := {each.former: id_ for id_, each in first.items() if each.former is not None and id_ in new}:
        rows = connection.execute(_KNOWN, (*slice_, uuids(list(former))), binary=True)
        new -= {former[id_] for id_, content in rows if content is None}
    told: list[bool | None] = []
    for id_, content, _ in records:
        equal = None in (content, known[id_]) or content == known[id_]
        told.append(True if id_ in new else False if equal else None)
        new.discard(id_)
    return told
