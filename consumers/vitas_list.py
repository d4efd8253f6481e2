"""The list of VITAS users that each jobcentre has under its user administration (VIT-2)."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, cast

from psycopg import Connection

from consumers.sink import Sink
from infra.arrays import dates, texts, uuids
from infra.engine.record import IncomingEvent
from schemas.topics import VITAS_USER_CHANGED
from schemas.vitas_users import VitasUserChanged

READS = (VITAS_USER_CHANGED,)
OWNS = ("vitas.user",)

# One row a user in each batch. Without a company the text is empty: no id is.
_WRITE = """
insert into vitas.user as u (user_id, active, since, jobcentre, company, changed_at, rule, event_id)
select user_id, active, since, jobcentre, nullif(company, ''), changed_at, rule, event_id
from unnest(%b::text[], %b::text[]::boolean[], %b::date[], %b::text[], %b::text[], %b::text[]::timestamptz[],
    %b::text[], %b::uuid[]) as new (user_id, active, since, jobcentre, company, changed_at, rule, event_id)
on conflict (user_id) do update set
    active = excluded.active, since = excluded.since, jobcentre = excluded.jobcentre, company = excluded.company,
    changed_at = excluded.changed_at, rule = excluded.rule, event_id = excluded.event_id
"""
_LIST = """
select user_id, active, since, company, rule from vitas.user
where jobcentre = %s and (not active or %s) order by active, since, user_id
"""


class Listed(NamedTuple):
    """A user as its jobcentre sees it."""

    user: str
    active: bool
    since: date
    company: str | None
    rule: str


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Each user's last change is the row: the topic's order per user is the truth, not the changes' times."""
    last = {incoming.event.key: incoming for incoming in incoming_events}
    changes = cast(list[VitasUserChanged], [incoming.event for incoming in last.values()])
    rows = (
        texts(last),
        texts("t" if change.active else "f" for change in changes),
        dates(change.since for change in changes),
        texts(change.jobcentre for change in changes),
        texts(change.company or "" for change in changes),
        texts(change.occurred_at.isoformat() for change in changes),
        texts(change.rule for change in changes),
        uuids([incoming.id for incoming in last.values()]),
    )
    connection.execute(_WRITE, rows)


def listed(connection: Connection, jobcentre: str, *, active_too: bool = False) -> list[Listed]:
    """The jobcentre's inactive users, longest inactive first; then, if wanted, the active ones."""
    return [Listed(*row) for row in connection.execute(_LIST, (jobcentre, active_too)).fetchall()]


sink = Sink("vitas-list", READS, OWNS, apply)
