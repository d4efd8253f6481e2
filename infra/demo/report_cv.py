"""The demo's findings about CV duties: changes, and one notice of each for jobcentre and fund (CV-1 … CV-5)."""

from typing import TYPE_CHECKING

from infra.demo.section import Section, Total, counted

if TYPE_CHECKING:
    from psycopg import Connection

_STATUS = """
select count(*), count(*) filter (where must_register), count(*) filter (where must_be_searchable),
    count(*) filter (where exempt_from_registering), count(*) filter (where exempt_from_being_searchable)
from cv.status
"""
_KNOWN = "select count(distinct subject) from journal.entry where type = 'situation-recorded.v1'"
_CHANGED = "select count(*) from journal.entry where type = 'cv-requirement-changed.v1'"
_TOLD = "select count(*) from mailbox.notice where rule = %s and recipient_kind = %s"
_TWICE = """
select count(*) from (
    select from mailbox.notice n join journal.entry e on e.event_id = n.id
    where n.rule in ('CV-3', 'CV-4') group by n.recipient_kind, n.recipient, n.about, e.occurred_at, n.details
    having count(*) > 1
) twice
"""


def cv_duties(connection: "Connection") -> Section:
    """CV-1 … CV-5: every citizen has a status; changes are told to jobcentre and fund, and once."""
    shown, register, searchable, unregistered, hidden = connection.execute(_STATUS).fetchone() or (0, 0, 0, 0, 0)
    known, changed, twice = (_one(connection, query) for query in (_KNOWN, _CHANGED, _TWICE))
    told = {
        (rule, kind): _one(connection, _TOLD, rule, kind) for rule in ("CV-3", "CV-4") for kind in ("jobcentre", "fund")
    }
    what = {"CV-3": "told of a changed duty", "CV-4": "told of the duties of a citizen who moved to it"}
    rows = [
        ("CV-1", "citizens who must register a CV", register),
        ("CV-1", "citizens who must make it searchable", searchable),
        ("CV-2", "exempt from registering", unregistered),
        ("CV-2", "exempt from being searchable", hidden),
        *((rule, f"times that a {kind} was {what[rule]}", count) for (rule, kind), count in told.items()),
        ("CV-5", "citizens whose status is shown", shown),
        ("CV-5", "changes published", changed),
    ]
    faults = [f"{twice} changes of CV duties were told twice to the same recipient."] if twice else []
    faults += [f"CV-3: no {kind} was told of a change." for kind in ("jobcentre", "fund") if not told["CV-3", kind]]
    summary = f"{shown:,} citizens, {sum(told.values()):,} changes told"
    total = Total("citizens", "with a situation", known, {"with a CV status shown": shown})
    return counted("CV duties", summary, rows, faults, [total])


def _one(connection: "Connection", query: str, *parameters: str) -> int:
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return int(row[0]) if row else 0
