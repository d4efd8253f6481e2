"""The inbox: which ids a slice has taken in from topics that anyone may write, and what their events say."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from psycopg import Connection

from infra.arrays import uuids
from infra.engine.envelope import Envelope
from infra.engine.ledger import Cursor
from schemas.codec import UnreadableError
from schemas.event import Event
from schemas.ids import derived_id

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


class Known(Enum):
    """What the inbox knows of a record: nothing; the same one; another content under its id; or, of a request, that it
    was asked already under another id."""

    NEW, REPEATED, CHANGED, ASKED = range(4)


class Seen(NamedTuple):
    """A record's id and a hash of what it says. `former`: its id for releases that took no source into it. `request`:
    what a request is known by, under whichever id it is asked again."""

    id: bytes | None
    content: bytes | None
    former: bytes | None = None
    request: bytes | None = None


def seen(cursor: Cursor, envelopes: Sequence[Envelope], read: Sequence[Event | UnreadableError]) -> list[Seen]:
    """Of the records that the inbox must tell repetitions of."""
    return [
        Seen(each.id, *((None, each.former) if cursor.bare else (_content(event), each.former, _request(event))))
        for each, event in zip(envelopes, read, strict=True)
        if each.remembered
    ]


def _content(event: Event | UnreadableError) -> bytes:
    return UNREADABLE if isinstance(event, UnreadableError) else event.content


def _request(event: Event | UnreadableError) -> bytes | None:
    """A request is one by its topic, its requester and the requester's own id of it."""
    if isinstance(event, UnreadableError) or not event.ASKS:
        return None
    return derived_id(b"request", event.SCHEMA.encode(), event.key.encode(), event.__dict__["request"].encode())


def remember(connection: Connection, cursor: Cursor, records: Sequence[Seen]) -> list[Known]:
    """Puts the ids into the inbox, and what requests are known by; tells of each record what was there before it. The
    content of what earlier releases took in is not known and counts as equal."""
    if not records:
        return []
    slice_, first = (cursor.consumer, cursor.slice), {each.id: each for each in reversed(records)}
    requests = {each.request: each for each in reversed(records) if each.request is not None}
    contents = uuids([each.content for each in (*first.values(), *requests.values())])
    rows = connection.execute(_REMEMBER, (*slice_, uuids([*first, *requests]), contents), binary=True)
    new = {id_ for (id_,) in rows}
    known = {id_: each.content for id_, each in first.items()}
    if asked := first.keys() - new:
        known |= dict(connection.execute(_KNOWN, (*slice_, uuids(list(asked))), binary=True).fetchall())
    if former := {each.former: id_ for id_, each in first.items() if each.former is not None and id_ in new}:
        rows = connection.execute(_KNOWN, (*slice_, uuids(list(former))), binary=True)
        new -= {former[id_] for id_, content in rows if content is None}
    told: list[Known] = []
    for id_, content, _, request in records:
        if id_ not in new:
            equal = None in (content, known[id_]) or content == known[id_]
            told.append(Known.REPEATED if equal else Known.CHANGED)
        else:
            told.append(Known.NEW if request is None or request in new else Known.ASKED)
        new -= {id_, request}
    return told
