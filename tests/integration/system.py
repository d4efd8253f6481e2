"""The whole system for one test: its own topics and database on the run's servers, workers as real processes."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg import IsolationLevel

from infra.addresses import Addresses
from infra.cli.catalog import sources
from infra.dead_letters.store import topic_of
from infra.errors import TransientError
from infra.kafka import admin, end_offsets
from infra.postgres import connect
from infra.registry import Registry
from producers.clock import begin_days
from producers.sender import Sender
from schemas.codec import encode
from schemas.headers import headers, parse
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic, Writer, partitions
from schemas.topics import (
    CV_EXEMPTION_RECORDED,
    CV_REQUIREMENT_CHANGED,
    DAY_BEGUN,
    NOTICE_ISSUED,
    SITUATION_RECORDED,
    TOPICS,
)
from tests.integration.country import Fact, Step
from tests.integration.edge import empty_topics
from tests.integration.worker_process import WorkerProcess

DEADLINE_S = 120.0
FORGED = "x-forged"
"""A header that a test gives to records that nobody of ours has written."""
Reads = Mapping[str, Sequence[Topic]]
READS: Reads = {
    "cv-requirement": (DAY_BEGUN, SITUATION_RECORDED, CV_EXEMPTION_RECORDED),
    "cv-status": (CV_REQUIREMENT_CHANGED,),
    "mailboxes": (NOTICE_ISSUED,),
}

_BATCHES_OF = """
select count(*) from ledger.batch b join ledger.slice s using (consumer, slice, epoch)
where consumer = %s and s.owner = %s and (b.records > 0 or b.outgoing > 0)
"""


def wait_for(what: str, condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """Waits until the condition holds, and returns its value; asks twenty times a second."""
    end = time.monotonic() + deadline_s
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s:.0f} s in vain for: {what}")
        threading.Event().wait(0.05)
    return result


@dataclass
class System:
    """`reads`: the consumers that run here, and the topics that each reads."""

    addresses: Addresses
    dsn: str
    schema_ids: dict[str, int]
    client: AdminClient
    folder: Path
    reads: Reads
    sent: Counter[tuple[str, int]] = field(default_factory=Counter)
    """For each slice of a topic that only a ledger writes: the last sequence of the ledger that the test stands in
    for."""

    @property
    def environment(self) -> dict[str, str]:
        named = {"DFDG_KAFKA": self.addresses.kafka, "DFDG_REGISTRY": self.addresses.registry, "DFDG_DSN": self.dsn}
        return {**os.environ, **named}

    def publish(self, steps: Iterable[Step], repeat: int = 1) -> None:
        """Publishes all steps in order; each fact `repeat` times."""
        facts: list[Fact] = []
        for step in steps:
            if isinstance(step, date):
                self._send(facts, repeat)
                facts = []
                with closing(connect(self.dsn, "test")) as connection:
                    begin_days(connection, self.addresses.kafka, self.schema_ids, step, step)
            else:
                facts.append(step)
        self._send(facts, repeat)

    def _send(self, facts: list[Fact], repeat: int) -> None:
        with Sender(self.addresses.kafka, "test") as sender:
            for fact in facts:
                key = fact.event.key.encode()
                place = fact.topic.name, slice_of(key, SLICES)
                value = encode(fact.event, self.schema_ids[fact.topic.name])
                source, sequence = "test", None
                if fact.topic.writer is Writer.LEDGER:
                    source = stand_in(fact.topic, place[1], self.reads)
                    sequence = self.sent[place] = self.sent[place] + 1
                for _ in range(repeat):
                    sender.send(*place, key, value, headers(fact.id, source, fact.event, sequence=sequence))
            sender.finish()

    @contextmanager
    def worker(self, *names: str) -> Iterator[WorkerProcess]:
        """`dfdg run`, told to stop at the end of the block if it still lives."""
        process = WorkerProcess(self.environment, self.folder, names or tuple(self.reads))
        try:
            yield process
        finally:
            process.end()

    def applied(self) -> int:
        """How many records the decision has applied so far."""
        with psycopg.connect(self.dsn) as connection:
            query = "select coalesce(sum(records), 0) from ledger.batch where consumer = 'cv-requirement'"
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def owners(self, consumer: str) -> Counter[str]:
        """How many of the consumer's slices each worker has (`WorkerProcess.owner`), by who took them over last.

        Whoever died stays the owner until another takes over: compare with those who are meant.
        """
        with psycopg.connect(self.dsn) as connection:
            query = "select owner from ledger.slice where consumer = %s and owner is not null"
            return Counter(owner for (owner,) in connection.execute(query, (consumer,)).fetchall())

    def batches_of(self, worker: WorkerProcess, consumer: str = "cv-requirement") -> int:
        """Batches that this worker itself has applied, in the slices that it has, since it took them over."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(_BATCHES_OF, (consumer, worker.owner)).fetchone()
        return int(row[0]) if row else 0

    def drained(self, last: date | None) -> bool:
        """True once every consumer has read everything, every outbox is empty and the last day has woken every subject
        due."""
        try:
            with psycopg.connect(self.dsn, connect_timeout=2) as connection:
                connection.isolation_level = IsolationLevel.REPEATABLE_READ  # outboxes and positions of one moment
                return self._behind(connection, last) == 0
        except (psycopg.OperationalError, TransientError, KafkaException):  # a server that was killed a moment ago
            self.client = admin(self.addresses.kafka)  # the old one keeps leader epochs from before the kill
            return False

    def _behind(self, connection: psycopg.Connection, last: date | None) -> int:
        """The ends are asked for last. What was asked for before could be decided, published and acknowledged between
        the two looks: then nobody seems to be behind, though nobody has read what follows."""
        rows = connection.execute("select consumer, slice, positions, day from ledger.slice").fetchall()
        if len(rows) < len(self.reads) * SLICES:
            return 1
        left = "select (select count(*) from ledger.outbox) + (select count(*) from ledger.state where wakes_on <= %s)"
        row = connection.execute(left, (last,)).fetchone()
        ends = end_offsets(self.client, [topic.name for topic in TOPICS])
        behind = 0
        for consumer, slice_, positions, day in rows:
            behind += sum(ends[slice_][t.name] - positions.get(t.name, 0) for t in self.reads[consumer])
            behind += DAY_BEGUN in self.reads[consumer] and last is not None and day != last
        return behind + (row[0] if row else 1)

    def records(self, topic: Topic) -> list[tuple[str, str]]:
        """(key, id) of every record on the topic, in its order; later repetitions of an id are left out."""
        return [((record.key() or b"").decode(), id_) for id_, record in self.messages(topic).items()]

    def messages(self, topic: Topic) -> dict[str, Message]:
        """Every record on the topic by its id, in its order; later repetitions are left out."""
        found: dict[str, Message] = {}
        for record in every_record(self, topic):
            found.setdefault(parse(record.headers())["ce_id"], record)
        return found


