"""A schema may gain an optional field: old and new readers and writers still understand each other."""

import copy
import io
from typing import Any

import fastavro
import pytest

from schemas.codec import contract, decode, encode, frame
from schemas.event import Event
from schemas.lint import faults
from tests.contract.catalogue import EVENTS, avsc, example

ADDED = {"name": "told_by", "type": ["null", "string"], "doc": "Who told us, by id; null if unknown.", "default": None}

each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SCHEMA)


def tomorrows(event: type[Event]) -> Any:
    """The next version of the event's schema: one optional field more, in the middle."""
    schema = copy.deepcopy(avsc(event))
    schema["fields"].insert(1, ADDED)
    parsed = fastavro.parse_schema(schema)
    assert faults(parsed) == []
    return parsed


@each_event
def test_todays_reader_reads_what_tomorrows_producer_writes_and_drops_the_new_field(event: type[Event]) -> None:
    known = example(event, "awkward")
    written = io.BytesIO()
    fastavro.schemaless_writer(written, tomorrows(event), known.__dict__ | {"told_by": "j-101"})
    assert decode(memoryview(written.getvalue()), tomorrows(event), event) == known


@each_event
def test_tomorrows_reader_reads_what_todays_producer_writes_and_finds_the_default(event: type[Event]) -> None:
    known = example(event, "awkward")
    body = io.BytesIO(frame(encode(known, 1)).body)
    read = fastavro.schemaless_reader(body, contract(event.SCHEMA), tomorrows(event))
    assert read == known.__dict__ | {"told_by": None}
