"""`python -m tests.faults.compare`: the effect of the same faults on this system and on its alternatives.

Each contender runs the CV decision alone (`bench/job.py`) in two processes. One seed decides when they, the database
and the broker are killed. Then all is healed, and every event that the topics must have is looked for. A subscriber of
this system skips records that are not above the last sequence, as the contract says. The records of the others have no
sequence, so a record that is there twice counts as doubled.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from bench.job import Fact, Job
from bench.lab import OUTPUTS, Ground, Lab
from infra.errors import TransientError
from infra.kafka import admin
from schemas.codec import encode
from schemas.headers import parse
from schemas.topic import SLICES
from streams.cv_requirement import decision
from streams.decision import Subject
from streams.policies.cv_state import CvDuties
from tests.faults.play import FaultServers, fault_servers

EVENTS, CHUNKS, KILLS, PROCESSES = 6_000, 12, 8, 2
FRAME = 5
"""Bytes of framing before the event: the schema's id in them differs from run to run."""

READ_S, QUIET_S, DEADLINE_S = 5.0, 90.0, 600.0
"""Seconds. `QUIET_S` without a new record on the topics is longer than any session: every process is done, or never
will be."""

_FAUST = (sys.executable, "-m", "bench.idiomatic_faust", "worker", "-l", "error", "--without-web")


@dataclass(frozen=True)
class Contender:
    name: str
    command: Sequence[str]
    settings: dict[str, str] = field(default_factory=dict)
    numbered: bool = False
    """True when its records have sequences."""


CONTENDERS = (
    Contender("this system", (sys.executable, "-m", "infra.cli", "run", "cv-requirement"), numbered=True),
    Contender("Faust", _FAUST),
    Contender("Faust, exactly_once", _FAUST, {"BENCH_GUARANTEE": "exactly_once"}),
    Contender("plain consumer", (sys.executable, "-m", "bench.plain_consumer")),
)


class Processes:
    """The contender's processes. `mend` replaces those that have died."""

    def __init__(self, contender: Contender, ground: Ground, folder: Path) -> None:
        self._contender, self._ground, self._folder = contender, ground, folder
        self._begun = 0
        self.alive: list[subprocess.Popen[bytes]] = []

    def mend(self) -> None:
        self.alive = [each for each in self.alive if each.poll() is None]
        while len(self.alive) < PROCESSES:
            self._begun += 1
            own = self._folder / f"{self._contender.name.replace(' ', '-')}-{self._begun}"
            own.mkdir(parents=True)
            environment = {**os.environ, **self._ground.environment, **self._contender.settings}
            with (own / "log").open("wb") as log:
                self.alive.append(
                    subprocess.Popen(
                        self._contender.command, env=environment | {"BENCH_FOLDER": str(own)}, stdout=log, stderr=log
                    )
                )

    def kill(self, luck: Random) -> None:
        if self.alive:
            luck.choice(self.alive).kill()

    def end(self) -> None:
        for each in self.alive:
            each.send_signal(signal.SIGTERM)
        for each in self.alive:
            try:
                each.wait(15)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.faults.compare")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--runs", type=int, default=1)
    asked.add_argument("--only", choices=[each.name for each in CONTENDERS])
    told = asked.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # on SIGTERM the servers are stopped too
    chosen = [each for each in CONTENDERS if told.only in (None, each.name)]
    with fault_servers({}) as servers:
        for seed in range(told.seed, told.seed + told.runs):
            for contender in chosen:
                with Lab(servers.stack, servers.addresses).fresh() as ground:
                    found = _play(contender, ground, servers.folder / f"seed-{seed}", Random(seed), servers)
                print(f"seed {seed} {contender.name:20} {found}", flush=True)


def _play(contender: Contender, ground: Ground, folder: Path, luck: Random, servers: FaultServers) -> str:
    job = Job(EVENTS)
    expected = _expected([*job.first_load, *job.facts])
    processes = Processes(contender, ground, folder)
    processes.mend()
    try:
        ground.fill(job.first_load)
        _quiet(ground, processes)
        with _publishing(ground, job.facts):
            for number in range(KILLS):
                threading.Event().wait(luck.uniform(2, 5))
                if number in (3, 6):
                    server = "postgres" if number == 3 else "kafka-1"
                    servers.stack.kill(server)
                    servers.stack.start(server)
                processes.kill(luck)
                processes.mend()
        _quiet(ground, processes)
    finally:
        processes.end()
    return _violations(contender, ground, expected)


