"""Pydantic classes mirror the Avro schemas field by field, both ways: names, order, types, nullability, defaults."""

import pytest

from schemas.event import Event
from schemas.mirror import CONTRACTS, avro_type, contract_of, widened
from tests.contract.catalogue import EVENTS, avsc


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
        (
            name,
            widened(avro_type(field.annotation)),
            field.is_required(),
            None if field.is_required() else field.default,
        )
        for name, field in event.model_fields.items()
    ]
    assert in_schema == in_class
    assert schema["type"] == "record"
    assert f"{schema['namespace']}.{schema['name']}" == f"dk.dfdg.{event.__name__}"
    assert all(field.alias is None and field.default_factory is None for field in event.model_fields.values())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SCHEMA)
def test_a_contract_is_written_as_schemas_new_writes_it(event: type[Event]) -> None:
    assert (CONTRACTS / f"{event.SCHEMA}.avsc").read_text(encoding="utf-8") == contract_of(event)
