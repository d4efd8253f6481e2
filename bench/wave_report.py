"""Whether a wave night adds up, and what it took."""

from typing import NamedTuple

from rich.table import Table

from bench.lab import Ground
from bench.report import console
from bench.usage import Cpu
from bench.wave import Wave
from bench.wave_live import Delays
from consumers.title_register import reconcile
from schemas.topics import TITLE_CHANGED, TITLE_REPLACED

_AUDIT = "select count(distinct (holder, area, item)) from audit.replaced_title"
_ALARMS = "select count(*) from ledger.slice where alarm is not null"
_LETTERS = "select count(*) from dead_letter.letter"


class Night(NamedTuple):
    """`decided_s`: until the last title was decided; `done_s`: until the last row of register and audit."""

    loaded_s: float
    decided_s: float
    done_s: float
    longest_ms: int
    used: Cpu
    live: int
    delays: Delays


def faults(ground: Ground, wave: Wave) -> list[str]:
    """What does not add up: the reconciliation, the audit, each event once on its topic, alarms, dead letters."""
    rows, becomes = reconcile(ground.connection), wave.becomes
    replaced = becomes["converted"]
    found = {
        "titles at the intake": (sum(row.intake for row in rows), wave.titles),
        "converted": (sum(row.converted for row in rows), replaced),
        "aliases dropped": (sum(row.alias_dropped for row in rows), becomes["alias_dropped"]),
        "must choose": (sum(row.must_choose for row in rows), becomes["must-choose"]),
        "retired": (sum(row.retired for row in rows), becomes["retired"]),
        "undecided": (sum(abs(row.difference) for row in rows), 0),
        "replaced titles in the audit": (ground.count(_AUDIT), replaced),
        "events on title-changed": (ground.distinct(TITLE_CHANGED), wave.titles),
        "events on title-replaced": (ground.distinct(TITLE_REPLACED), replaced),
        "alarms": (ground.count(_ALARMS), 0),
        "dead letters": (ground.count(_LETTERS), 0),
    }
    return [f"{what}: {count:,}, not {right:,}" for what, (count, right) in found.items() if count != right]


def show(night: Night, wave: Wave, rate: int, wrong: list[str]) -> None:
    """One line a figure."""
    table = Table(title=f"Wave night over {wave.titles:,} held titles", title_justify="left", show_header=False)
    delays = night.delays
    for what, figure in (
        ("taken in before, titles/s", f"{wave.titles / night.loaded_s:,.0f}"),
        ("decided, titles/s (s)", f"{wave.titles / night.decided_s:,.0f} ({night.decided_s:.1f})"),
        ("to the last row, titles/s (s)", f"{wave.titles / night.done_s:,.0f} ({night.done_s:.1f})"),
        ("CPU s: workers, PostgreSQL, Kafka", ", ".join(f"{seconds:.1f}" for seconds in night.used)),
        ("longest transaction seen, ms", f"{night.longest_ms:,}"),
        (f"CV events beside it, {rate}/s", f"{night.live:,}"),
        ("their notices: p50, p99, worst, ms", f"{delays.p50_ms:.0f}, {delays.p99_ms:.0f}, {delays.worst_ms:.0f}"),
        ("p99 outside 15 s around the kill, ms", f"{delays.p99_undisturbed_ms:.0f} (of {delays.notices:,} in all)"),
        ("reconciliation", "; ".join(wrong) or "adds up"),
    ):
        table.add_row(what, figure)
    console.print(table)