@contextmanager
def _publishing(ground: Ground, facts: list[Fact]) -> Iterator[None]:
    def publish() -> None:
        producer = ground.producer(linger_ms=20)
        for number, fact in enumerate(facts):
            topic, partition, key, value, envelope = ground.record(fact)
            producer.produce(topic, value, key, partition, headers=envelope)
            if number % (EVENTS // CHUNKS) == 0:
                producer.flush()
                threading.Event().wait(2.5)
        producer.flush()

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _quiet(ground: Ground, processes: Processes) -> None:
    last, since, deadline = (-1, -1), time.monotonic(), time.monotonic() + DEADLINE_S
    while time.monotonic() < min(since + QUIET_S, deadline) or (last == (0, 0) and time.monotonic() < deadline):
        processes.mend()
        now = _on_topics(ground)
        if now != last or now < (0, 0):
            last, since = now, time.monotonic()
        threading.Event().wait(0.5)


def _on_topics(ground: Ground) -> tuple[int, int]:
    """The numbers of changes and notices on the topics; (-1, -1) while Kafka, killed a moment ago, does not answer."""
    try:
        changes, notices = ground.on_topics()
    except TransientError:
        ground.client = admin(ground.addresses.kafka)  # the old one keeps leader epochs from before the kill
        return -1, -1
    return changes, notices


def _expected(facts: list[Fact]) -> dict[str, dict[str, bytes]]:
    """For each topic and key the ids that must be there, in order, each with the event's bytes."""
    subjects: dict[str, Subject[CvDuties]] = {}
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    topic_of = {topic.event: topic.name for topic in OUTPUTS}
    for _, event, id_ in facts:
        subject = subjects.setdefault(event.key, Subject(decision, None, bytes(16)))
        for produced in subject.apply(event, bytes.fromhex(id_), None):
            said = encode(produced.event, 1)[FRAME:]
            found[f"{topic_of[type(produced.event)]} {event.key}"][produced.id.hex()] = said
    return found


def _violations(contender: Contender, ground: Ground, expected: dict[str, dict[str, bytes]]) -> str:
    told = Counter[str]()
    seen, repeated = _seen(contender, ground)
    for place in expected.keys() | seen.keys():
        right, found = expected.get(place, {}), seen.get(place, [])
        times = Counter(id_ for id_, _ in found)
        told["lost"] += sum(id_ not in times for id_ in right)
        told["doubled"] += sum(count - 1 for count in times.values())
        told["wrong"] += sum(right.get(id_) != said for id_, said in dict(reversed(found)).items())
        told["keys out of order"] += [id_ for id_ in times if id_ in right] != [id_ for id_ in right if id_ in times]
    events = sum(map(len, expected.values()))
    every = "  ".join(f"{what} {told[what]}" for what in ("lost", "doubled", "wrong", "keys out of order"))
    rate = 1_000_000 * told.total() // events
    return f"events {events}  {every}  repeated as the contract says {repeated}  violations per million {rate:,}"


def _seen(contender: Contender, ground: Ground) -> tuple[dict[str, list[tuple[str, bytes]]], int]:
    """The events that a subscriber accepts, by topic and key; and how many records the contract lets it skip."""
    marks: dict[tuple[str, int, str], int] = defaultdict(int)
    seen: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    repeated = 0
    for record in _lying(ground):
        about = parse(record.headers())
        if contender.numbered:
            place = (record.topic() or "", record.partition() or 0, about["ce_source"])
            if int(about["ce_sequence"]) <= marks[place]:
                repeated += 1
                continue
            marks[place] = int(about["ce_sequence"])
        key, value = (record.key() or b"").decode(), record.value() or b""
        seen[f"{record.topic()} {key}"].append((about["ce_id"], value[FRAME:]))
    return seen, repeated


def _lying(ground: Ground) -> Iterator[Message]:
    """Every committed record on the topics, in the order of each partition."""
    settings = {"bootstrap.servers": ground.addresses.kafka, "group.id": "compare", "log_level": 3}
    reader = Consumer({**settings, "isolation.level": "read_committed"})
    try:
        for topic in OUTPUTS:
            reader.assign([TopicPartition(topic.name, partition, OFFSET_BEGINNING) for partition in range(SLICES)])
            quiet = time.monotonic() + READ_S
            while time.monotonic() < quiet:
                for record in reader.consume(5_000, 1.0):
                    if record.error() is None:
                        quiet = time.monotonic() + READ_S
                        yield record
    finally:
        reader.close()


if __name__ == "__main__":
    main()
