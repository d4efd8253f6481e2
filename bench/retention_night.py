"""`python -m bench.retention_night`: so many due records are deleted, one area at a time, while 1,000 events/s flow.

Register, decision and deletions as real processes on real servers, each record with its receipt. The clock starts when
the day begins and stops at the last receipt.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple

import psycopg
import typer

from bench.contenders import Contender
from bench.job import DAY, Job
from bench.lab import Ground, lab
from bench.measure import START_DEADLINE_S, Running, running, until
from bench.report import console
from producers.clock import begin_days
from schemas.ids import derived_id, slice_of
from schemas.topic import SLICES

RATE_PER_S = 1_000
RECORDS_PER_CITIZEN = 10
WATCH_S = 0.02
SLOWEST_ROWS_PER_S = 100
"""Who deletes more slowly is given up."""

RETENTION = ("registers", "retention", "deletions")
CV = ("cv-requirement", "cv-status", "mailboxes")
_DFDG = (sys.executable, "-m", "infra.cli", "run")
SYSTEM = Contender("retention", "retention beside CV duties", ((*_DFDG, *RETENTION), (*_DFDG, *CV)))

_LONGEST = f"""
select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::float from pg_stat_activity
where application_name in {RETENTION} and datname = current_database()
"""
_CITIZENS = "create unlogged table bench_citizen (n int primary key, citizen text, slice int)"
_COPY = "copy bench_citizen from stdin"
_CHECKS = """
insert into register.job_suggestion_check (record, citizen, slice, checked_on, outcome, updated_at)
select 'check-' || r, citizen, slice, '2015-07-01', 'acknowledged', '2015-07-01 12:00Z'
from generate_series(0, %(last)s) r join bench_citizen on n = r / %(each)s
"""
_ENTRIES = """
insert into register.joblog_entry (record, citizen, slice, applied_on, employer, position, how_applied, note,
    updated_at, updated_on)
select 'entry-' || r, citizen, slice, '2017-07-15', 'Bakery', 'Bager', 'advert', 'Ring igen',
    '2017-07-15 12:00Z', '2017-07-15'
from generate_series(0, %(last)s) r join bench_citizen on n = r / %(each)s
"""
_ARCHIVED = """
with delivery as (
    insert into archive.delivery values ('bench', 'job-suggestion-checks', now(), 0, 0, 'approval', now(), 'bench')
)
insert into archive.delivered select 'job-suggestion-checks', record, 'bench', updated_at
from register.job_suggestion_check
"""
_ANNOUNCED = "insert into retention.announced select area, %s, 1, 'bench' from retention.ceiling"
_RECEIPTS = "select count(*) from retention.receipt where area = %s"


class Night(NamedTuple):
    """An area whose records are all due on that day, and not before."""

    area: str
    day: date


NIGHTS = (Night("job-suggestion-checks", date(2021, 7, 1)), Night("joblog-voluntary", date(2021, 7, 15)))


class Result(NamedTuple):
    area: str
    records: int
    seconds: float
    longest_s: float
    events_per_s: float


def main(records: Annotated[int, typer.Option(min=100, help="Due records of each area.")] = 1_000_000) -> None:
    """Delete so many due records of each area, each with a receipt, while 1,000 CV events/s flow."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it takes its servers along
    with lab() as servers, servers.fresh() as ground:
        console.print(f"Filling: {records:,} records of each of {len(NIGHTS)} areas ...")
        _fill(ground, records)
        begin_days(ground.connection, ground.addresses.kafka, ground.schema_ids, DAY, DAY)
        job = Job(RATE_PER_S * 60)
        ground.fill(job.first_load)
        with running(SYSTEM, ground) as processes:
            ready = "select count(*) from ledger.slice where day is not null"
            if not until(lambda: ground.count(ready) >= SLICES * 2, processes, START_DEADLINE_S):
                raise RuntimeError(f"It does not begin:\n{processes.output()[-2000:]}")
            for night in NIGHTS:
                _show(_measure(ground, processes, night, records, job))


def _show(result: Result) -> None:
    console.print(
        f"{result.area}: {result.records:,} records in {result.seconds:.1f} s ="
        f" {result.records / result.seconds:,.0f} rows/s; longest transaction {1000 * result.longest_s:.0f} ms;"
        f" beside {result.events_per_s:,.0f} events/s"
    )


def _fill(ground: Ground, records: int) -> None:
    connection = ground.connection
    connection.execute(_CITIZENS)
    with connection.cursor().copy(_COPY) as copy:
        for n in range(records // RECORDS_PER_CITIZEN + 1):
            citizen = f"c-{n:032x}"
            copy.write_row((n, citizen, slice_of(citizen.encode(), SLICES)))
    known = {"last": records - 1, "each": RECORDS_PER_CITIZEN}
    connection.execute(_CHECKS, known)
    connection.execute(_ENTRIES, known)
    connection.execute(_ARCHIVED)
    for night in NIGHTS:
        connection.execute(_ANNOUNCED, (night.day,))
    connection.execute("vacuum analyze")
    connection.execute("checkpoint")


def _measure(ground: Ground, processes: Running, night: Night, records: int, job: Job) -> Result:
    with _watched(ground) as watch, _flowing(ground, job) as flow:
        began = time.monotonic()
        begin_days(ground.connection, ground.addresses.kafka, ground.schema_ids, night.day, night.day, agreed="bench")
        deadline_s = START_DEADLINE_S + records / SLOWEST_ROWS_PER_S
        if not until(lambda: ground.count(_RECEIPTS, night.area) >= records, processes, deadline_s):
            raise RuntimeError(f"Not all is gone after {deadline_s:.0f} s:\n{processes.output()[-2000:]}")
        seconds = time.monotonic() - began
    return Result(night.area, records, seconds, watch.longest_s, flow.sent / seconds)


@dataclass
class Seen:
    """The longest transaction of retention's, and events sent so far."""

    longest_s: float = 0.0
    sent: int = 0


@contextmanager
def _watched(ground: Ground) -> Iterator[Seen]:
    watch, told = Seen(), threading.Event()

    def look() -> None:
        with psycopg.connect(ground.addresses.dsn, autocommit=True) as connection:
            while not told.wait(WATCH_S):
                (longest,) = connection.execute(_LONGEST).fetchone() or (0.0,)
                watch.longest_s = max(watch.longest_s, longest)

    with _thread(look, told):
        yield watch


@contextmanager
def _flowing(ground: Ground, job: Job) -> Iterator[Seen]:
    """The job's facts at an even pace, over and over: each time round as new events, with ids of their own."""
    flow, told = Seen(), threading.Event()

    def send() -> None:
        producer, begin = ground.producer(linger_ms=5), time.monotonic()
        while not told.is_set():
            if (wait_s := begin + flow.sent / RATE_PER_S - time.monotonic()) > 0:
                told.wait(wait_s)
                continue
            new = derived_id(b"night", b"%d" % time.monotonic_ns()).hex()
            topic, partition, key, value, headers = ground.record(
                job.facts[flow.sent % len(job.facts)]._replace(id=new)
            )
            producer.produce(topic, value, key, partition, headers=headers)
            producer.poll(0)
            flow.sent += 1
        producer.flush()

    with _thread(send, told):
        yield flow


@contextmanager
def _thread(work: Callable[[], None], told: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        told.set()
        thread.join()


if __name__ == "__main__":
    typer.run(main)
