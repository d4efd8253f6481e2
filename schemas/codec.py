"""Records as bytes: Confluent framing around Avro, checked before anything is decoded (DESIGN section 4)."""

import io
import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import fastavro
from pydantic import ValidationError

from schemas.event import Event

MAX_RECORD_BYTES = 256 * 1024
"""Longer records are refused before decoding. Our largest honest record has some 20 kB, and decoding garbage costs more
than its size."""

_MAGIC = b"\x00"
_FRAME_BYTES = 5


class UnreadableError(Exception):
    """This record will never be readable as it is: framing, schema, validation or size. It becomes a dead letter."""


class Framed(NamedTuple):
    schema_id: int
    body: memoryview


@cache
def contract(schema: str) -> Any:
    """The parsed Avro schema `avro/<schema>.avsc`, as fastavro wants it."""
    return fastavro.parse_schema(json.loads(contract_text(schema)))


@cache
def contract_text(schema: str) -> str:
    return files("schemas").joinpath("avro", f"{schema}.avsc").read_text(encoding="utf-8")


def encode(event: Event, schema_id: int) -> bytes:
    """The event in Confluent framing: 0, schema id (4 bytes, big endian), Avro."""
    out = io.BytesIO()
    out.write(_frame(schema_id))
    fastavro.schemaless_writer(out, contract(event.SCHEMA), event.__dict__)
    return out.getvalue()


@cache
def _frame(schema_id: int) -> bytes:
    return _MAGIC + schema_id.to_bytes(_FRAME_BYTES - 1, "big")


def frame(value: bytes | None) -> Framed:
    """Split the frame off, or raise `UnreadableError`."""
    if value is None:
        raise UnreadableError("the record has no value; tombstones have no meaning on our topics")
    if len(value) > MAX_RECORD_BYTES:
        raise UnreadableError(f"the value has {len(value)} bytes; at most {MAX_RECORD_BYTES} are read")
    if len(value) < _FRAME_BYTES or value[:1] != _MAGIC:
        raise UnreadableError("the value does not begin with Confluent framing (byte 0 and a schema id)")
    return Framed(int.from_bytes(value[1:_FRAME_BYTES], "big"), memoryview(value)[_FRAME_BYTES:])


def decode(body: memoryview, writer: Any, event: type[Event]) -> Event:
    """The event from Avro that `writer` (a parsed schema) wrote, or `UnreadableError`, which never quotes the data."""
    data = io.BytesIO(body)
    reader = contract(event.SCHEMA)
    try:
        fields = fastavro.schemaless_reader(data, writer, None if writer is reader else reader)
    except Exception as error:  # noqa: BLE001 - all of fastavro's: it reads these bytes only, and has classes of its own
        raise UnreadableError(f"the value is not Avro of {event.SCHEMA} ({type(error).__name__})") from None
    if data.read(1):
        raise UnreadableError(f"bytes are left after the Avro of {event.SCHEMA}")
    try:
        return event.model_validate(fields)
    except ValidationError as error:
        raise UnreadableError(f"not a valid {event.SCHEMA}: {faults(error)}") from None
    except Exception as error:  # noqa: BLE001 - a validator's, of these values only
        raise UnreadableError(f"not a valid {event.SCHEMA} ({type(error).__name__})") from None


def faults(error: ValidationError) -> str:
    """Which fields are wrong and why, without their contents."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'record'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    )
