"""The servers of a benchmark, and for each run new topics and a new database on them."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from bench.job import DAY, Fact
from consumers.admin.flood import announce
from infra.addresses import Addresses
from infra.cli import catalog
from infra.kafka import admin, end_offsets
from infra.local import Stack
from infra.local.state import State
from infra.migrate import migrate
from infra.postgres import connect
from infra.registry import Registry
from infra.topic_admin import ensure_topics
from producers.clock import begin_days
from schemas.codec import encode
from schemas.headers import RawHeaders, headers, parse
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED
from schemas.topics import TOPICS as ALL_TOPICS

SOURCE = "bench"
READ_RECORDS = 10_000
FLUSH_EVERY = 50_000
"""Below what the producer's queue takes."""
INPUTS = (SITUATION_RECORDED, CV_EXEMPTION_RECORDED)
OUTPUTS = (CV_REQUIREMENT_CHANGED, NOTICE_ISSUED)
NO_CEILING = 1_000_000_000
"""The day's flood is announced: the guard counts, but holds nothing."""

ASK_INTERVAL_S, TOPICS_GONE_S = 0.05, 30.0


@dataclass
class Ground:
    """What one run works on."""

    addresses: Addresses
    schema_ids: dict[str, int]
    client: AdminClient
    connection: Connection
    """To look with: in autocommit."""
    name: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """For the contender's processes."""
        named = {"DFDG_KAFKA": self.addresses.kafka, "DFDG_REGISTRY": self.addresses.registry}
        return {
            **os.environ,
            **named,
            "DFDG_DSN": self.addresses.dsn,
            "BENCH_GROUP": self.name,
            "BENCH_FOLDER": str(self.folder),
        }

    def fill(self, facts: Iterable[Fact], topics: Sequence[Topic] = INPUTS) -> None:
        """Put the facts on their `topics`; all are acknowledged afterwards."""
        producer = self.producer(linger_ms=20)
        before, filled = sum(self.on_topics(topics)), 0
        for filled, fact in enumerate(facts, 1):
            topic, partition, key, value, envelope = self.record(fact)
            producer.produce(topic, value, key, partition, headers=envelope)
            if filled % FLUSH_EVERY == 0:
                producer.flush()
        producer.flush()
        if (found := sum(self.on_topics(topics)) - before) != filled:
            raise RuntimeError(f"Of {filled} facts {found} are on the topics.")

    def producer(self, linger_ms: int) -> Producer:
        """Without compression: aiokafka, beneath Faust, reads lz4 only with a library more."""
        return Producer(
            {
                "bootstrap.servers": self.addresses.kafka,
                "enable.idempotence": True,
                "max.in.flight": 1,  # see infra/engine/outbox.py
                "linger.ms": linger_ms,
                "log_level": 3,
            }
        )

    def record(self, fact: Fact) -> tuple[str, int, bytes, bytes, RawHeaders]:
        """Topic, partition, key, value and headers."""
        key, name = fact.event.key.encode(), fact.topic.name
        value = encode(fact.event, self.schema_ids[name])
        return name, slice_of(key, SLICES), key, value, headers(fact.id, SOURCE, fact.event)

    def begin_day(self) -> None:
        begin_days(self.connection, self.addresses.kafka, self.schema_ids, DAY, DAY)

    def on_topics(self, topics: Sequence[Topic] = OUTPUTS) -> tuple[int, ...]:
        """Records on each topic."""
        ends = end_offsets(self.client, [topic.name for topic in topics])
        return tuple(sum(end[topic.name] for end in ends) for topic in topics)

    def distinct(self, topic: Topic) -> int:
        """Events on a topic: a record may be repeated there, and its id tells."""
        reader = Consumer({"bootstrap.servers": self.addresses.kafka, "group.id": "bench-reader", "log_level": 3})
        ids = set()
        (left,) = self.on_topics((topic,))
        try:
            reader.assign([TopicPartition(topic.name, partition, OFFSET_BEGINNING) for partition in range(SLICES)])
            while left:
                for record in reader.consume(READ_RECORDS, 1.0):
                    if (error := record.error()) is not None:
                        raise KafkaException(error)
                    ids.add(parse(record.headers())["ce_id"])
                    left -= 1
        finally:
            reader.close()
        return len(ids)

    def count(self, query: str, *parameters: object) -> int:
        row = self.connection.execute(sql.SQL(query), parameters).fetchone()
        return int(row[0]) if row and row[0] is not None else 0


class Lab:
    """Kafka, registry and PostgreSQL of our own, in a temporary folder."""

    def __init__(self, stack: Stack, addresses: Addresses) -> None:
        self.stack, self._addresses = stack, addresses

    @property
    def pids(self) -> dict[str, int]:
        """Server -> process id."""
        state = State.load(self.stack.folder)
        return {name: process.pid for name, process in state.processes.items()} if state else {}

    @contextmanager
    def fresh(self) -> Iterator[Ground]:
        """Empty topics and a migrated database; the database is dropped afterwards."""
        client = self._new_topics()
        name = f"bench_{secrets.token_hex(4)}"
        identifier = sql.Identifier(name)
        dsn = make_conninfo(self._addresses.dsn, dbname=name)
        self._execute(sql.SQL("create database {}").format(identifier))
        try:
            migrate(dsn)
            with connect(dsn, "bench") as connection:
                connection.autocommit = True
                for reason in ("cv-requirement-changed", "cv-status-on-move"):
                    announce(connection, reason, DAY, NO_CEILING, "bench")
                addresses = Addresses(self._addresses.kafka, self._addresses.registry, dsn)
                schema_ids = Registry(addresses.registry, dsn).register_all(ALL_TOPICS)
                yield Ground(addresses, schema_ids, client, connection, name, self.stack.folder)
        finally:
            self._execute(sql.SQL("drop database {} with (force)").format(identifier))
            self._execute(sql.SQL("checkpoint"))  # so that the next one does not pay for this one's pages

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        """By a connection of its own: the server may be killed between two."""
        with psycopg.connect(self._addresses.dsn, autocommit=True) as server:
            server.execute(statement)

    def _new_topics(self) -> AdminClient:
        client = admin(self._addresses.kafka)
        there = [name for name in _topics(client) if not name.startswith("__")]
        for future in client.delete_topics(there).values() if there else ():
            future.result()
        deadline = time.monotonic() + TOPICS_GONE_S
        while set(there) & _topics(client):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Kafka still has the last run's topics after {TOPICS_GONE_S:.0f} s.")
            time.sleep(ASK_INTERVAL_S)
        # Another client: one that knew the old topics takes the new ones' leaders for out of date.
        client = admin(self._addresses.kafka)
        ensure_topics(client, ALL_TOPICS, catalog.dead_letter_topics())
        return client


def _topics(client: AdminClient) -> set[str]:
    return set(client.list_topics(timeout=10).topics)


@contextmanager
def lab() -> Iterator[Lab]:
    """Servers for the time of the block; afterwards nothing of them is left."""
    # A short path, and open to PostgreSQL's system user.
    stack = Stack(Path(tempfile.mkdtemp(prefix="dfdg-bench-", dir="/tmp")), lasting=True)
    try:
        yield Lab(stack, stack.up())
    finally:
        stack.remove()
