"""A topic's records as they come, decoded, for a person who watches. Reads outside every consumer group and changes
nothing."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from infra.engine.consumer import Schemas
from infra.engine.record import RawHeaders, raw_headers
from infra.errors import TransientError
from infra.kafka import admin, end_offsets
from schemas.codec import UnreadableError, decode, frame
from schemas.event import Event
from schemas.headers import parse
from schemas.topic import Topic, partitions

POLL_S = 0.2
"""Seconds that one wait for records lasts: the person who watches can stop that soon."""

AT_ONCE = 500
DEAD_LETTER = "dead-letter.v1"
SETTINGS = {"group.id": "dfdg-look", "enable.auto.commit": False, "fetch.wait.max.ms": 50}


class Sighting(NamedTuple):
    """One record as seen. An unreadable one has a `fault` instead of an event, and shows nothing of what it holds; a
    dead letter has the reason and the position of the record that could not be read. `sequence`: only ledgers write it.
    """

    partition: int
    offset: int
    at: datetime
    type: str
    id: str
    cause: str | None
    event: Event | None
    fault: str | None
    source: str | None = None
    sequence: int | None = None


def watch(kafka: str, schemas: Schemas, topic: Topic | str, *, from_beginning: bool) -> Iterator[Sighting | None]:
    """Every record from now on, or from the log's beginning; None at first, and when nothing came for a moment.

    A `topic` of dead letters is given by its name. Never ends. Raises `TransientError` when Kafka or the registry is
    away.
    """
    with closing(Consumer({"bootstrap.servers": kafka, "auto.offset.reset": "earliest", **SETTINGS})) as consumer:
        name = str(topic)
        ends = end_offsets(admin(kafka), [name])
        starts = [0 if from_beginning else ends[slice_][name] for slice_ in range(partitions(name))]
        consumer.assign([TopicPartition(name, slice_, start) for slice_, start in enumerate(starts)])
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


def _sighting(record: Message, topic: Topic | str, schemas: Schemas) -> Sighting:
    place = (record.partition() or 0, record.offset() or 0)
    written = datetime.fromtimestamp(record.timestamp()[1] / 1000, UTC)
    try:
        raw = raw_headers(record)
        headers = parse(raw)
        number = headers.get("ce_sequence", "")
        source, sequence = headers["ce_source"], int(number) if number.isdecimal() else None
        if isinstance(topic, str):
            return Sighting(*place, written, DEAD_LETTER, headers["ce_id"], None, None, _why(raw), source, sequence)
        framed = frame(record.value())
        event = decode(framed.body, schemas.writer_schema(framed.schema_id, topic), topic.event)
    except UnreadableError as error:
        return Sighting(*place, written, "unreadable", "", None, None, str(error))
    cause = headers.get("ce_causationid")
    return Sighting(*place, event.occurred_at, event.SCHEMA, headers["ce_id"], cause, event, None, source, sequence)


def _why(raw: RawHeaders) -> str:
    """Where the record of a dead letter lay, and why it could not be read."""
    try:
        told = json.loads(dict(raw)["dlq"] or b"")
        return f"{told['dlq_position']}: {told['dlq_reason']}"
    except (KeyError, TypeError, ValueError):
        raise UnreadableError("header dlq does not say where the dead letter lay and why") from None