def every_record(system: System, topic: Topic) -> Iterator[Message]:
    """Every record on the topic, each partition's in order, with repetitions, but for what a test has forged."""
    reader = Consumer({"bootstrap.servers": system.addresses.kafka, "group.id": "test-reader"})
    try:
        reader.assign([TopicPartition(topic.name, p, OFFSET_BEGINNING) for p in range(partitions(topic.name))])
        left = sum(ends.get(topic.name, 0) for ends in end_offsets(system.client, [topic.name]))
        while left > 0:
            for record in reader.consume(min(left, 1000), 1.0):  # more than there are would wait a second
                assert record.error() is None, record.error()
                left -= 1
                if FORGED not in dict(record.headers() or ()):
                    yield record
    finally:
        reader.close()


def stand_in(topic: Topic, slice_: int, running: Collection[str] = ()) -> str:
    """The source of a consumer that writes this topic of our ledger: rather of one that is not running."""
    names = sorted(name for name, _, number in (who.partition("/") for who in sources()[topic.name]) if number == "0")
    return f"{next((name for name in names if name not in running), names[0])}/{slice_}"


def make_system(addresses: Addresses, dsn: str, folder: Path, reads: Reads = READS) -> System:
    """A system with empty topics, and with consumers that this database does not know yet."""
    client = admin(addresses.kafka)
    empty_topics(client, [topic_of(name, topic.name) for name, its in reads.items() for topic in its])
    return System(addresses, dsn, Registry(addresses.registry).register_all(TOPICS), client, folder, reads)
