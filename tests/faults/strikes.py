"""The faults one by one: each disturbs a crew at work, says what it did, and leaves nothing broken behind."""

import re
import signal
import threading
from collections.abc import Callable
from random import Random

import psycopg

from infra.local.state import State
from tests.faults.crew import Crew, own_sessions
from tests.faults.proxy import CHUNK, Direction, Proxy
from tests.faults.verdict import Evidence

SESSION_S = 3.0
"""After so long without a heartbeat the local servers give a worker's slices away."""

Strike = Callable[[Crew, Random, Evidence], None]


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def kill_worker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """SIGKILL, at whatever it does."""
    if crew.alive:
        evidence.kills_in_transaction += crew.kill(luck.choice(crew.alive), luck)
        evidence.struck["worker killed"] += 1


def freeze_worker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """SIGSTOP for longer than its session lasts, then it wakes as a zombie."""
    if crew.alive:
        zombie = luck.choice(crew.alive)
        zombie.send(signal.SIGSTOP)
        _wait(SESSION_S + luck.uniform(2, 6))
        zombie.send(signal.SIGCONT)
        evidence.struck["worker frozen"] += 1


def storm(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Workers join and leave, one every few seconds."""
    for _ in range(3):
        if len(crew.alive) < 3 or luck.random() < 0.5:
            crew.join()
        else:
            crew.leave(luck.choice(crew.alive))
        evidence.struck["worker joined or left"] += 1
        _wait(luck.uniform(2, 5))


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
    """A worker that starts meanwhile waits for it."""
    stack = crew.ground.stack
    stack.kill("registry")
    crew.join()
    _wait(luck.uniform(2, 5))
    stack.start("registry")
    evidence.struck["registry away"] += 1


def freeze_broker(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Connections stay, nothing is answered."""
    state = State.load(crew.ground.stack.folder)
    assert state is not None, "the servers are up"
    broker = state.processes["kafka-1"]
    broker.send(signal.SIGSTOP)
    _wait(luck.uniform(3, 12))
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
        _wait(luck.uniform(0.2, 1.5))


def lose_commits(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """COMMIT arrives and is done, and its answer is lost with the connection."""
    _lose(crew.ground.through.postgres, "commit", luck, evidence)


def lose_produces(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """The records are on the topic, and nobody is told."""
    _lose(luck.choice(crew.ground.through.kafka), "produce", luck, evidence)


def lose_hints(crew: Crew, luck: Random, evidence: Evidence) -> None:
    _lose(luck.choice(crew.ground.through.kafka), "offset commit", luck, evidence)


def _lose(proxy: Proxy, kind: str, luck: Random, evidence: Evidence) -> None:
    before = proxy.lost[kind]
    for _ in range(3):
        proxy.lose[kind] = luck.randint(1, 3)
        _wait(luck.uniform(1, 3))
    proxy.lose[kind] = 0
    evidence.struck[f"{kind} reply lost"] += proxy.lost[kind] - before


def cut_connections(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """All of the workers' connections to one server end, politely or not; for a moment nobody gets in."""
    for _ in range(4):
        proxy = luck.choice(crew.ground.through.all)
        proxy.refusing = luck.random() < 0.5
        evidence.struck["connection cut"] += proxy.cut(reset=luck.random() < 0.5)
        _wait(luck.uniform(0.2, 2))
        proxy.refusing = False


def mute(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """For some seconds nothing passes in one direction, and nothing says so."""
    proxy = luck.choice(crew.ground.through.all)
    way: Direction = luck.choice(("up", "down"))
    proxy.muted.add(way)
    _wait(luck.uniform(4, 10))
    proxy.muted.discard(way)
    evidence.struck["muted one way"] += 1


def slow(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Every piece takes its time, and none is big."""
    for proxy in crew.ground.through.all:
        proxy.latency_s, proxy.slice_bytes = luck.choice(((0.02, 64 * 1024), (0.0, 512), (0.1, 16 * 1024)))
    _wait(luck.uniform(3, 6))
    for proxy in crew.ground.through.all:
        proxy.latency_s, proxy.slice_bytes = 0.0, CHUNK
    evidence.struck["slowed down"] += 1


def fill_disk(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """The database's disk is full, and so is the one that the Archives' delivery is written to: it is none then."""
    disk = crew.ground.disk
    assert disk is not None, "a scenario with a small disk"
    disk.fill()
    seen = len(re.findall("DiskFull", "".join(worker.log() for worker in crew.ground.workers)))
    done = crew.ground.deliver("referrals", folder=disk.folder)
    evidence.struck["delivery refused by a full disk"] += done.returncode != 0
    _wait(luck.uniform(2, 4))
    disk.free()
    met = len(re.findall("DiskFull", "".join(worker.log() for worker in crew.ground.workers))) - seen
    evidence.struck["database's disk full"] += met > 0


def _restart(crew: Crew, server: str, away_s: float, evidence: Evidence) -> None:
    stack = crew.ground.stack
    stack.kill(server)
    _wait(away_s)
    stack.start(server)
    evidence.struck[f"{server} killed"] += 1


SHORT: tuple[Strike, ...] = (
    *(kill_worker, freeze_worker, storm, kill_postgres, kill_broker, freeze_broker, end_sessions, registry_away),
    *(lose_commits, lose_produces, lose_hints, cut_connections, mute, slow),
)
"""What random mixes are made of."""
