"""Latency at an even pace: from `produce()` of an event to its notice being read from the topic by a subscriber."""

import statistics
import threading
import time
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from bench.contenders import Contender
from bench.job import Fact, Job
from bench.lab import Ground, Lab
from bench.measure import START_DEADLINE_S, prepare, running, until, warm_up
from infra.kafka import end_offsets
from schemas.headers import parse
from schemas.topics import NOTICE_ISSUED

READ_WAIT_S = 0.1

LINGER_MS = 5
"""Of the source: the client's default. It counts as latency, and spares Kafka a thousand requests a second."""

WARM_S = 20
"""Of the same pace before it counts: Kafka's young JVM compiles itself for so long, and takes a core for it."""


class Latency(NamedTuple):
    """Milliseconds over all notices; `missing`: notices that never came; `late`: the pacer's own worst delay."""

    p50_ms: float
    p99_ms: float
    worst_ms: float
    notices: int
    missing: int
    late_ms: float


class Reader(threading.Thread):
    """A subscriber of notices: notes when each could be read, and what it was caused by."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(name="reader", daemon=True)
        ends = end_offsets(ground.client, [NOTICE_ISSUED.name])
        self._consumer = Consumer({"bootstrap.servers": ground.addresses.kafka, "group.id": "bench-reader"})
        self._consumer.assign(
            [TopicPartition(NOTICE_ISSUED.name, n, end[NOTICE_ISSUED.name]) for n, end in enumerate(ends)]
        )
        self.read: list[tuple[str, float]] = []
        self.told = threading.Event()

    def run(self) -> None:
        while not self.told.is_set():
            record = self._consumer.poll(READ_WAIT_S)
            if record is not None and record.error() is None:
                at = time.monotonic()
                self.read.append((parse(record.headers())["ce_causationid"], at))
        self._consumer.close()


def latency(lab: Lab, contender: Contender, rate_per_s: int, seconds: int) -> Latency:
    """The contender has been warmed up by the first load, and goes on running."""
    job = Job(rate_per_s * (WARM_S + seconds))
    notices = job.outputs.notices - job.warm.notices
    with lab.fresh() as ground:
        prepare(contender, ground, job)
        with running(contender, ground) as processes:
            warm_up(contender, ground, job, processes)
            reader = Reader(ground)
            reader.start()
            try:
                sent, late_s = _pace(ground, job.facts, rate_per_s)
                until(lambda: len(reader.read) >= notices, processes, START_DEADLINE_S)
            finally:
                reader.told.set()
                reader.join()
    counted = min(sent.values()) + WARM_S
    took = sorted(at - sent[cause] for cause, at in reader.read if sent[cause] >= counted)
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    p50, p99, worst = (1000 * value for value in (cuts[49], cuts[98], took[-1]))
    return Latency(p50, p99, worst, len(took), notices - len(reader.read), 1000 * late_s)


def _pace(ground: Ground, facts: list[Fact], rate_per_s: int) -> tuple[dict[str, float], float]:
    """Produce one fact after the other at its moment; returns when each was produced, and the worst delay."""
    records = [(fact.id, ground.record(fact)) for fact in facts]
    producer = ground.producer(linger_ms=LINGER_MS)
    sent: dict[str, float] = {}
    late_s, begin = 0.0, time.monotonic()
    for number, (id_, (topic, partition, key, value, headers)) in enumerate(records):
        due = begin + number / rate_per_s
        while (now := time.monotonic()) < due:
            time.sleep(due - now)
        late_s = max(late_s, now - due)
        sent[id_] = now
        producer.produce(topic, value, key, partition, headers=headers)
        producer.poll(0)
    producer.flush()
    return sent, late_s
