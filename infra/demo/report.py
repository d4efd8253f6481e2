"""What the demo prints when all is applied. Each function prints one table and returns what does not add up."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.table import Table

from infra.console import console
from infra.demo.workers import Reads

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.demo.canaries import Canaries
    from infra.demo.places import Search
    from infra.demo.play import Part

OF_EACH_REASON, SHOWN = 3, 8
"""Notices of the one mailbox: the first few of each reason, so many in all."""

_NOTICES = """
select recipient_kind, reason, min(day), max(day), count(*), count(distinct recipient),
    count(*) filter (where status <> 'delivered')
from mailbox.notice group by 1, 2 order by 1, 2
"""
_EARLY = "select count(*) from mailbox.notice where day < %s"
_DEAD = "select reason, count(*) from dead_letter.letter group by 1"
_BUSIEST = """
select recipient from mailbox.notice where recipient_kind = 'jobcentre'
group by 1 order by count(distinct reason) desc, count(*) desc, 1 limit 1
"""
_MOST_TOLD = """
select about from mailbox.notice where recipient_kind <> 'employer'
group by 1 order by count(distinct reason) desc, count(*) desc, 1 limit 1
"""
_MANY = 1_000_000


def notices(connection: "Connection", first_day: date) -> list[str]:
    """CV-3, TIT-4, TIT-15: by recipient kind and reason. Before `first_day` nobody is told anything."""
    rows = connection.execute(_NOTICES).fetchall()
    table = _table("Notices", "recipient", "reason", "first day", "last day", "notices", "recipients", "held back")
    for row in rows:
        table.add_row(*_cells(row))
    table.add_section()
    table.add_row("all", "", "", "", *_cells((sum(row[4] for row in rows), "", sum(row[6] for row in rows))))
    console.print(table)
    (early,) = connection.execute(_EARLY, (first_day,)).fetchone() or (0,)
    faults = [f"{early} notices speak of days before {first_day}."] if early else []
    faults += [] if rows else ["Nobody was told anything."]
    return faults + ["The flood guard held notices back on nights that were announced."] * any(row[6] for row in rows)


def conversions(connection: "Connection", handed_in: Mapping[tuple[str, str], int]) -> list[str]:
    """TIT-7, TIT-10: each area to the last title, against what was handed in before the wave."""
    from consumers.title_register import reconcile

    rows = reconcile(connection)
    columns = ("handed in", "in", "converted", "(alias dropped)", "must choose", "retired", "free text", "difference")
    table = _table("Job titles by area and outcome", "wave", "area", *columns, "free text before = after")
    faults = []
    for row in rows:
        before = handed_in[row.area, "discoams08"] + handed_in[row.area, "free-text"]
        outcomes = (row.converted, row.alias_dropped, row.must_choose, row.retired, row.free_text)
        same = row.texts_hash_before == row.texts_hash_now
        hashes = f"{row.texts_hash_before[:8]} {'=' if same else '≠'} {row.texts_hash_now[:8]}"
        table.add_row(*_cells((row.wave, row.area, before, row.intake, *outcomes, row.difference, hashes)))
        if row.difference or before != row.intake or row.free_text != handed_in[row.area, "free-text"]:
            faults.append(f"Area {row.area} does not add up: {before} titles handed in, {row}.")
        if not same:
            faults.append(f"Free text in area {row.area} is not what it was before wave {row.wave}.")
    console.print(table)
    missing = {area for area, _ in handed_in} - {row.area for row in rows}
    return faults + [f"Area {area} is not reconciled at all." for area in sorted(missing)]


def one_mailbox(connection: "Connection") -> list[str]:
    """The mailbox of the jobcentre that was told most, as `dfdg notices` shows it."""
    from consumers.mailboxes import mailbox

    (jobcentre,) = connection.execute(_BUSIEST).fetchone() or ("",)
    every = mailbox(connection, jobcentre, _MANY, "jobcentre")
    seen: Counter[str] = Counter()
    table = _table(f"From the {len(every)} notices to {jobcentre}", "number", "from", "about", "reason", "text")
    for notice in every:
        seen[notice.reason] += 1
        if seen[notice.reason] <= OF_EACH_REASON and table.row_count < SHOWN:
            table.add_row(*_cells((notice.number, notice.from_day, notice.about, notice.reason, notice.text)))
    console.print(table)
    return [] if every else ["No jobcentre was told anything."]


def one_citizen(connection: "Connection", explain: "Callable[[Connection, str], Any]") -> list[str]:
    """OPS-3: the citizen about whom most was said, as `dfdg explain` knows it."""
    from schemas.dates import COPENHAGEN

    (citizen,) = connection.execute(_MOST_TOLD).fetchone() or ("",)
    found = explain(connection, citizen)
    table = _table(f"What happened to {citizen}", "when", "what", "rule", "event", "because of")
    for step in found.steps:
        told = step.notice and f"{step.notice.recipient_kind} {step.notice.recipient} is told: {step.notice.reason}"
        cause = step.cause.hex[:8] if step.cause else ""
        table.add_row(
            f"{step.at.astimezone(COPENHAGEN):%F %R}", told or step.type, step.rule or "", step.id.hex[:8], cause
        )
    console.print(table)
    for known in found.states:
        console.print(
            f"{known.decision} knows: {json.dumps(known.state, ensure_ascii=False)}", style="dim", markup=False
        )
        console.print(f"  and looks again on {known.wakes_on}\n" if known.wakes_on else "  and waits for no day\n")
    return [] if found.steps else ["No citizen can be explained."]


def lag(connection: "Connection", kafka: str, reads: Reads) -> list[str]:
    """OPS-2: every topic of every group, which must be at zero; and no dead letters."""
    from infra.lag import standing
    from producers.clock import wall_clock

    stand = standing(connection, kafka, reads, wall_clock())
    table = _table("Lag", "group", "topic", "records in the log", "lag in records")
    for each in stand.lags:
        table.add_row(*_cells((each.group, each.topic, stand.records[each.topic])), _known(each.records))
    console.print(table)
    faults = [
        f"{each.group} is behind on {each.topic}: {_known(each.records)}." for each in stand.lags if each.records != 0
    ]
    faults += [f"Alarm of {alarm.group}/{alarm.slice}: {alarm.text}" for alarm in stand.alarms]
    dead = connection.execute(_DEAD).fetchall()
    return faults + [f"{count} dead letters: {reason}" for reason, count in dead]


def canaries(found: "Search", sought: "Canaries") -> list[str]:
    """Invariants 4 and 5, TIT-9, AD-2: nothing that must not be there stands in any place."""
    looked = (
        f"{found.records:,} records, {found.rows:,} rows, {found.files} log files, and what {found.screens} commands"
    )
    named = (len(sought.cprs), sum(map(len, sought.originals.values())), len(sought.adverts))
    kinds = "{:,} CPR numbers, {:,} replaced titles with their holders, {:,} numbers of anonymous adverts".format(
        *named
    )
    console.print(f"Looked for {kinds} in {looked} print: found in {len(found.found)} places.\n")
    return [f"What may not be there stands in {place}." for place in found.found]


def times(parts: Sequence["Part"]) -> None:
    """How long each part took. Every decision and sink counts what it applied."""
    table = _table("Time", "part", "seconds", "handed in", "handed in/s", "applied", "applied/s")
    for part in parts:
        rates = [(number, number / part.seconds) if number else ("", "") for number in (part.handed_in, part.applied)]
        cells = [f"{cell:,.0f}" if cell != "" else "" for pair in rates for cell in pair]
        table.add_row(part.name, f"{part.seconds:.1f}", *cells)
    table.add_section()
    table.add_row("all", f"{sum(part.seconds for part in parts):.1f}")
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cells(values: Iterable[Any]) -> list[str]:
    return [f"{value:,}" if isinstance(value, int) else str(value) for value in values]


def _known(records: int | None) -> str:
    return "unknown" if records is None else f"{records:,}"
