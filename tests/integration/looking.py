"""What the tests of the reading commands share: a desk to run them at, and records and positions to look at."""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Producer
from psycopg import Connection
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.group import register
from infra.kafka import admin, end_offsets, ensure_topics, topic_ids
from infra.local import Addresses
from infra.registry import Registry
from schemas.codec import encode
from schemas.event import Event
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import TOPICS

TOPIC_OF: dict[type[Event], Topic] = {topic.event: topic for topic in TOPICS}
FINE, COULD_NOT, USAGE, AWAY, BAD_INPUT = range(5)


class Desk(NamedTuple):
    """Somebody who looks: the run's servers, with a database of one's own."""

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

    def put(self, *events: Event, at_ms: int | None = None) -> None:
        """The events on their topics, each with the id `id-<n>`, written at that moment (milliseconds since 1970)."""
        ids = Registry(self.addresses.registry).register_all(TOPICS)
        for number, event in enumerate(events, 1):
            topic = TOPIC_OF[type(event)]
            key = event.key.encode()
            slices = range(SLICES) if topic.broadcast else (slice_of(key, SLICES),)
            for slice_ in slices:
                envelope = headers(f"id-{number}", "test", event, cause=f"cause-{number}")
                self.put_raw(topic, slice_, key, encode(event, ids[topic.name]), envelope, at_ms)

    def put_raw(
        self, topic: Topic, slice_: int, key: bytes, value: bytes, envelope: Any = None, at_ms: int | None = None
    ) -> None:
        producer = Producer({"bootstrap.servers": self.addresses.kafka, "acks": "all"})
        producer.produce(topic.name, value, key, slice_, headers=envelope or [], timestamp=at_ms or 0)
        assert producer.flush() == 0


@pytest.fixture
def desk(addresses: Addresses, database: str) -> Desk:
    """An empty database, and whatever other tests left on the topics."""
    ensure_topics(admin(addresses.kafka), TOPICS)
    return Desk(addresses, database)


@pytest.fixture
def empty(desk: Desk, kafka: str) -> Desk:
    """An empty database and empty topics."""
    assert desk.addresses.kafka == kafka
    return desk


def stand(connection: Connection, kafka: str, group: str, topic: Topic, back: Mapping[int, int]) -> None:
    """The group has applied the whole topic, but for so many of the last records in the slices of `back`."""
    client = admin(kafka)
    register(connection, group, topic_ids(client, [topic.name]))
    for slice_, ends in enumerate(end_offsets(client, [topic.name])):
        positions = {topic.name: ends[topic.name] - back.get(slice_, 0)}
        query = "update ledger.slice set positions = positions || %s where consumer = %s and slice = %s"
        connection.execute(query, (Jsonb(positions), group, slice_))
    connection.commit()
