"""The journal: what happened to each subject, when, by which rule and because of what (OPS-3).

Facts as well as decisions, so that `explain` can tell the story. No payload: what an event said stands elsewhere.
"""

from collections.abc import Sequence

from psycopg import Connection

from consumers.sink import Sink
from infra.postgres import texts, uuids
from infra.record import Arrival
from schemas.topics import (
    DELETION_ORDERED,
    JOB_AD_NUMBERS_TO_CHECK,
    RECORD_AGED,
    TITLE_PUBLISHED,
    TITLE_REPLACED,
    TOPICS,
)

LEFT_OUT = (TITLE_PUBLISHED, TITLE_REPLACED, RECORD_AGED, DELETION_ORDERED, JOB_AD_NUMBERS_TO_CHECK)
"""A title is no subject; that one was replaced is the audit's (TIT-9); of a record's end its deletion is the story.
A check of numbers is about a company, and would lead from its CVR number to its anonymous advert (AD-2)."""
READS = tuple(topic for topic in TOPICS if not topic.broadcast and topic not in LEFT_OUT)
"""All else that is about a subject."""
OWNS = ("journal.entry",)

NOTHING = bytes(16)
"""In a list of ids: none."""

_APPEND = """
insert into journal.entry (subject, occurred_at, type, event_id, cause, rule)
select subject, occurred_at, type, event_id, nullif(cause, '00000000-0000-0000-0000-000000000000'), nullif(rule, '')
from unnest(%b::text[], %b::text[]::timestamptz[], %b::text[], %b::uuid[], %b::uuid[], %b::text[])
    as new (subject, occurred_at, type, event_id, cause, rule)
on conflict do nothing
"""


def apply(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Append one entry an event. `rule`: the requirement by which it was decided; a fact has none."""
    events = [arrival.event for arrival in arrivals]
    rows = (
        texts(event.key for event in events),
        texts(event.occurred_at.isoformat() for event in events),
        texts(event.SCHEMA for event in events),
        uuids([arrival.id for arrival in arrivals]),
        uuids([arrival.cause or NOTHING for arrival in arrivals]),
        texts(getattr(event, "rule", "") for event in events),
    )
    connection.execute(_APPEND, rows)


sink = Sink("journal", READS, OWNS, apply)
