"""The faults of the network, by the proxies on the workers' way to Kafka and PostgreSQL."""

import threading
import time
from collections.abc import Callable
from random import Random

from tests.faults.crew import Crew
from tests.faults.proxy import CHUNK, Direction, Proxy
from tests.faults.verdict import Evidence

Strike = Callable[[Crew, Random, Evidence], None]
"""Disturbs a crew at work, says what it did, and leaves nothing broken behind."""


PATIENCE_S = 30.0
"""On a busy machine a worker takes half of that to start."""


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def patiently(met: Callable[[], bool]) -> None:
    """Until the fault has met somebody: workers may just be dividing the slices. After a while without, the run is
    INVALID."""
    until = time.monotonic() + PATIENCE_S
    while not met() and time.monotonic() < until:
        wait(0.1)


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
        wait(luck.uniform(1, 3))
    patiently(lambda: proxy.lost[kind] > before)
    proxy.lose[kind] = 0
    evidence.struck[f"{kind} reply lost"] += proxy.lost[kind] - before


def cut_connections(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """All of the workers' connections to one server end, politely or not; for a moment nobody gets in."""
    for _ in range(4):
        proxy = luck.choice(crew.ground.through.all)
        proxy.refusing = luck.random() < 0.5
        evidence.struck["connection cut"] += proxy.cut(reset=luck.random() < 0.5)
        wait(luck.uniform(0.2, 2))
        proxy.refusing = False


def mute(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """For some seconds nothing passes in one direction, and nothing says so."""
    proxy = luck.choice(crew.ground.through.all)
    way: Direction = luck.choice(("up", "down"))
    proxy.muted.add(way)
    wait(luck.uniform(4, 10))
    proxy.muted.discard(way)
    evidence.struck["muted one way"] += 1


def slow(crew: Crew, luck: Random, evidence: Evidence) -> None:
    """Every piece takes its time, and none is big."""
    for proxy in crew.ground.through.all:
        proxy.latency_s, proxy.slice_bytes = luck.choice(((0.02, 64 * 1024), (0.0, 512), (0.1, 16 * 1024)))
    wait(luck.uniform(3, 6))
    for proxy in crew.ground.through.all:
        proxy.latency_s, proxy.slice_bytes = 0.0, CHUNK
    evidence.struck["slowed down"] += 1
