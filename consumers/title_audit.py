"""The audit of replaced titles, and their re-conversion by a corrected conversion table (TIT-9, TIT-10)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from psycopg import Connection

from consumers.sink import Sink
from infra.arrays import jsons, texts, uuids
from infra.engine.record import IncomingEvent
from schemas.event import ProducedEvent
from schemas.ids import derived_id, slice_of
from schemas.titles import HolderKind, Outcome, TitleReconversionDue
from schemas.topic import SLICES
from schemas.topics import TITLE_RECONVERSION_DUE, TITLE_REPLACED, TITLE_TABLE_PUBLISHED

READS = (TITLE_REPLACED, TITLE_TABLE_PUBLISHED)
WRITES = (TITLE_RECONVERSION_DUE,)
OWNS = ("audit.replaced_title", "audit.table_announced")

_APPEND = """
insert into audit.replaced_title
    (slice, holder, holder_kind, area, item, original, alias, replaced_by, table_version, replaced_at, event_id)
select slice::int, holder, holder_kind, area, item, original, alias, replaced_by, table_version, occurred_at, id
from unnest(%b::text[], %b::jsonb[], %b::uuid[]) with ordinality new (slice, body, id, place), jsonb_to_record(body) as
    known (holder text, holder_kind text, area text, item text, original text, alias text, replaced_by text,
        table_version text, occurred_at timestamptz)
order by place
on conflict (event_id) do nothing
"""
_ANNOUNCE = """
insert into audit.table_announced (slice, version, number, announced_at)
select %(slice)s, %(version)s, coalesce(max(number), 0) + 1, %(at)s from audit.table_announced where slice = %(slice)s
on conflict (slice, version) do update set number = excluded.number, announced_at = excluded.announced_at
"""
_IN_USE = "select version, announced_at from audit.table_announced where slice = %s order by number desc limit 1"
# The last row of each item of the slice (of these holders, if given) whose outcome by the version in use is another
# than by the version that decided it. A version that was imported later and not yet announced here is left alone: the
# decision is ahead of us, and its announcement will come. A title that a table does not list is retired.
_DIFFER = """
with last as (
    select distinct on (holder, area, item) * from audit.replaced_title
    where slice = %(slice)s and (%(holders)b::text[] is null or holder = any(%(holders)b::text[]))
    order by holder, area, item, number desc
)
select uuid_send(l.event_id), l.holder, l.holder_kind, l.area, l.item,
    coalesce(n.outcome, 'retired'), n.title, coalesce(n.candidates, '{}')
from last l
    join reference.title_version given on given.version = l.table_version
    join reference.title_version used on used.version = %(version)s
    left join reference.title_outcome o on o.version = l.table_version and o.old_code = l.original
    left join reference.title_outcome n on n.version = %(version)s and n.old_code = l.original
where l.table_version <> %(version)s
    and (given.published_at <= used.published_at or exists (
        select from audit.table_announced a where a.slice = %(slice)s and a.version = l.table_version))
    and (coalesce(o.outcome, 'retired'), o.title, coalesce(o.candidates, '{}'))
        is distinct from (coalesce(n.outcome, 'retired'), n.title, coalesce(n.candidates, '{}'))
order by l.number
"""
_JUDGE_ANEW = """
insert into audit.replaced_title
    (slice, holder, holder_kind, area, item, original, alias, replaced_by, table_version, replaced_at, event_id)
select slice, holder, holder_kind, area, item, original, alias, nullif(new.title, ''), %(version)s, %(at)s, new.id
from unnest(%(last)b::uuid[], %(titles)b::text[], %(ids)b::uuid[]) with ordinality new (last, title, id, place)
    join audit.replaced_title on event_id = last
order by place
"""


class _Due(NamedTuple):
    """A replaced title whose outcome differs now; `last` is the id of the row that decided it before."""

    last: bytes
    holder: str
    holder_kind: HolderKind
    area: str
    item: str
    outcome: Outcome
    title: str | None
    candidates: list[str]


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> list[ProducedEvent]:
    """Append the replaced titles; return those that are due for re-conversion by the table in use.

    The two topics have no common order: a title that arrives here after the table that corrects it is due at once.
    """
    due: list[ProducedEvent] = []
    for topic, some in groupby(incoming_events, lambda incoming: incoming.topic):
        if topic is TITLE_REPLACED:
            due += _append(connection, list(some))
        else:
            for incoming in some:
                due += _announce(connection, incoming)
    return due


def _append(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> Iterator[ProducedEvent]:
    holders = [incoming.event.key for incoming in incoming_events]
    slices = [slice_of(holder.encode(), SLICES) for holder in holders]
    bodies = [incoming.event.model_dump_json().encode() for incoming in incoming_events]
    connection.execute(
        _APPEND, (texts(map(str, slices)), jsons(bodies), uuids([incoming.id for incoming in incoming_events]))
    )
    since = max(incoming.event.occurred_at for incoming in incoming_events)
    for slice_ in sorted(set(slices)):
        yield from _reconvert(connection, slice_, since, set(holders), None)


def _announce(connection: Connection, incoming: IncomingEvent) -> Iterator[ProducedEvent]:
    assert incoming.slice is not None, "a broadcast arrives in a slice"
    at = incoming.event.occurred_at
    connection.execute(_ANNOUNCE, {"slice": incoming.slice, "version": incoming.event.key, "at": at})
    yield from _reconvert(connection, incoming.slice, at, None, incoming.id)


def _reconvert(
    connection: Connection, slice_: int, since: datetime, only: set[str] | None, cause: bytes | None
) -> Iterator[ProducedEvent]:
    """The re-conversions due in the slice, of all holders or `only` these, not before `since`; recorded as judged.

    `cause`: the announcement; without one, the replacement that came after it.
    """
    in_use = connection.execute(_IN_USE, (slice_,)).fetchone()
    if in_use is None:
        return
    version, at = in_use[0], max(in_use[1], since)
    known = {"slice": slice_, "version": version, "holders": None if only is None else texts(only)}
    rows = [_Due(*row) for row in connection.execute(_DIFFER, known).fetchall()]
    due = [_produced(row, version, at, cause or row.last) for row in rows]
    if due:
        judged = {
            "version": version,
            "at": at,
            "last": uuids([row.last for row in rows]),
            "titles": texts(row.title or "" for row in rows),
            "ids": uuids([produced.id for produced in due]),
        }
        connection.execute(_JUDGE_ANEW, judged)
    yield from due


def _produced(due: _Due, version: str, at: datetime, cause: bytes) -> ProducedEvent:
    event = TitleReconversionDue(
        occurred_at=at,
        holder=due.holder,
        holder_kind=due.holder_kind,
        area=due.area,
        item=due.item,
        outcome=due.outcome,
        title=due.title,
        candidates=due.candidates,
        table_version=version,
    )
    return ProducedEvent(event, derived_id(b"title-audit", cause, due.last), cause)


sink = Sink("title-audit", READS, OWNS, apply, WRITES)
