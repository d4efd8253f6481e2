"""Records on their way: as they arrive from a topic, and as they leave for one."""

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import methodcaller
from typing import NamedTuple

from confluent_kafka import Message

from schemas.codec import UnreadableError
from schemas.event import Event
from schemas.topic import Topic

RawHeaders = Sequence[tuple[str, bytes | None]]


_ask: Callable[[Message], RawHeaders | None] = methodcaller("headers")


def raw_headers(record: Message) -> RawHeaders:
    """The record's headers, or `UnreadableError`: the one place that asks the client for headers of unknown origin.

    Of a name that is not UTF-8 the client (confluent-kafka 2.16) sets an error and gives out a tuple with a hole in it;
    whoever looks into that dies. A plain call, once the interpreter has specialised it, does not see the error; one
    through `methodcaller` does. The record's headers are then taken off, for they would be given out again.
    """
    try:
        return _ask(record) or ()
    except SystemError:
        record.set_headers([])
        raise UnreadableError("a header's name is not UTF-8; the topic has the headers, at this position") from None


class Arrival(NamedTuple):
    """One record taken in: decoded, not a repetition, in order.

    `cause`: the id of what led to it, when its envelope says so. `slice`: of a broadcast nothing else tells it.
    """

    topic: Topic
    offset: int
    id: bytes
    event: Event
    cause: bytes | None = None
    slice: int | None = None


class Departure(NamedTuple):
    """One record decided, numbered and encoded. `time_us`: microseconds since 1970, UTC. `raw`: of a dead letter."""

    topic: str
    partition: int
    sequence: int
    id: bytes
    cause: bytes
    time_us: int
    key: bytes
    value: bytes
    raw: bytes = b""


_FIXED = struct.Struct(">Hq16s16sqIIII")


def pack(departures: Sequence[Departure]) -> bytes:
    """The departures of one batch as one value, for one row of the outbox."""
    parts: list[bytes] = []
    for d in departures:
        topic = d.topic.encode()
        sizes = (len(topic), len(d.key), len(d.value), len(d.raw))
        parts += (_FIXED.pack(d.partition, d.sequence, d.id, d.cause, d.time_us, *sizes), topic, d.key, d.value, d.raw)
    return b"".join(parts)


def unpack(body: bytes) -> Iterator[Departure]:
    """What `pack` was given, in the same order."""
    at = 0
    while at < len(body):
        partition, sequence, id_, cause, time_us, *sizes = _FIXED.unpack_from(body, at)
        at += _FIXED.size
        texts = []
        for size in sizes:
            texts.append(body[at : at + size])
            at += size
        yield Departure(texts[0].decode(), partition, sequence, id_, cause, time_us, *texts[1:])


_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@lru_cache(maxsize=64)  # what one event leads to bears one moment
def micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND
