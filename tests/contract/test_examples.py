"""Every example is a record that can be sent, and comes back as it was."""

import json

import pytest
from pydantic import ValidationError

from schemas.codec import contract, decode, encode, frame
from schemas.event import Event
from tests.contract.catalogue import EVENTS, KINDS, example, example_text

each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SCHEMA)


@each_event
@pytest.mark.parametrize("kind", KINDS)
def test_an_example_goes_into_avro_and_comes_back_equal_and_says_what_its_file_says(
    event: type[Event], kind: str
) -> None:
    known = example(event, kind)
    framed = frame(encode(known, 4711))
    assert framed.schema_id == 4711
    assert decode(framed.body, contract(event.SCHEMA), event) == known
    assert known.model_dump(mode="json", exclude_unset=True) == json.loads(example_text(event, kind))


@each_event
def test_the_minimal_example_can_spare_no_field_and_the_others_have_all(event: type[Event]) -> None:
    minimal = json.loads(example_text(event, "minimal"))
    for name in minimal:
        with pytest.raises(ValidationError):
            event.model_validate_json(json.dumps({key: value for key, value in minimal.items() if key != name}))
    assert example(event, "ordinary").model_fields_set == set(event.model_fields)
    assert example(event, "awkward").model_fields_set == set(event.model_fields)
