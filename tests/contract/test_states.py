"""States of every form that was ever stored are read: a worker that cannot read one stops its slice.

`states/N.json` is form N (`FORMAT` in `infra/engine/consumer.py`): the names of all fields of each decision's state,
and states as they were stored, in which each field has a value somewhere. A file never changes and never goes.
"""

import json
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from infra.cli.catalog import DECISIONS
from infra.engine.consumer import FORMAT

FORMS = {int(path.stem): path for path in (Path(__file__).parent / "states").glob("*.json")}


def form(number: int) -> Any:
    return json.loads(FORMS[number].read_text(encoding="utf-8"))


def fields(model: type, at: str = "") -> Iterator[str]:
    """The names of all fields, those of models and dataclasses inside too (form 1 has only the models')."""
    for name, annotation in get_type_hints(model).items():
        if get_origin(annotation) is not ClassVar and not name.startswith("_"):
            yield at + name
            for inner in _models(annotation):
                yield from fields(inner, f"{at}{name}.")


def _models(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and (issubclass(annotation, BaseModel) or is_dataclass(annotation)):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)


@pytest.mark.parametrize("number", FORMS)
@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_a_state_of_every_form_is_read_and_written_as_it_was(number: int, decision: Any) -> None:
    for body in form(number)["states"].get(decision.name, []):
        read = decision.state.model_validate_json(json.dumps(body))
        written = json.loads(read.model_dump_json(exclude_defaults=True))
        assert {name: value for name, value in written.items() if name in body} == body


def test_the_newest_form_has_the_fields_of_today_or_the_program_needs_a_new_number() -> None:
    """Failed? Raise `FORMAT` by one and write the file of that number beside the others, with states of today."""
    today = {decision.name: sorted(fields(decision.state)) for decision in DECISIONS}
    assert max(FORMS) == FORMAT
    assert form(FORMAT)["fields"] == today


def test_each_field_of_a_state_has_a_value_in_a_stored_one() -> None:
    held = form(FORMAT)["states"]
    for decision in DECISIONS:
        top = {name for name in decision.state.model_fields if name != "wakes_on"}
        assert top <= {name for body in held.get(decision.name, []) for name in body}, decision.name
