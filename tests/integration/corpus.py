"""Bad records of every kind, each with a key of its own, and why each cannot be read."""

import io
import json
from typing import Any, NamedTuple

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from schemas.codec import MAX_RECORD_BYTES, contract, encode
from schemas.headers import RawHeaders, headers
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import SITUATION_RECORDED
from tests.builders import situation

CPR = "0101701234"
BOMB_BYTES = 24 * 1024 * 1024
"""Zero bytes: zstd packs them into some hundred bytes, which every broker accepts."""

RECURSIVE = {"name": "again", "type": ["null", "Trap"], "default": None}
NULLS = {"name": "nothing", "type": {"type": "array", "items": "null"}}


class Bad(NamedTuple):
    """A bad record. `reason`: words that its dead letter's reason contains."""

    reason: str
    value: bytes | None
    key: bytes | None
    about: RawHeaders
    partition: int


def trap(registry: SchemaRegistryClient, field: Any) -> int:
    """Registers a dangerous schema under the topic's own subject, as a stranger with write access might; returns its
    id."""
    subject = SITUATION_RECORDED.subject
    registry.set_compatibility(subject, "NONE")
    text = json.dumps({"type": "record", "name": "Trap", "fields": [field]})
    return registry.register_schema(subject, Schema(text, "AVRO"))


def corpus(ids: dict[str, int], other_id: int, traps: dict[str, int]) -> dict[str, Bad]:
    """The bad records by name. `traps`: the ids of the dangerous schemas, with which no record may be read."""
    own = ids[SITUATION_RECORDED.name]
    made: dict[str, Bad] = {}

    def add(name: str, reason: str, value: Any = b"", **known: Any) -> None:
        key = known.get("key", f"c-bad-{len(made)}".encode())
        event = situation("2021-06-13 12:00", citizen=(key or b"nobody").decode())
        good = encode(event, own)
        content = value(good) if callable(value) else value
        about = known.get("about", headers(f"bad-{len(made)}", "test", event))
        partition = slice_of(key or b"nobody", SLICES) + known.get("beside", 0)
        made[name] = Bad(reason, content, key, about, partition % SLICES)

    def framed(schema_id: int, body: bytes) -> bytes:
        return b"\0" + schema_id.to_bytes(4, "big") + body

    def with_(**fields: Any) -> Any:
        def changed(good: bytes) -> bytes:
            out, schema = io.BytesIO(), contract("situation-recorded.v1")
            known: Any = fastavro.schemaless_reader(io.BytesIO(good[5:]), schema, None)
            fastavro.schemaless_writer(out, schema, known | fields)
            return framed(own, out.getvalue())

        return changed

    add("garbage", "Confluent framing", b"garbage")
    add("tombstone", "no value", None)
    add("truncated", "not Avro", lambda good: good[:-1])
    add("trailing byte", "bytes are left", lambda good: good + b"\0")
    add("unknown schema id", "schema 999999 is not registered", framed(999_999, b"rest"))
    add("another topic's schema", f"schema {other_id} is not registered", framed(other_id, b"rest"))
    add("deep recursion", "not safe to read", framed(traps["recursion"], b"\x02" * 5_000))
    add("null bomb", "not safe to read", framed(traps["nulls"], b"\xfe\xff\xff\xff\x0f\0"))
    add("varint of 31 bytes", "not Avro", framed(own, b"\x80" * 30 + b"\x01"))
    add("invalid UTF-8", "not Avro", lambda good: good.replace(b"job-ready", b"job-\xc3\x28ady"))
    add("one byte too long", "at most 262144", framed(own, b"\0" * (MAX_RECORD_BYTES - 4)))
    add("5 MB", "at most 262144", lambda good: good * (5_000_000 // len(good)))
    add("zstd bomb", "at most 262144", b"\0" * BOMB_BYTES)
    add("a CPR number for a target group", "target_group", with_(target_group=CPR))
    add("U+0000", "jobcentre", with_(jobcentre="jc\0"))
    add("year 1", "occurred_at", with_(occurred_at=-62_135_596_800_000_000))
    add("year 9999", "occurred_at", with_(occurred_at=253_402_300_799_000_000))
    add("no headers", "ce_id or ce_source is missing", lambda good: good, about=[])
    add("10,000 headers", "at most 64", lambda good: good, about=[(f"h{n}", b"x") for n in range(10_000)])
    add("a header not UTF-8", "not UTF-8", lambda good: good, about=[("ce_id", b"\xff"), ("ce_source", b"x")])
    add("a header of 5 kB", "more than 1024", lambda good: good, about=[("ce_id", b"x" * 5_000), ("ce_source", b"x")])
    add("a header without a value", "empty", lambda good: good, about=[("ce_id", None), ("ce_source", b"x")])
    add("no key", "no key", lambda good: good, key=None)
    add("another's key", "key is not its citizen", encode(situation("2021-06-13 12:00", citizen="c-else"), own))
    add("another partition", "belongs to another partition", lambda good: good, beside=1)
    return made
