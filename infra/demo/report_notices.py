"""The demo's findings about notices, and one citizen's life as the journal tells it (CV-6, CV-7, OPS-3)."""

import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from infra.demo.section import Section, Step, Table, Total

if TYPE_CHECKING:
    from psycopg import Connection

OF_EACH_REASON, SHOWN = 3, 8
"""Notices of the one mailbox: the first few of each reason, so many in all."""

_NOTICES = """
select recipient_kind, reason, min(day), max(day), count(*), count(distinct recipient),
    count(*) filter (where status <> 'delivered')
from mailbox.notice group by 1, 2 order by 1, 2
"""
_EARLY = "select count(*) from mailbox.notice where day < %s"
_ISSUED = "select count(*) from journal.entry where type = 'notice-issued.v1'"
_BUSIEST = """
select recipient from mailbox.notice where recipient_kind = 'jobcentre'
group by 1 order by count(distinct reason) desc, count(*) desc, 1 limit 1
"""
_MOST_TOLD = """
select about from mailbox.notice where recipient_kind <> 'employer'
group by 1 order by count(distinct reason) desc, count(*) desc, 1 limit 1
"""
_MANY = 1_000_000


def notices(connection: "Connection") -> Section:
    """CV-6: every notice that was issued is in its mailbox, and none is held back or of a day before the release."""
    from schemas.release_dates import NOTICES_FROM

    rows = connection.execute(_NOTICES).fetchall()
    (early,) = connection.execute(_EARLY, (NOTICES_FROM,)).fetchone() or (0,)
    (issued,) = connection.execute(_ISSUED).fetchone() or (0,)
    found, held = sum(row[4] for row in rows), sum(row[6] for row in rows)
    total = Total("notices", "issued", issued, {"delivered": found - held, "held back": held})
    faults = [f"{early} notices speak of days before {NOTICES_FROM}."] if early else []
    faults += [] if rows else ["Nobody was told anything."]
    faults += ["The flood guard held notices back on nights that were announced."] if held else []
    columns = ("recipient", "reason", "first day", "last day", "notices", "recipients", "held back")
    mailbox = _one_mailbox(connection)
    faults += [] if mailbox.rows else ["No jobcentre was told anything."]
    summary = f"{found:,} notices delivered, {held:,} held back"
    return Section(
        "Notices", summary, ["CV-6"], faults, [Table("By recipient and reason", columns, rows), mailbox], [total]
    )


def _one_mailbox(connection: "Connection") -> Table:
    """From the mailbox of the jobcentre that was told most, as `dfdg notices` shows it."""
    from consumers.mailboxes import mailbox

    (jobcentre,) = connection.execute(_BUSIEST).fetchone() or ("",)
    every = mailbox(connection, jobcentre, _MANY, "jobcentre")
    seen: Counter[str] = Counter()
    rows: list[tuple[object, ...]] = []
    for notice in every:
        seen[notice.reason] += 1
        if seen[notice.reason] <= OF_EACH_REASON and len(rows) < SHOWN:
            rows.append((notice.number, notice.from_day, notice.about, notice.reason, notice.text))
    caption = f"From the {len(every):,} notices to {jobcentre}"
    return Table(caption, ("number", "from", "about", "reason", "text"), rows)


def one_citizen(connection: "Connection", explain: "Callable[[Connection, str], Any]") -> Section:
    """OPS-3: the citizen about whom most was said, as `dfdg explain` knows it."""
    (citizen,) = connection.execute(_MOST_TOLD).fetchone() or ("",)
    found = explain(connection, citizen)
    steps = [_step(step, citizen) for step in found.steps]
    states = [(known.decision, json.dumps(known.state, ensure_ascii=False), known.wakes_on) for known in found.states]
    table = Table(f"The states of {citizen}", ("decision", "its state", "looks again on"), states)
    faults = [] if steps else ["No citizen can be explained."]
    summary = f"{len(steps):,} steps of one life explained"
    return Section("One citizen", summary, ["OPS-3"], faults, [table], steps=steps)


def _step(step: Any, citizen: str) -> Step:
    kind, what = "decision" if step.rule else "fact", step.type
    if step.notice:
        told = "the citizen" if step.notice.recipient == citizen else step.notice.recipient
        kind, what = "notice", f"{told}: {step.notice.reason}"
    return Step(step.at, kind, what, step.id.hex[:8], step.rule or "", step.cause.hex[:8] if step.cause else "")
