"""The journal: every event of each subject, with its time, its rule and its cause (OPS-3).

It has facts as well as decisions, so that `explain` can tell the story. It has no payload: that is kept elsewhere. It
counts the codes that nobody knows, for it alone reads all that others write.
"""

from collections.abc import Sequence
from datetime import datetime

from psycopg import Connection

from consumers.sink import Sink
from infra.arrays import texts, uuids
from infra.engine.record import IncomingEvent
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import (
    DELETION_ORDERED,
    JOB_AD_NUMBERS_TO_CHECK,
    RECORD_AGED,
    TITLE_PUBLISHED,
    TITLE_REPLACED,
    TOPICS,
)

LEFT_OUT = (TITLE_PUBLISHED, TITLE_REPLACED, RECORD_AGED, DELETION_ORDERED, JOB_AD_NUMBERS_TO_CHECK)
"""A title is no subject. Replaced titles are for the audit only (TIT-9). Of a record's end the deletion is enough. A
check of numbers is about a company, and would lead from its CVR number to its anonymous advert (AD-2)."""
READS = tuple(topic for topic in TOPICS if not topic.broadcast and topic not in LEFT_OUT)
"""All other topics that are about subjects."""
OWNS = ("journal.entry", "journal.unknown_code")

NOTHING = bytes(16)
"""Stands for no id in a list of ids."""

_APPEND = """
insert into journal.entry (subject, occurred_at, type, event_id, cause, rule)
select subject, occurred_at, type, event_id, nullif(cause, '00000000-0000-0000-0000-000000000000'), nullif(rule, '')
from unnest(%b::text[], %b::text[]::timestamptz[], %b::text[], %b::uuid[], %b::uuid[], %b::text[])
    as new (subject, occurred_at, type, event_id, cause, rule)
on conflict do nothing
"""


_COUNT = """
insert into journal.unknown_code as c (slice, type, field, day, times)
select slice, type, field, day, count(*)
from unnest(%b::text[]::int[], %b::text[], %b::text[], %b::text[]::date[]) as new (slice, type, field, day)
group by slice, type, field, day
on conflict (slice, type, field, day) do update set times = c.times + excluded.times
"""
_NEWER = """
select count(*) from journal.entry e
where e.subject = %(subject)s and e.type = any(%(types)s) and e.occurred_at > %(at)s and not exists (
    select from dead_letter.letter w where w.consumer = %(consumer)s and w.subject = e.subject
    and w.status in ('new', 'waiting') and w.event_id = e.event_id) -- its consumer has not applied it yet
"""


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Append one entry an event. `rule`: the requirement by which it was decided; a fact has none."""
    events = [incoming.event for incoming in incoming_events]
    rows = (
        texts(event.key for event in events),
        texts(event.occurred_at.isoformat() for event in events),
        texts(event.SCHEMA for event in events),
        uuids([incoming.id for incoming in incoming_events]),
        uuids([incoming.cause or NOTHING for incoming in incoming_events]),
        texts(getattr(event, "rule", "") for event in events),
    )
    connection.execute(_APPEND, rows)
    unknown = [(event, field) for event in events if event.CODES for field in event.unknown_codes()]
    if unknown:
        of = [event for event, _ in unknown]
        slices = texts(str(slice_of(event.key.encode(), SLICES)) for event in of)
        types, fields = texts(event.SCHEMA for event in of), texts(field for _, field in unknown)
        connection.execute(_COUNT, (slices, types, fields, texts(event.day.isoformat() for event in of)))


def newer(connection: Connection, consumer: str, subject: str, types: Sequence[str], at: datetime) -> int:
    """How many facts of the subject, of these types, were recorded after `at` and have been applied by the consumer."""
    known = {"consumer": consumer, "subject": subject, "types": list(types), "at": at}
    (count,) = connection.execute(_NEWER, known).fetchone() or (0,)
    return int(count)


sink = Sink("journal", READS, OWNS, apply)
