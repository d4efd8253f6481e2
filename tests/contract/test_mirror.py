"""Pydantic classes mirror the Avro schemas field by field, both ways: names, order, types, nullability, defaults."""

import types
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import AwareDatetime

from schemas.event import Event
from tests.contract.catalogue import EVENTS, avsc

AVRO_OF: dict[Any, Any] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    date: {"type": "int", "logicalType": "date"},
    AwareDatetime: {"type": "long", "logicalType": "timestamp-micros"},
}


def expected(annotation: Any) -> Any:
    """The Avro type that mirrors a pydantic field; "integer" is int or long."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return expected(args[0])
    if origin in (types.UnionType, Union):
        return ["null", *(expected(each) for each in args if each is not type(None))]
    if origin is Literal:
        return "string"
    if origin is list:
        return {"type": "array", "items": expected(args[0])}
    if origin is dict:
        assert args[0] is str
        return {"type": "map", "values": expected(args[1])}
    return AVRO_OF[annotation]


def widened(schema: Any) -> Any:
    """The Avro type with plain int and long as "integer"."""
    if isinstance(schema, list):
        return [widened(each) for each in schema]
    if isinstance(schema, dict):
        return schema if "logicalType" in schema else {key: widened(each) for key, each in schema.items()}
    return "integer" if schema in ("int", "long") else schema


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SCHEMA)
def test_the_class_and_the_schema_have_the_same_fields_in_the_same_order_with_the_same_types_and_defaults(
    event: type[Event],
) -> None:
    schema = avsc(event)
    in_schema = [
        (field["name"], widened(field["type"]), "default" not in field, field.get("default"))
        for field in schema["fields"]
    ]
    in_class = [
        (name, expected(field.annotation), field.is_required(), None if field.is_required() else field.default)
        for name, field in event.model_fields.items()
    ]
    assert in_schema == in_class
    assert schema["type"] == "record"
    assert f"{schema['namespace']}.{schema['name']}" == f"dk.dfdg.{event.__name__}"
    assert all(field.alias is None and field.default_factory is None for field in event.model_fields.values())
