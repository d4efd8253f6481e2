"""A topic's records as they come, decoded, for a person who watches. Reads outside every consumer group and changes
nothing."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from infra.engine.consumer import Schemas
from infra.engine.record import raw_headers
from infra.errors import TransientError
from infra.kafka import admin, end_offsets
from schemas.codec import UnreadableError, decode, frame
from schemas.event import Event
from schemas.headers import parse
from schemas.topic import SLICES, Topic

POLL_S = 0.2
"""Seconds that one wait for records lasts: the person who watches can stop that soon."""

AT_ONCE = 500
SETTINGS = {"group.id": "dfdg-look", "enable.auto.commit": False, "fetch.wait.max.ms": 50}


class Sighting(NamedTuple):
    """One record on the topic. An unreadable one has a `fault` instead of an event, and shows nothing of its
    contents."""

    partition: int
    offset: int
    at: datetime
    type: str
    id: str
    cause: str | None
    event: Event | None
    fault: str | None


def watch(kafka: str, schemas: Schemas, topic: Topic, *, from_beginning: bool) -> Iterator[Sighting | None]:
    """Every record from now on, or from the log's beginning. None comes first, and whenever no record came for
    `POLL_S`.

    Never ends. Raises `TransientError` when Kafka or the registry is away.
    """
    with closing(Consumer({"bootstrap.servers": kafka, "auto.offset.reset": "earliest", **SETTINGS})) as consumer:
        ends = end_offsets(admin(kafka), [topic.name])
        starts = [0 if from_beginning else ends[slice_][topic.name] for slice_ in range(SLICES)]
        consumer.assign([TopicPartition(topic.name, slice_, start) for slice_, start in enumerate(starts)])
        yield None
        while True:
            records = consumer.consume(AT_ONCE, POLL_S)
            for record in records:
                if (error := record.error()) is None:
                    yield _sighting(record, topic, schemas)
                elif error.fatal():
                    raise TransientError(f"Kafka does not answer: {error.str()}") from KafkaException(error)
            if not records:
                yield None


def _sighting(record: Message, topic: Topic, schemas: Schemas) -> Sighting:
    place = (record.partition() or 0, record.offset() or 0)
    try:
        headers = parse(raw_headers(record))
        framed = frame(record.value())
        event = decode(framed.body, schemas.writer_schema(framed.schema_id, topic), topic.event)
    except UnreadableError as error:
        written = datetime.fromtimestamp(record.timestamp()[1] / 1000, UTC)
        return Sighting(*place, written, "unreadable", "", None, None, str(error))
    cause = headers.get("ce_causationid")
    return Sighting(*place, event.occurred_at, event.SCHEMA, headers["ce_id"], cause, event, None)
