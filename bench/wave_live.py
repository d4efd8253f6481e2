"""CV events that flow while a wave is under way, and how long their notices took."""

import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.job import Fact, Job
from bench.lab import Ground
from bench.latency import LINGER_MS

RECOVERY_S = 15.0
"""After a kill: workers start, take over, and catch up what has waited. Told apart from an undisturbed night."""

ENOUGH = 2


class Delays(NamedTuple):
    """Milliseconds from an event to its notice, of the events of the night, with and without those of the kill."""

    p50_ms: float
    p99_ms: float
    worst_ms: float
    p99_undisturbed_ms: float
    notices: int


class Live(threading.Thread):
    """Produces the facts at an even pace until told to stop; notes when each was sent."""

    def __init__(self, ground: Ground, facts: Sequence[Fact], rate_per_s: int) -> None:
        super().__init__(name="live", daemon=True)
        self._ground, self._facts, self._rate_per_s = ground, facts, rate_per_s
        self.sent: dict[str, float] = {}
        self.told = threading.Event()

    def run(self) -> None:
        producer, begin = self._ground.producer(linger_ms=LINGER_MS), time.monotonic()
        for number, fact in enumerate(self._facts):
            if self.told.wait(max(0.0, begin + number / self._rate_per_s - time.monotonic())):
                break
            topic, partition, key, value, headers = self._ground.record(fact)
            self.sent[fact.id] = time.monotonic()
            producer.produce(topic, value, key, partition, headers=headers)
            producer.poll(0)
        producer.flush()

    def notices(self) -> int:
        """How many must come of what was sent: the first facts of a job are those of a shorter one."""
        job = Job(len(self.sent))
        return job.outputs.notices - job.warm.notices


def delays(
    sent: Mapping[str, float], read: Sequence[tuple[str, float]], began: float, ended: float, killed: float | None
) -> Delays:
    """Of the events that were sent while the wave was under way."""
    night = [(sent[cause], at - sent[cause]) for cause, at in read if began <= sent[cause] <= ended]
    calm = [took for at, took in night if killed is None or not killed - RECOVERY_S <= at <= killed + RECOVERY_S]
    cuts = _cuts([took for _, took in night])
    worst = max((took for _, took in night), default=0.0)
    return Delays(1000 * cuts[49], 1000 * cuts[98], 1000 * worst, 1000 * _cuts(calm)[98], len(night))


def _cuts(took: Sequence[float]) -> Sequence[float]:
    return statistics.quantiles(took, n=100, method="inclusive") if len(took) >= ENOUGH else [float("nan")] * 99
