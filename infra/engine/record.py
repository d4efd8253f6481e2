"""Records: as they are fetched, as they are accepted, and as they wait in the outbox for their topics."""

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

    If a header's name is not UTF-8, the client (confluent-kafka 2.16) sets an error and returns a broken tuple; reading
    that tuple crashes the process. A plain call, once specialised, misses the error; a call through `methodcaller`
    raises it. The headers are then removed from the record: the next call would return the broken tuple again.
    """
    try:
        return _ask(record) or ()
    except SystemError:
        record.set_headers([])
        raise UnreadableError("a header's name is not UTF-8; the topic has the headers, at this position") from None


class Batch(NamedTuple):
    """Fetched records of one slice, records of the clock last, and the epoch under which they were fetched.

    `froms`, `tos`: for each topic that moves, the first offset and the next one. Offsets in between may have no record.
    """

    slice: int
    epoch: int
    froms: dict[str, int]
    tos: dict[str, int]
    records: list[Message]


class IncomingEvent(NamedTuple):
    """One record that was accepted: decoded, in order, and not applied before.

    `cause`: the id of the event that led to it, if its envelope has one. `slice`: the slice that reads the record; the
    key of a broadcast record does not say it.
    """

    topic: Topic
    offset: int
    id: bytes
    event: Event
    cause: bytes | None = None
    slice: int | None = None


class OutgoingRecord(NamedTuple):
    """One produced event, numbered and encoded for its topic. `time_us`: microseconds since 1970, UTC. `raw`: a dead
    letter's reason, position and headers as JSON."""

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


def pack(outgoing_records: Sequence[OutgoingRecord]) -> bytes:
    """All outgoing records of one batch as one value, for one row of the outbox."""
    parts: list[bytes] = []
    for record in outgoing_records:
        topic = record.topic.encode()
        sizes = (len(topic), len(record.key), len(record.value), len(record.raw))
        parts.append(_FIXED.pack(record.partition, record.sequence, record.id, record.cause, record.time_us, *sizes))
        parts += (topic, record.key, record.value, record.raw)
    return b"".join(parts)


def unpack(body: bytes) -> Iterator[OutgoingRecord]:
    """The outgoing records that `pack` made this value of, in their order."""
    at = 0
    while at < len(body):
        partition, sequence, id_, cause, time_us, *sizes = _FIXED.unpack_from(body, at)
        at += _FIXED.size
        texts = []
        for size in sizes:
            texts.append(body[at : at + size])
            at += size
        yield OutgoingRecord(texts[0].decode(), partition, sequence, id_, cause, time_us, *texts[1:])


_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@lru_cache(maxsize=64)  # events with the same cause share one moment
def micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND
