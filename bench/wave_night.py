"""`python -m bench.wave_night`: wave 1 comes over so many held titles, while CV events flow and the workers are killed.

The clock runs from the day's beginning until every title is decided, and until every row stands in `titles.held` and in
the audit. All decisions and all sinks run, in two processes; both are killed once, in the middle, and started again.
"""

import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Annotated

import typer

from bench.contenders import Contender
from bench.job import Job
from bench.lab import Ground, Lab, lab
from bench.latency import Reader
from bench.measure import Running
from bench.report import console
from bench.usage import Cpu, cpu
from bench.wave import FIRST_LOAD_AT, VERSION, Wave
from bench.wave_live import Live, delays
from bench.wave_report import Night, faults, show
from infra.cli import catalog
from infra.reference.tables import store_table
from producers.classification import Published
from producers.clock import begin_days
from producers.title_table import announce
from schemas.release_dates import WAVE_1
from schemas.topic import SLICES
from schemas.topics import TITLE_HELD_RECORDED

RATE_PER_S = 500
WARM_S = 20
"""Of live events before the wave: Kafka's young JVM compiles itself for so long."""

SLOWEST_TITLES_PER_S = 1_000
"""There are live events for so long; when a night is slower they end before it, which the report shows."""

LOOK_INTERVAL_S, STALL_S = 0.2, 120.0
_RUN = (sys.executable, "-m", "infra.cli", "run")
_RECORDS = "select sum(records) from ledger.batch where consumer = %s"
_DECIDED = "select sum(outgoing) from ledger.batch where consumer = 'titles'"
_MOVED = "select sum(batch) from ledger.slice"
_LONGEST = """
select 1000 * max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and application_name <> 'bench'
"""


def main(
    titles: Annotated[int, typer.Option(min=100, help="Held titles in the areas of wave 1.")] = 1_000_000,
    rate: Annotated[int, typer.Option(min=1, help="CV events a second that flow meanwhile.")] = RATE_PER_S,
    kill: Annotated[bool, typer.Option(help="Kill the workers in the middle, and start them again.")] = True,
) -> None:
    """Measure a wave night on local servers of its own; exit code 1 when anything does not add up afterwards."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it takes its servers along
    console.print("Starting the servers ...")
    wave, job = Wave(titles), Job(rate * (WARM_S + 1 + titles // SLOWEST_TITLES_PER_S))
    with lab() as servers, servers.fresh() as ground:
        _fill(ground, wave, job)
        night = _night(servers, ground, wave, job, rate, kill)
        wrong = faults(ground, wave)
        show(night, wave, rate, wrong)
    raise typer.Exit(bool(wrong))


def _fill(ground: Ground, wave: Wave, job: Job) -> None:
    """The table, the titles and the citizens of the live events, on the eve of the wave."""
    with ground.connection.transaction():
        stored = store_table(ground.connection, wave.new, wave.old, VERSION)
    announce(ground.addresses.kafka, ground.schema_ids, Published(*stored, counts={}), [], FIRST_LOAD_AT)
    eve = WAVE_1 - timedelta(days=1)
    begin_days(ground.connection, ground.addresses.kafka, ground.schema_ids, eve, eve)
    ground.fill(wave.facts(), (TITLE_HELD_RECORDED,))
    ground.fill(job.first_load)


def _night(servers: Lab, ground: Ground, wave: Wave, job: Job, rate: int, kill: bool) -> Night:
    watch = Watch(
        ground,
        Contender(
            "wave",
            "wave night",
            ((*_RUN, *(each.name for each in catalog.DECISIONS)), (*_RUN, *(each.name for each in catalog.SINKS))),
        ),
    )
    changes, replaced = wave.titles, wave.becomes["converted"]
    live, reader = Live(ground, job.facts, rate), Reader(ground)
    with ExitStack() as stack:
        stack.callback(watch.end)
        began = time.monotonic()
        watch.applied("title-register", wave.titles + SLICES)
        watch.applied("journal", wave.titles + len(job.first_load))
        loaded_s = time.monotonic() - began
        for thread in (reader, live):
            thread.start()
            stack.callback(thread.told.set)
        live.told.wait(WARM_S)
        began, killed, watch.longest_ms, before = time.monotonic(), None, 0, watch.cpu(servers)
        begin_days(ground.connection, ground.addresses.kafka, ground.schema_ids, WAVE_1, WAVE_1)
        if kill:
            watch.until(lambda: ground.count(_DECIDED) >= (changes + replaced) // 2)
            killed = time.monotonic()
            watch.restart(servers)
        watch.until(lambda: ground.count(_DECIDED) >= changes + replaced)
        decided = time.monotonic()
        watch.applied("title-register", wave.titles + changes + 2 * SLICES)
        watch.applied("title-audit", replaced + SLICES)
        ended, longest_ms, used = time.monotonic(), watch.longest_ms, watch.cpu(servers).since(before)
        live.told.set()
        live.join()
        notices = live.notices()
        watch.until(lambda: len(reader.read) >= notices)
        latencies = delays(live.sent, reader.read, began, ended, killed)
    return Night(loaded_s, decided - began, ended - began, longest_ms, used, len(live.sent), latencies)


class Watch:
    """The workers, looked at until something holds; `longest_ms` is the longest transaction that was seen meanwhile."""

    def __init__(self, ground: Ground, contender: Contender) -> None:
        self._ground, self._contender = ground, contender
        self._running = Running(contender, ground)
        self._killed_s = 0.0
        self.longest_ms = 0

    def end(self) -> None:
        self._running.end()

    def cpu(self, servers: Lab) -> Cpu:
        """CPU seconds so far, of killed workers too: they tell more than the clock when others use the machine."""
        now = cpu(self._running.pids, servers.pids)
        return now._replace(workers=now.workers + self._killed_s)

    def restart(self, servers: Lab) -> None:
        """SIGKILL, and new ones."""
        self._killed_s += cpu(self._running.pids, servers.pids).workers
        self._running.kill()
        self._running = Running(self._contender, self._ground)

    def applied(self, consumer: str, records: int) -> None:
        """Wait until the consumer has applied so many records."""
        self.until(lambda: self._ground.count(_RECORDS, consumer) >= records)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for it; a `ContenderError` when a worker dies, a `TimeoutError` when nothing moves for `STALL_S`."""
        moved, at = -1, time.monotonic()
        while not holds():
            self._running.check()
            self.longest_ms = max(self.longest_ms, self._ground.count(_LONGEST))
            if (now := self._ground.count(_MOVED)) != moved:
                moved, at = now, time.monotonic()
            elif time.monotonic() - at > STALL_S:
                raise TimeoutError(f"Nothing moves:\n{self._running.output()[-2_000:]}")
            time.sleep(LOOK_INTERVAL_S)


if __name__ == "__main__":
    typer.run(main)
