"""The faults of the network: the proxies between the workers and Kafka and PostgreSQL make them."""

import threading
import time
from collections.abc import Callable
from random import Random

from tests.faults.inject.proxy import CHUNK, Direction, Proxy
from tests.faults.load.workload import Workload
from tests.faults.oracles.verdict import Evidence

Strike = Callable[[Workload, Random, Evidence], None]
"""Disturbs a workload, adds the strike to the evidence, and leaves nothing broken behind."""


PATIENCE_S = 30.0
"""On a busy machine a worker takes half of that to start."""


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def patiently(met: Callable[[], bool]) -> None:
    """Waits until the fault has met a worker: they may just be dividing the slices. After `PATIENCE_S` seconds it gives
    up, and the run is INVALID."""
    until = time.monotonic() + PATIENCE_S
    while not met() and time.monotonic() < until:
        wait(0.1)


def lose_commits(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """The server commits, and the reply to COMMIT is lost with the connection."""
    _lose(workload.environment.through.postgres, "commit", luck, evidence)


def lose_produces(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """The records are on the topic, and the acknowledgement is lost."""
    _lose(luck.choice(workload.environment.through.kafka), "produce", luck, evidence)


def lose_hints(workload: Workload, luck: Random, evidence: Evidence) -> None:
    _lose(luck.choice(workload.environment.through.kafka), "offset commit", luck, evidence)


def _lose(proxy: Proxy, kind: str, luck: Random, evidence: Evidence) -> None:
    before = proxy.lost[kind]
    for _ in range(3):
        proxy.lose[kind] = luck.randint(1, 3)
        wait(luck.uniform(1, 3))
    patiently(lambda: proxy.lost[kind] > before)
    proxy.lose[kind] = 0
    evidence.struck[f"{kind} reply lost"] += proxy.lost[kind] - before


def cut_connections(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """All of the workers' connections to one server end, with or without a reset; for a moment new ones may be
    refused."""
    for _ in range(4):
        proxy = luck.choice(workload.environment.through.all)
        proxy.refusing = luck.random() < 0.5
        evidence.struck["connection cut"] += proxy.cut(reset=luck.random() < 0.5)
        wait(luck.uniform(0.2, 2))
        proxy.refusing = False


def mute(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """For some seconds nothing passes in one direction, without any error."""
    proxy = luck.choice(workload.environment.through.all)
    way: Direction = luck.choice(("up", "down"))
    proxy.muted.add(way)
    wait(luck.uniform(4, 10))
    proxy.muted.discard(way)
    evidence.struck["muted one way"] += 1


def slow(workload: Workload, luck: Random, evidence: Evidence) -> None:
    """Data comes late, or in small pieces, or both."""
    for proxy in workload.environment.through.all:
        proxy.latency_s, proxy.slice_bytes = luck.choice(((0.02, 64 * 1024), (0.0, 512), (0.1, 16 * 1024)))
    wait(luck.uniform(3, 6))
    for proxy in workload.environment.through.all:
        proxy.latency_s, proxy.slice_bytes = 0.0, CHUNK
    evidence.struck["slowed down"] += 1
