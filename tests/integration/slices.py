"""One slice of a consumer on real PostgreSQL, without Kafka: records are handed to its worker as a source would."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Message
from psycopg import Connection

from consumers.deletion_orders import never
from infra.addresses import Addresses
from infra.cli.catalog import sources
from infra.consumer_group import transaction_of
from infra.engine.consumer import LedgerConsumer, Wiring, register
from infra.engine.days import SOURCE, day_id
from infra.engine.outbox import OutboxPublisher, PendingDelivery
from infra.engine.record import Batch, OutgoingRecord
from infra.engine.worker import Worker
from infra.postgres import connect, open_pool
from schemas.clock import DayBegun
from schemas.codec import UnreadableError, contract, encode
from schemas.event import Event
from schemas.headers import headers
from schemas.topic import Topic, Writer
from tests.integration.system import stand_in

OURS, THEIRS = 1, 2
"""Ids of two schemas. The registry knows the second one only once it is `registered`."""


class SomeSchemas:
    """A registry that lacks one schema until a test registers it."""

    registered = False

    def writer_schema(self, schema_id: int, topic: Topic) -> Any:
        if schema_id != OURS and not self.registered:
            raise UnreadableError(f"schema {schema_id} is not registered for {topic.subject}")
        return contract(topic.event.SCHEMA)


def message(
    topic: Topic, slice_: int, offset: int, event: Event, id_: str, schema: int = OURS, **other: Any
) -> Message:
    source = stand_in(topic, slice_) if topic.writer is Writer.LEDGER else "test"
    about = headers(id_, source, event, sequence=other.pop("sequence", None))
    if isinstance(event, DayBegun):
        about = headers(day_id(event, slice_).hex(), SOURCE, event)
    known = {"key": event.key.encode(), "value": encode(event, schema), "headers": about, "timestamp": (1, 0)}
    return Message(topic=topic.name, partition=slice_, offset=offset, **known | other)


class NoPublisher(OutboxPublisher):
    """Publishes nothing, and treats every batch as acknowledged."""

    def __init__(self) -> None:
        """Without a producer."""

    def publish(self, _source: str, batch: int, _outgoing: Sequence[OutgoingRecord]) -> PendingDelivery:
        return PendingDelivery(batch, 0)

    def poll(self, timeout_s: float = 0.0) -> None:
        """Does nothing: no acknowledgement can come."""


class Slice:
    """A slice with its worker."""

    def __init__(self, worker: Worker, schemas: SomeSchemas, connection: Connection, slice_: int) -> None:
        self.worker, self.schemas, self.connection, self.slice = worker, schemas, connection, slice_
        self._offsets: dict[str, int] = {}

    def take_over(self) -> None:
        self.worker.take_over("test", dict)

    def put(self, *records: Message) -> None:
        """Works on one batch with these records, and on all steps that follow."""
        tos = {str(each.topic()): (each.offset() or 0) + 1 for each in records}
        froms = {topic: self.worker.positions.get(topic, 0) for topic in tos}
        more = self.worker.work(Batch(self.slice, self.worker.epoch, froms, tos, list(records))).more
        while more:
            more = self.worker.work(Batch(self.slice, self.worker.epoch, {}, {}, [])).more

    def next(self, topic: Topic, event: Event, id_: str, schema: int = OURS, **other: Any) -> Message:
        """A record at the topic's next offset."""
        offset = self._offsets[topic.name] = self._offsets.get(topic.name, -1) + 1
        return message(topic, self.slice, offset, event, id_, schema, **other)

    def command(self, act: str, letter: int, who: str = "Anna Holm") -> str:
        """Gives an operator command and has it carried out; returns its outcome."""
        query = (
            "insert into dead_letter.act (consumer, slice, act, letter, who) values (%s, %s, %s, %s, %s) returning id"
        )
        (id_,) = self._one(query, (self.worker._consumer, self.slice, act, letter, who))
        self.worker.notified = True
        self.put()
        return str(self._one("select outcome from dead_letter.act where id = %s", (id_,))[0])

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters).fetchall()

    def _one(self, query: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
        (row,) = self.rows(query, parameters)
        return row


@contextmanager
def slice_of_consumer(dsn: str, consumer: LedgerConsumer, slice_: int) -> Iterator[Slice]:
    """The consumer's slice, taken over and without records."""
    schemas, pool = SomeSchemas(), open_pool(dsn, "test", 2)
    with connect(dsn, "test") as connection:
        connection.autocommit = True
        register(connection, consumer.name, {topic.name: topic.name for topic in consumer.reads})
        ids = {topic.name: OURS for topic in consumer.writes}
        wiring = Wiring(Addresses("", "", dsn), schemas, ids, never, sources())
        worker = Worker(consumer.name, slice_, pool, NoPublisher, transaction_of(consumer, wiring))
        made = Slice(worker, schemas, connection, slice_)
        made.take_over()
        yield made
    pool.close()
