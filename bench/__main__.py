"""`python -m bench`: starts servers of its own, measures, prints, and leaves nothing behind."""

import os
import platform
import signal
from collections import defaultdict
from typing import Annotated

import typer

from bench.contenders import CONTENDERS, LATENCY_OF, jobs
from bench.lab import Lab, lab
from bench.latency import Latency, latency
from bench.measure import ContenderError, Run, measure
from bench.profile import profile
from bench.report import console, show_latency, show_profile, show_runs
from bench.usage import Cpu

RATE_PER_S = 1_000
NAMES = tuple(contender.name for contender in CONTENDERS)


def main(
    events: Annotated[int, typer.Option(min=100, help="Events of the job; slow contenders get fewer.")] = 200_000,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each contender: median and range are told.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(NAMES)}; may be repeated.")] = None,
    seconds: Annotated[int, typer.Option(min=0, help="How long latency is measured; 0: not at all.")] = 20,
    profiled: Annotated[bool, typer.Option("--profile", help="Only show where the time goes.")] = False,
) -> None:
    """Do the same job on this system and on what one would pick instead, one after the other, on local servers.

    CV facts in; requirement state, change events, notices and mailboxes out. Takes some minutes; wants a quiet machine.
    """
    if unknown := set(only or ()) - set(NAMES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is not known. Known are: {', '.join(NAMES)}.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it takes its servers along
    console.print("Starting the servers ...")
    with lab() as servers:
        _tell_where(servers)
        if profiled:
            for name, records, timers in profile(servers, events):
                show_profile(name, records, timers)
        else:
            _compare(servers, events, runs, tuple(only or NAMES), seconds)


def _tell_where(servers: Lab) -> None:
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} cores, load {load:.1f} before, Python {platform.python_version()}, "
        + ", ".join(f"{row.name} {row.version}" for row in servers.stack.status())
    )
    with servers.fresh() as ground:
        row = ground.connection.execute("select current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, commit = row.fetchone() or ("?", "?")
    console.print(f"fsync {fsync}, synchronous_commit {commit}; acks=all, one broker, one copy")


def _compare(servers: Lab, events: int, runs: int, names: tuple[str, ...], seconds: int) -> None:
    """Latency while Kafka has nothing of earlier runs to delete; then all contenders once, then all again: what changes
    on the machine meets everyone."""
    made, done = jobs(events), defaultdict[str, list[Run]](list)
    latencies: list[Latency] = []
    for contender in CONTENDERS:
        if contender.name == LATENCY_OF and contender.name in names and seconds:
            for _ in range(runs):
                latencies.append(latency(servers, contender, RATE_PER_S, seconds))
                show_latency(latencies[-1], RATE_PER_S, seconds)
    for number in range(1, runs + 1):
        for contender in CONTENDERS:
            if contender.name in names:
                job = made[contender.name]
                try:
                    run = measure(servers, contender, job)
                except ContenderError as error:  # the others are measured all the same
                    run = Run(0.0, 0.0, Cpu(0.0, 0.0, 0.0), 0.0, [str(error)])
                done[contender.name].append(run)
                console.print(
                    f"run {number}: {contender.title}: {run.events_per_s:,.0f} events/s {' '.join(run.faults)}"
                )
    show_runs(done, made, {LATENCY_OF: latencies})


if __name__ == "__main__":
    typer.run(main)
