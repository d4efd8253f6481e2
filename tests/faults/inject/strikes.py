"""The faults of processes, servers, disks and clocks, one by one."""

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import psycopg
from psycopg.conninfo import make_conninfo

from infra.local.state import State
from infra.registry import Registry
from infra.registry_copy import put_back
from tests.faults.inject.network import (
    Strike,
    cut_connections,
    lose_commits,
    lose_hints,
    lose_produces,
    mute,
    patiently,
    slow,
    wait,
)
from tests.faults.load.workload import Workload, own_sessions
from tests.faults.oracles.verdict import Evidence

SESSION_S = 3.0
"""Seconds without a heartbeat after which Kafka gives a worker's slices to others."""

REGISTRY_MISSED = "The schema registry is away"
"""Of a worker's log line, when it asks in vain."""


def kill_worker(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """SIGKILL, whatever the worker does."""
    if workload.alive:
        evidence.kills_in_transaction += workload.kill(luck.choice(workload.alive), luck)
        evidence.struck["worker killed"] += 1


def freeze_worker(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """SIGSTOP for longer than its session lasts, then it wakes as a zombie."""
    if workload.alive:
        zombie = luck.choice(workload.alive)
        workload.until_it_has_slices(zombie)
        evidence.struck["worker frozen"] += zombie.process.poll() is None
        zombie.send(signal.SIGSTOP)
        wait(SESSION_S + luck.uniform(2, 6))
        zombie.send(signal.SIGCONT)


def storm(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """Workers join and leave, one every few seconds."""
    for _ in range(3):
        if len(workload.alive) < 3 or luck.random() < 0.5:
            workload.join()
        else:
            workload.leave(luck.choice(workload.alive))
        evidence.struck["worker joined or left"] += 1
        wait(luck.uniform(2, 5))


def kill_postgres(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """An `immediate` stop; PostgreSQL is back at once or after some seconds."""
    _restart(workload, "postgres", luck.choice((0.0, 3.0, 8.0)), evidence)


def kill_broker(workload: Workload, luck: Random, evidence: Evidence) -> None:
    _restart(workload, "kafka-1", luck.choice((0.0, 5.0, 12.0)), evidence)


def lose_broker(workload: Workload, _luck: Random, evidence: Evidence) -> None:
    """The broker is away for longer than any client's default time-out."""
    _restart(workload, "kafka-1", 70.0, evidence)


def lose_one_of_three(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """The other two brokers have every record and go on; the third is back before the next one is lost."""
    name = f"kafka-{luck.randint(1, 3)}"
    _restart(workload, name, luck.uniform(4, 10), evidence)
    evidence.struck["one of three brokers lost"] += 1


def registry_away(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """A worker that starts meanwhile waits for it, and says so."""
    stack = workload.environment.stack
    stack.kill("registry")
    worker = workload.join()
    patiently(lambda: REGISTRY_MISSED in worker.log() or worker.process.poll() is not None)
    wait(luck.uniform(2, 5))
    stack.start("registry")
    evidence.struck["registry away"] += REGISTRY_MISSED in worker.log()


def lose_registry(workload: Workload, _luck: Random, evidence: Evidence) -> None:
    """Its schemas are lost. `dfdg init` must not give the same ones new ids; a copy puts them back, with their ids."""
    environment, stack = workload.environment, workload.environment.stack
    there = environment.system.addresses
    registry = Registry(there.registry)
    kept = registry.versions()
    stack.kill("registry")
    with psycopg.connect(make_conninfo(there.dsn, dbname="postgres"), autocommit=True) as connection:
        connection.execute("drop database apicurio with (force)")
        connection.execute("create database apicurio owner apicurio")
    stack.start("registry")
    refused = environment.command("init")
    evidence.struck["lost registry not filled"] += (
        "Nothing was registered" in refused.stderr and not registry.versions()
    )
    put_back(registry, kept)


def freeze_broker(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """Connections stay open, but the broker answers nothing."""
    state = State.load(workload.environment.stack.folder)
    assert state is not None, "the servers are up"
    broker = state.processes["kafka-1"]
    broker.send(signal.SIGSTOP)
    wait(luck.uniform(3, 12))
    broker.send(signal.SIGCONT)
    evidence.struck["broker frozen"] += 1


def end_sessions(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """Some of the workers' database sessions are terminated, whatever the workers do."""
    for _ in range(5):
        sessions = own_sessions(workload.environment)
        ended = luck.sample(sessions, min(len(sessions), 4))
        try:
            with psycopg.connect(workload.environment.system.dsn, connect_timeout=2) as connection:
                connection.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) pid", (ended,))
        except psycopg.OperationalError:  # another fault has stopped the server: there is no session to end
            return
        evidence.struck["session terminated"] += len(ended)
        wait(luck.uniform(0.2, 1.5))


def fill_disk(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """The disk of the database is full, and the archive delivery is written to the same disk, so that it fails too."""
    disk = workload.environment.disk
    assert disk is not None, "a scenario with a small disk"
    disk.fill()
    seen = _disk_full(workload)
    done = workload.environment.deliver("referrals", folder=disk.folder)
    evidence.struck["delivery refused by a full disk"] += done.returncode != 0
    wait(luck.uniform(2, 4))
    patiently(lambda: _disk_full(workload) > seen)
    disk.free()
    evidence.struck["database's disk full"] += _disk_full(workload) > seen


def _disk_full(workload: Workload) -> int:
    return sum(worker.log().count("DiskFull") for worker in workload.environment.workers)


def step_clock(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """Two clocks that are set back begin, at the same time, days that have begun already."""
    last = workload.environment.last_day
    if last is None:
        return
    back = (last, last - timedelta(days=luck.randint(1, 5)))
    with ThreadPoolExecutor(len(back)) as both:
        for done in both.map(lambda day: workload.environment.command("clock", "to", day.isoformat()), back):
            evidence.struck["clock set back"] += done.returncode == 0


def _restart(workload: Workload, server: str, away_s: float, evidence: Evidence) -> None:
    stack = workload.environment.stack
    stack.kill(server)
    wait(away_s)
    stack.start(server)
    evidence.struck[f"{server} killed"] += 1


SHORT: tuple[Strike, ...] = (
    *(kill_worker, freeze_worker, storm, kill_postgres, kill_broker, freeze_broker, end_sessions, registry_away),
    *(lose_commits, lose_produces, lose_hints, cut_connections, mute, slow, step_clock),
)
"""The faults of random mixes."""
