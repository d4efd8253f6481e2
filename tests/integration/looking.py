"""Helpers for tests of the reading commands: a desk to run them at, and records and positions for them to show."""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Producer
from psycopg import Connection
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from infra.addresses import Addresses
from infra.cli import app
from infra.engine.consumer import register
from infra.kafka import admin, end_offsets, topic_ids
from infra.registry import Registry
from infra.topic_admin import ensure_topics
from schemas.codec import encode
from schemas.event import Event
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import TOPICS

TOPIC_OF: dict[type[Event], Topic] = {topic.event: topic for topic in TOPICS}
FINE, COULD_NOT, USAGE, AWAY, BAD_INPUT = range(5)


class Desk(NamedTuple):
    """An operator's desk: the test run's servers, with a database of its own."""

    addresses: Addresses
    dsn: str

    @property
    def environment(self) -> dict[str, str]:
        there = self.addresses
        named = {"DFDG_KAFKA": there.kafka, "DFDG_REGISTRY": there.registry, "DFDG_DSN": self.dsn, "COLUMNS": "200"}
        return {**os.environ, **named}

    def dfdg(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.environment)

    def json(self, *arguments: str) -> Any:
        done = self.dfdg(*arguments, "--json")
        assert done.exit_code == FINE, done.stderr
        return json.loads(done.stdout)

    def put(self, *events: Event) -> None:
        """Writes the events to their topics, each with the id `id-<n>`."""
        ids = Registry(self.addresses.registry).register_all(TOPICS)
        for number, event in enumerate(events, 1):
            topic = TOPIC_OF[type(event)]
            key = event.key.encode()
            slices = range(SLICES) if topic.broadcast else (slice_of(key, SLICES),)
            for slice_ in slices:
                envelope = headers(f"id-{number}", "test", event, cause=f"cause-{number}")
                self.put_raw(topic, slice_, key, encode(event, ids[topic.name]), envelope)

    def put_raw(self, topic: Topic, slice_: int, key: bytes, value: bytes, envelope: Any = None) -> None:
        producer = Producer({"bootstrap.servers": self.addresses.kafka, "acks": "all"})
        producer.produce(topic.name, value, key, slice_, headers=envelope or [])
        assert producer.flush() == 0


@pytest.fixture
def desk(addresses: Addresses, database: str) -> Desk:
    """A desk with an empty database; the topics keep the records of other tests."""
    ensure_topics(admin(addresses.kafka), TOPICS)
    return Desk(addresses, database)


@pytest.fixture
def empty(desk: Desk, kafka: str) -> Desk:
    """A desk with an empty database and empty topics."""
    assert desk.addresses.kafka == kafka
    return desk


def stand(connection: Connection, kafka: str, consumer: str, topic: Topic, back: Mapping[int, int]) -> None:
    """Sets the consumer's positions to the topic's end offsets, in the slices of `back` so many records before them."""
    client = admin(kafka)
    register(connection, consumer, topic_ids(client, [topic.name]))
    for slice_, ends in enumerate(end_offsets(client, [topic.name])):
        positions = {topic.name: ends[topic.name] - back.get(slice_, 0)}
        query = "update ledger.slice set positions = positions || %s where consumer = %s and slice = %s"
        connection.execute(query, (Jsonb(positions), consumer, slice_))
    connection.commit()
