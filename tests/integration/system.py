"""The whole thing for one test: topics and database of its own on the run's servers, workers as real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.dead_letters import topic_of
from infra.errors import TransientError
from infra.kafka import admin, end_offsets, ensure_topics
from infra.local import Addresses
from infra.registry import Registry
from producers.clock import begin_days
from producers.sender import Sender
from schemas.codec import encode
from schemas.headers import headers, parse
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED, TOPICS
from tests.integration.country import Fact, Step

DEADLINE_S = 120.0
NAMES = ("cv-requirement", "cv-status", "mailboxes")
READS = {
    "cv-requirement": (SITUATION_RECORDED, CV_EXEMPTION_RECORDED),
    "cv-status": (CV_REQUIREMENT_CHANGED,),
    "mailboxes": (NOTICE_ISSUED,),
}


def wait_for(what: str, condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """Until the condition holds; asks twenty times a second."""
    end = time.monotonic() + deadline_s
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s:.0f} s in vain for: {what}")
        threading.Event().wait(0.05)
    return result


@dataclass
class System:
    addresses: Addresses
    dsn: str
    schema_ids: dict[str, int]
    client: AdminClient
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        named = {"DFDG_KAFKA": self.addresses.kafka, "DFDG_REGISTRY": self.addresses.registry, "DFDG_DSN": self.dsn}
        return {**os.environ, **named}

    def publish(self, steps: Iterable[Step], repeat: int = 1) -> None:
        """All steps in order; each fact `repeat` times."""
        facts: list[Fact] = []
        for step in steps:
            if isinstance(step, date):
                self._send(facts, repeat)
                facts = []
                begin_days(self.addresses.kafka, self.schema_ids, step, step)
            else:
                facts.append(step)
        self._send(facts, repeat)

    def _send(self, facts: list[Fact], repeat: int) -> None:
        with Sender(self.addresses.kafka, "test") as sender:
            for fact in facts:
                key = fact.event.key.encode()
                value = encode(fact.event, self.schema_ids[fact.topic.name])
                for _ in range(repeat):
                    envelope = headers(fact.id, "test", fact.event)
                    sender.send(fact.topic.name, slice_of(key, SLICES), key, value, envelope)
            sender.finish()

    @contextmanager
    def worker(self, *names: str) -> Iterator["WorkerProcess"]:
        """`dfdg run`, told to stop at the end of the block if it still lives."""
        process = WorkerProcess(self, names or NAMES)
        try:
            yield process
        finally:
            process.end()

    def applied(self) -> int:
        """Records that the decision has applied so far."""
        with psycopg.connect(self.dsn) as connection:
            query = "select coalesce(sum(records), 0) from ledger.batch where consumer = 'cv-requirement'"
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def drained(self, last: date | None) -> bool:
        """Everything is read by everyone, every outbox is empty, and the last day has woken all it must."""
        try:
            with psycopg.connect(self.dsn, connect_timeout=2) as connection:
                return self._behind(connection, last) == 0
        except (psycopg.OperationalError, TransientError, KafkaException):  # a server that was killed a moment ago
            self.client = admin(self.addresses.kafka)  # the old one keeps leader epochs from before the kill
            return False

    def _behind(self, connection: psycopg.Connection, last: date | None) -> int:
        ends = end_offsets(self.client, [topic.name for topic in TOPICS])
        rows = connection.execute("select consumer, slice, positions, day from ledger.slice").fetchall()
        if len(rows) < len(NAMES) * SLICES:
            return 1
        behind = 0
        for consumer, slice_, positions, day in rows:
            behind += sum(ends[slice_][t.name] - positions.get(t.name, 0) for t in READS[consumer])
            behind += consumer == "cv-requirement" and last is not None and day != last
        left = "select (select count(*) from ledger.outbox) + (select count(*) from ledger.state where wakes_on <= %s)"
        row = connection.execute(left, (last,)).fetchone()
        return behind + (row[0] if row else 1)

    def records(self, topic: Topic) -> list[tuple[str, str]]:
        """(key, id) of every record on the topic, as they lie there; ids without their later repetitions."""
        reader = Consumer({"bootstrap.servers": self.addresses.kafka, "group.id": "test-reader"})
        try:
            reader.assign([TopicPartition(topic.name, p, OFFSET_BEGINNING) for p in range(SLICES)])
            left = sum(ends[topic.name] for ends in end_offsets(self.client, [topic.name]))
            found: dict[str, str] = {}
            while left > 0:
                for record in reader.consume(1000, 1.0):
                    assert record.error() is None, record.error()
                    left -= 1
                    found.setdefault(parse(record.headers())["ce_id"], (record.key() or b"").decode())
            return [(key, id_) for id_, key in found.items()]
        finally:
            reader.close()


class WorkerProcess:
    """One `dfdg run`. Its log is kept, and shown when a test fails to end it."""

    def __init__(self, system: System, names: tuple[str, ...]) -> None:
        self._log = (system.folder / f"worker-{time.monotonic_ns()}.log").open("w+b")
        command = [str(Path(sys.executable).with_name("dfdg")), "run", *names]
        self.process = subprocess.Popen(command, env=system.environment, stderr=self._log, stdout=self._log)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """SIGTERM, and the exit code; a worker that does not end in time is killed, and that is a failure."""
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"a worker did not stop within 15 s:\n{self.log()[-3000:]}") from None
        return self.process.returncode

    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")


def make_system(addresses: Addresses, dsn: str, folder: Path) -> System:
    """Topics made anew: another test's records are gone, and Kafka gives the topics other ids."""
    client = admin(addresses.kafka)
    dead = [topic_of(name, topic.name) for name, reads in READS.items() for topic in reads]
    dead.append(topic_of("cv-requirement", "dfdg.clock-day-begun-v1"))
    ours = [name for name in client.list_topics(timeout=10).topics if name.startswith("dfdg.") or name.endswith("-dlq")]
    for future in client.delete_topics(ours).values() if ours else ():
        future.result()
    gone = lambda: not set(ours) & set(client.list_topics(timeout=10).topics)  # noqa: E731 - one condition, once
    wait_for("the topics of the last test to be gone", gone)
    ensure_topics(client, TOPICS, dead)
    return System(addresses, dsn, Registry(addresses.registry).register_all(TOPICS), client, folder)
