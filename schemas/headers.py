"""CloudEvents in Kafka's binary mode: the headers are the envelope, the value is the event (DESIGN section 4)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from schemas.codec import UnreadableError
from schemas.event import Event
from schemas.topics import BY_NAME

RawHeaders = list[tuple[str, str | bytes | None]]
"""Headers in the type that the Kafka client wants; ours are bytes."""

Headers = dict[str, str]
"""The headers of a record that we act on, decoded; `ce_id` and `ce_source` are always there."""

MAX_HEADERS = 64
"""We write nine, and tracing adds two. A record with more carries data in its headers, and is refused."""

MAX_HEADER_BYTES = 1024
"""The longest value of a header that we act on: sources are kept in a slice's row, ids in the journal."""

MAX_SEQUENCE = 2**63 - 1
"""PostgreSQL's `int8`, in which sequences wait in the outbox."""

_SEQUENCE = re.compile("[1-9][0-9]{0,18}")
_READ = frozenset(("ce_id", "ce_source", "ce_sequence", "ce_causationid", "traceparent"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_CAUSE = bytes(16)


class Enveloped(Protocol):
    """The fields of an `infra.engine.record.OutgoingRecord` that its headers carry."""

    @property
    def topic(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def id(self) -> bytes: ...
    @property
    def cause(self) -> bytes: ...
    @property
    def time_us(self) -> int: ...
    @property
    def key(self) -> bytes: ...
    @property
    def raw(self) -> bytes: ...


def headers(ce_id: str, source: str, event: Event, cause: str | None = None, sequence: int | None = None) -> RawHeaders:
    """The envelope of an event; `cause`: the `ce_id` of its cause; `sequence`: only for records of our ledger."""
    made = _constant(event.SCHEMA, source).copy()
    made.append(("ce_id", ce_id.encode()))
    made.append(("ce_time", event.occurred_at.isoformat().encode()))
    made.append(("ce_subject", event.key.encode()))
    if cause is not None:
        made.append(("ce_causationid", cause.encode()))
    if sequence is not None:
        made.append(("ce_sequence", b"%d" % sequence))
    return made


def outgoing_headers(outgoing: Enveloped, source: str) -> RawHeaders:
    """The envelope of our ledger's record. A dead letter has `dlq` (JSON), not a subject: its key may be anything."""
    made = [
        *_of_topic(outgoing.topic, source),
        ("ce_id", outgoing.id.hex().encode()),
        ("ce_time", _moment(outgoing.time_us)),
        ("dlq", outgoing.raw) if outgoing.raw else ("ce_subject", outgoing.key),
        ("ce_sequence", b"%d" % outgoing.sequence),
    ]
    if outgoing.cause != _NO_CAUSE:
        made.append(("ce_causationid", outgoing.cause.hex().encode()))
    return made


def parse(raw: Sequence[tuple[str, bytes | None]] | Any) -> Headers:
    """The headers that we act on.

    Raises `UnreadableError` when there are too many, when one is too long, empty, not UTF-8 or there twice, or when id
    or source is missing.
    """
    raw = raw or ()
    if len(raw) > MAX_HEADERS:
        raise UnreadableError(f"the record has {len(raw)} headers; at most {MAX_HEADERS} are read")
    found: Headers = {}
    for name, value in raw:
        if name in _READ:
            if name in found or not value or len(value) > MAX_HEADER_BYTES:
                raise UnreadableError(f"header {name} is there twice, empty, or has more than {MAX_HEADER_BYTES} bytes")
            try:
                found[name] = value.decode()
            except UnicodeDecodeError:
                raise UnreadableError(f"header {name} is not UTF-8") from None
    if "ce_id" not in found or "ce_source" not in found:
        raise UnreadableError("header ce_id or ce_source is missing")
    return found


def sequence_of(headers: Headers) -> int:
    """The sequence that our ledger has given the record, as it writes numbers; else `UnreadableError`."""
    digits = headers.get("ce_sequence", "")
    if not _SEQUENCE.fullmatch(digits) or (sequence := int(digits)) > MAX_SEQUENCE:
        raise UnreadableError(f"ce_sequence is missing, or is no number from 1 to {MAX_SEQUENCE}")
    return sequence


@lru_cache(maxsize=64)  # the events that one event causes have its moment
def _moment(time_us: int) -> bytes:
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat().encode()


@lru_cache(maxsize=1024)  # topics × slices of one process
def _of_topic(topic: str, source: str) -> RawHeaders:
    if topic in BY_NAME:
        return _constant(BY_NAME[topic].event.SCHEMA, source)
    return _constant("dead-letter.v1", source, "application/octet-stream")


@lru_cache(maxsize=1024)
def _constant(schema: str, source: str, content_type: str = "application/avro") -> RawHeaders:
    return [
        ("content-type", content_type.encode()),
        ("ce_specversion", b"1.0"),
        ("ce_type", schema.encode()),
        ("ce_source", source.encode()),
    ]
