"""The faults of processes, servers, disks and clocks, one by one."""

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import psycopg

from infra.local.state import State
from tests.faults.crew import Crew, own_sessions
from tests.faults.network import (
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
from tests.faults.verdict import Evidence

SESSION_S = 3.0
"""After so long without a heartbeat the local servers give a worker's slices away."""

REGISTRY_MISSED = "the schema registry at"
"""Of a worker's log line, when it asks in vain."""


def kill_worker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """SIGKILL, at whatever it does."""
    if crew.alive:
        evidence.kills_in_transaction += crew.kill(luck.choice(crew.alive), luck)
        evidence.struck["worker killed"] += 1


def freeze_worker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """SIGSTOP for longer than its session lasts, then it wakes as a zombie."""
    if crew.alive:
        zombie = luck.choice(crew.alive)
        crew.until_it_has_slices(zombie)
        evidence.struck["worker frozen"] += zombie.process.poll() is None
        zombie.send(signal.SIGSTOP)
        wait(SESSION_S + luck.uniform(2, 6))
        zombie.send(signal.SIGCONT)


def storm(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Workers join and leave, one every few seconds."""
    for _ in range(3):
        if len(crew.alive) < 3 or luck.random() < 0.5:
            crew.join()
        else:
            crew.leave(luck.choice(crew.alive))
        evidence.struck["worker joined or left"] += 1
        wait(luck.uniform(2, 5))


def kill_postgres(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """`immediate` stop; back at once or after some seconds."""
    _restart(crew, "postgres", luck.choice((0.0, 3.0, 8.0)), evidence)


def kill_broker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    _restart(crew, "kafka-1", luck.choice((0.0, 5.0, 12.0)), evidence)


def lose_broker(crew: Crew, _luck: Random, evidence: Evidence) -> None:
    """Away for longer than any client's default time-out."""
    _restart(crew, "kafka-1", 70.0, evidence)


def lose_one_of_three(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """The others have every record, and go on without it; it comes back before the next one is lost."""
    name = f"kafka-{luck.randint(1, 3)}"
    _restart(crew, name, luck.uniform(4, 10), evidence)
    evidence.struck["one of three brokers lost"] += 1


def registry_away(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """A worker that starts meanwhile waits for it, and says so."""
    stack = crew.ground.stack
    stack.kill("registry")
    worker = crew.join()
    patiently(lambda: REGISTRY_MISSED in worker.log() or worker.process.poll() is not None)
    wait(luck.uniform(2, 5))
    stack.start("registry")
    evidence.struck["registry away"] += REGISTRY_MISSED in worker.log()


def freeze_broker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Connections stay, nothing is answered."""
    state = State.load(crew.ground.stack.folder)
    assert state is not None, "the servers are up"
    broker = state.processes["kafka-1"]
    broker.send(signal.SIGSTOP)
    wait(luck.uniform(3, 12))
    broker.send(signal.SIGCONT)
    evidence.struck["broker frozen"] += 1


def end_sessions(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Some of the workers' database sessions are terminated, whatever they do."""
    for _ in range(5):
        sessions = own_sessions(crew.ground)
        ended = luck.sample(sessions, min(len(sessions), 4))
        try:
            with psycopg.connect(crew.ground.system.dsn, connect_timeout=2) as connection:
                connection.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) pid", (ended,))
        except psycopg.OperationalError:  # another fault has taken the server: nothing to end
            return
        evidence.struck["session terminated"] += len(ended)
        wait(luck.uniform(0.2, 1.5))


def fill_disk(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """The database's disk is full, and so is the one that the Archives' delivery is written to: it is none then."""
    disk = crew.ground.disk
    assert disk is not None, "a scenario with a small disk"
    disk.fill()
    seen = _disk_full(crew)
    done = crew.ground.deliver("referrals", folder=disk.folder)
    evidence.struck["delivery refused by a full disk"] += done.returncode != 0
    wait(luck.uniform(2, 4))
    patiently(lambda: _disk_full(crew) > seen)
    disk.free()
    evidence.struck["database's disk full"] += _disk_full(crew) > seen


def _disk_full(crew: Crew) -> int:
    return sum(worker.log().count("DiskFull") for worker in crew.ground.workers)


def step_clock(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """A clock that was set back begins days that have begun, and a second one does so at the same time."""
    last = crew.ground.last_day
    if last is None:
        return
    back = (last, last - timedelta(days=luck.randint(1, 5)))
    with ThreadPoolExecutor(len(back)) as both:
        for done in both.map(lambda day: crew.ground.command("clock", "to", day.isoformat()), back):
            evidence.struck["clock set back"] += done.returncode == 0


def _restart(crew: Crew, server: str, away_s: float, evidence: Evidence) -> None:
    stack = crew.ground.stack
    stack.kill(server)
    wait(away_s)
    stack.start(server)
    evidence.struck[f"{server} killed"] += 1


SHORT: tuple[Strike, ...] = (
    *(kill_worker, freeze_worker, storm, kill_postgres, kill_broker, freeze_broker, end_sessions, registry_away),
    *(lose_commits, lose_produces, lose_hints, cut_connections, mute, slow, step_clock),
)
"""What random mixes are made of."""
