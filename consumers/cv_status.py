"""The current CV requirement and exemption of every citizen, for the new CV interface (CV-5)."""

from collections.abc import Iterable, Sequence
from typing import cast

from psycopg import Connection

from consumers.sink import Sink
from infra.arrays import Texts, dates, texts, uuids
from infra.engine.record import IncomingEvent
from schemas.cv import CvRequirementChanged
from schemas.topics import CV_REQUIREMENT_CHANGED

READS = (CV_REQUIREMENT_CHANGED,)
OWNS = ("cv.status",)

# One row a citizen in each batch. An empty text stands for no fund: no id is empty.
_WRITE = """
insert into cv.status as s (citizen, must_register, must_be_searchable, exempt_from_registering,
    exempt_from_being_searchable, jobcentre, fund, from_day, changed_at, rule, event_id)
select citizen, a, b, c, d, jobcentre, nullif(fund, ''), from_day, changed_at, rule, event_id
from unnest(%b::text[], %b::text[]::boolean[], %b::text[]::boolean[], %b::text[]::boolean[], %b::text[]::boolean[],
    %b::text[], %b::text[], %b::date[], %b::text[]::timestamptz[], %b::text[], %b::uuid[])
    as new (citizen, a, b, c, d, jobcentre, fund, from_day, changed_at, rule, event_id)
on conflict (citizen) do update set
    must_register = excluded.must_register, must_be_searchable = excluded.must_be_searchable,
    exempt_from_registering = excluded.exempt_from_registering,
    exempt_from_being_searchable = excluded.exempt_from_being_searchable,
    jobcentre = excluded.jobcentre, fund = excluded.fund, from_day = excluded.from_day,
    changed_at = excluded.changed_at, rule = excluded.rule, event_id = excluded.event_id
"""


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Each citizen's last change is the row: the topic's order per citizen is the truth, not the changes' times."""
    last = {incoming.event.key: incoming for incoming in incoming_events}
    changes = cast(list[CvRequirementChanged], [incoming.event for incoming in last.values()])
    rows = (
        texts(last),
        _flags(change.must_register for change in changes),
        _flags(change.must_be_searchable for change in changes),
        _flags(change.exempt_from_registering for change in changes),
        _flags(change.exempt_from_being_searchable for change in changes),
        texts(change.jobcentre for change in changes),
        texts(change.fund or "" for change in changes),
        dates(change.from_day for change in changes),
        texts(change.occurred_at.isoformat() for change in changes),
        texts(change.rule for change in changes),
        uuids([incoming.id for incoming in last.values()]),
    )
    connection.execute(_WRITE, rows)


def _flags(values: Iterable[bool]) -> Texts:
    return texts("t" if value else "f" for value in values)


sink = Sink("cv-status", READS, OWNS, apply)
