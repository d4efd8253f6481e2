"""The registers of job-suggestion checks and of the Joblog, and their records past the deadline (RET-1, RET-3, RET-4).

A record that was deleted never comes back, and voluntary fields that went stay away (RET-8). A fact that says again
what the row holds is no update, or a nightly export would keep all for ever. **Chosen**: of facts about one record the
one recorded last counts, whichever arrives last; an entry whose voluntary fields have gone takes updates of its
mandatory fields only.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from psycopg import Connection
from pydantic_core import to_json

from consumers.ageing import step
from consumers.record_lock import lock_records
from consumers.rounds import rounds
from consumers.sink import Sink
from infra.arrays import jsons, texts
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from schemas.event import Event
from schemas.ids import slice_of
from schemas.job_suggestions import JobSuggestionCheckRecorded
from schemas.joblog import FIELDS, VOLUNTARY_FIELDS, JoblogEntryRecorded, JoblogStandingChanged
from schemas.topic import SLICES
from schemas.topics import (
    DAY_BEGUN,
    JOB_SUGGESTION_CHECK_RECORDED,
    JOBLOG_ENTRY_RECORDED,
    JOBLOG_STANDING_CHANGED,
    RECORD_AGED,
)

LOG = get_logger(__name__)

READS = (DAY_BEGUN, JOB_SUGGESTION_CHECK_RECORDED, JOBLOG_ENTRY_RECORDED, JOBLOG_STANDING_CHANGED)
WRITES = (RECORD_AGED,)
OWNS = ("register.job_suggestion_check", "register.joblog_entry", "register.joblog_closed", "retention.ageing")
AREAS = ("job-suggestion-checks", "joblog-voluntary", "joblog-mandatory")

_NOT_DELETED = "not exists (select from retention.receipt r where r.area = %(area)s and r.record = new.record)"
_UPDATE = """
where t.citizen = excluded.citizen and coalesce(t.said_at, t.updated_at) <= excluded.updated_at
"""
_SAYS_AGAIN = "({0}) is not distinct from ({1})"
_SAID = ("checked_on", "outcome", "logged_in_at", "acknowledged_at")
_CHECKED = _SAYS_AGAIN.format(*(", ".join(f"{row}.{name}" for name in _SAID) for row in ("t", "excluded")))
_CHECKS = f"""
insert into register.job_suggestion_check as t (record, citizen, slice, checked_on, outcome, logged_in_at,
    acknowledged_at, updated_at)
select record, citizen, slice, checked_on, outcome, logged_in_at, acknowledged_at, updated_at
from unnest(%(bodies)b::jsonb[]) body, jsonb_populate_record(null::register.job_suggestion_check, body) new
where {_NOT_DELETED}
on conflict (record) do update set checked_on = excluded.checked_on, outcome = excluded.outcome,
    logged_in_at = excluded.logged_in_at, acknowledged_at = excluded.acknowledged_at,
    said_at = excluded.updated_at, updated_at = case when {_CHECKED} then t.updated_at else excluded.updated_at end,
    reach = case when t.checked_on = excluded.checked_on then t.reach else 'open' end
{_UPDATE}"""
_FIELDS = tuple(field.name for field in FIELDS)
_KEPT = ", ".join(f"case when gone.record is null then new.{f} end" if f in VOLUNTARY_FIELDS else f for f in _FIELDS)
_ENTERED = _SAYS_AGAIN.format(*(", ".join(f"{row}.{name}" for name in _FIELDS) for row in ("t", "excluded")))
_ENTRIES = f"""
insert into register.joblog_entry as t (record, citizen, slice, {", ".join(_FIELDS)}, updated_at, updated_on, emptied)
select new.record, citizen, new.slice, {_KEPT}, updated_at, updated_on, gone.record is not null
from unnest(%(bodies)b::jsonb[]) body, jsonb_populate_record(null::register.joblog_entry, body) new
left join retention.receipt gone on gone.area = 'joblog-voluntary' and gone.record = new.record
where {_NOT_DELETED}
on conflict (record) do update set {", ".join(f"{name} = excluded.{name}" for name in _FIELDS)},
    said_at = excluded.updated_at, updated_at = case when {_ENTERED} then t.updated_at else excluded.updated_at end,
    updated_on = case when {_ENTERED} then t.updated_on else excluded.updated_on end, emptied = excluded.emptied,
    reach = case when {_ENTERED} or t.updated_on = excluded.updated_on then t.reach else 'open' end
{_UPDATE}"""
_STRANGERS = """
select count(*) from unnest(%b::text[], %b::text[]) new (record, citizen) join {} t using (record)
where t.citizen <> new.citizen
"""
_CLOSE = """
insert into register.joblog_closed (citizen, from_day)
select citizen, from_day from unnest(%b::jsonb[]) body, jsonb_populate_record(null::register.joblog_closed, body)
on conflict (citizen) do update set from_day = excluded.from_day
"""
_OPEN = "delete from register.joblog_closed where citizen = any(%b::text[])"


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Write the recorded facts. A day changes nothing here; `step` after it finds the records past their deadline."""
    events = [incoming.event for incoming in incoming_events if incoming.topic is not DAY_BEGUN]
    if not events:
        return
    lock_records(connection, {event.key for event in events})
    checks = [event for event in events if isinstance(event, JobSuggestionCheckRecorded)]
    entries = [event for event in events if isinstance(event, JoblogEntryRecorded)]
    _put(connection, checks, _CHECKS, "job-suggestion-checks", "register.job_suggestion_check")
    _put(connection, entries, _ENTRIES, "joblog-mandatory", "register.joblog_entry")
    _stand(connection, [event for event in events if isinstance(event, JoblogStandingChanged)])


def _put(
    connection: Connection,
    events: Iterable[JobSuggestionCheckRecorded | JoblogEntryRecorded],
    write: str,
    area: str,
    table: str,
) -> None:
    for some in rounds(events, lambda event: event.record):
        strangers = (texts(event.record for event in some), texts(event.citizen for event in some))
        (foreign,) = connection.execute(_STRANGERS.format(table), strangers).fetchone() or (0,)
        if foreign:
            LOG.error(
                "ALARM registers: %s facts of area %s name a record of another citizen. They are left out: an id is"
                " never used again. Tell the source system.",
                foreign,
                area,
            )
        connection.execute(write, {"bodies": jsons(map(_body, some)), "area": area})


def _body(event: Event) -> bytes:
    known = event.model_dump() | {"updated_at": event.occurred_at, "updated_on": event.day}
    return to_json(known | {"slice": slice_of(event.key.encode(), SLICES)})


def _stand(connection: Connection, events: Iterable[JoblogStandingChanged]) -> None:
    last = {event.citizen: event for event in events}
    if closed := [event for event in last.values() if not event.open]:
        connection.execute(_CLOSE, (jsons(map(to_json, closed)),))
    if opened := [event.citizen for event in last.values() if event.open]:
        connection.execute(_OPEN, (texts(opened),))


sink = Sink("registers", READS, OWNS, apply, WRITES, partial(step, AREAS))
