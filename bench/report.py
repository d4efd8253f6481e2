"""What was measured, as tables on stdout."""

import statistics
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.contenders import CONTENDERS
from bench.job import Job
from bench.latency import Latency
from bench.measure import Run
from bench.timers import Timers

WIDTH = 200
"""Of what goes to a file: the widest table fits."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
MICRO = 1_000_000
SHOWN_US = 0.05


def quoted(values: Sequence[float], digits: int = 0) -> str:
    """The median, and the range when there are several."""
    middle = f"{statistics.median(values):,.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def show_runs(runs: dict[str, list[Run]], jobs: dict[str, Job], latencies: dict[str, list[Latency]]) -> None:
    """One row a contender; a run with wrong outputs spoils its row, and the row says so."""
    table = Table(title="From full topics to the last row: median (range) of the runs", title_justify="left")
    for column in ("", "events", "events/s", "notices/s", "CPU s: own", "PostgreSQL", "Kafka", "peak MiB"):
        table.add_column(column, justify="right" if column else "left", no_wrap=not column)
    for column in ("p50 ms", "p99 ms", "outputs"):
        table.add_column(column, justify="right")
    for contender in CONTENDERS:
        if contender.name in runs:
            table.add_row(
                contender.title, *_cells(runs[contender.name], jobs[contender.name], latencies.get(contender.name, []))
            )
    console.print(table)


def _cells(runs: list[Run], job: Job, latencies: list[Latency]) -> list[str]:
    faults = sorted({fault for run in runs for fault in run.faults})
    repeats = [run.repeats for run in runs]
    repeated = f", {quoted(repeats)} repeated" if any(repeats) else ""
    return [
        f"{job.events:,}",
        quoted([run.events_per_s for run in runs]),
        quoted([run.notices_per_s for run in runs]),
        *(quoted([run.cpu[part] for run in runs], 1) for part in range(3)),
        quoted([run.peak_mib for run in runs]),
        quoted([each.p50_ms for each in latencies]) if latencies else "",
        quoted([each.p99_ms for each in latencies]) if latencies else "",
        f"WRONG: {'; '.join(faults)}" if faults else f"right{repeated}",
    ]


def show_latency(latency: Latency, rate_per_s: int, seconds: int) -> None:
    console.print(
        f"Latency from produce() to the notice readable on its topic, {rate_per_s:,} events/s for {seconds} s,"
        f" {latency.notices:,} notices: p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms,"
        f" worst {latency.worst_ms:.1f} ms. The pacer was late by {latency.late_ms:.1f} ms at most."
    )
    if latency.missing:
        console.print(f"WRONG: {latency.missing:,} notices never came.")


def show_profile(name: str, records: int, timers: Timers) -> None:
    """Microseconds a record; the rest of wall beyond CPU is waiting, mostly for PostgreSQL."""
    cost = f"a timed call itself costs {timers.cost_s() * MICRO:.1f} µs"
    table = Table(title=f"{name}: µs a record, {records:,} records; {cost}", title_justify="left")
    table.add_column("part")
    table.add_column("wall", justify="right")
    table.add_column("Python's CPU", justify="right")
    table.add_column("timed calls", justify="right")
    parts = sorted(
        (part for part in timers.wall_s if timers.wall_s[part] / records * MICRO >= SHOWN_US),
        key=lambda part: -timers.wall_s[part],
    )
    for part in parts:
        spent = (f"{of[part] / records * MICRO:.1f}" for of in (timers.wall_s, timers.cpu_s))
        table.add_row(part, *spent, f"{timers.calls.get(part, 0):,}")
    table.add_section()
    table.add_row("all", *(f"{sum(of.values()) / records * MICRO:.1f}" for of in (timers.wall_s, timers.cpu_s)))
    console.print(table)
