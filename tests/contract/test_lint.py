"""Every schema of ours passes the lint, and the lint finds each fault planted."""

from typing import Any

import fastavro
import pytest

from schemas.codec import contract
from schemas.event import Event
from schemas.lint import MAX_DEPTH, dangers, faults
from tests.contract.catalogue import EVENTS


def record(*types: Any, name: str = "Sample", doc: str = "A sample.", field: str = "field") -> Any:
    """A record with one documented field of each type; field_0, field_1 …"""
    fields = [{"name": f"{field}_{n}", "type": each, "doc": "A field."} for n, each in enumerate(types)]
    return {"type": "record", "name": name, "namespace": "dk.dfdg", "doc": doc, "fields": fields}


def nested(levels: int) -> Any:
    schema: Any = "string"
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def chain(length: int) -> Any:
    """Records flat in the text that each name the one before: deep all the same."""
    links = [record("string", name="Link0")]
    links += [record(f"dk.dfdg.Link{n - 1}", name=f"Link{n}") for n in range(1, length)]
    return record(*links)


EMPTY: dict[str, Any] = {"type": "record", "name": "Empty", "doc": "Nothing.", "fields": []}
ENUM: dict[str, Any] = {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 9}

DANGERS = {
    "contains itself": record("string", ["null", "dk.dfdg.Sample"]),
    "nests deeper": record(nested(MAX_DEPTH)),
    "deeper than 8": record(nested(900)),
    "deeper than 8 levels": chain(MAX_DEPTH),
    "field_0[items]: takes no byte (null": record({"type": "array", "items": "null"}),
    "field_0[values]: takes no byte (null": record({"type": "map", "values": {"type": "null"}}),
    "field_0[items]: takes no byte": record({"type": "array", "items": EMPTY}),
    "field_0[items].field_0: takes no byte": record({"type": "array", "items": record("null", name="Inner")}),
    "field_0: takes no byte": record({"type": "fixed", "name": "Nought", "size": 0}),
    "field_0: timestamp-millis on long": record(MILLIS),
    "field_0[items]: decimal on bytes": record({"type": "array", "items": DECIMAL}),
    "field_0: timestamp-micros on int": record({"type": "int", "logicalType": "timestamp-micros"}),
    "no record": {"type": "array", "items": "string"},
}
MANNERS = {
    "Sample: no doc": record("string", doc=""),
    "Sample: the doc is not filled in": record("string", doc="TODO: what it is."),
    "Sample.field_0: no doc": record("string") | {"fields": [{"name": "field_0", "type": "string"}]},
    "field_0: an enum without a default": record(ENUM),
    "dk.dfdg.sample is not named": record("string", name="sample"),
    "other.Sample is not named": record("string") | {"namespace": "other"},
    "Sample.fromDay_0: fields are named": record("string", field="fromDay"),
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SCHEMA)
def test_every_schema_of_ours_passes(event: type[Event]) -> None:
    assert faults(contract(event.SCHEMA)) == []


def test_what_is_near_a_fault_but_none_passes() -> None:
    allowed = (
        ["null", "string"],
        {"type": "long", "logicalType": "timestamp-micros"},
        {"type": "array", "items": ["null", "int"]},
        ENUM | {"default": "RED"},
        nested(MAX_DEPTH - 2),
    )
    assert faults(fastavro.parse_schema(record(*allowed))) == []


@pytest.mark.parametrize("text", DANGERS)
def test_a_danger_is_found_and_nothing_else(text: str) -> None:
    schema = fastavro.parse_schema(DANGERS[text])
    (found,) = dangers(schema)
    assert text in found
    assert found in faults(schema)


@pytest.mark.parametrize("text", MANNERS)
def test_bad_manners_are_found_and_nothing_else_and_do_not_stop_a_reader(text: str) -> None:
    schema = fastavro.parse_schema(MANNERS[text])
    (found,) = faults(schema)
    assert text in found
    assert dangers(schema) == []
