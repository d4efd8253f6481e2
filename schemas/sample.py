"""Examples of an event: an ordinary one, a minimal one that can spare no field, and an awkward one."""

import json
import types
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, ValidationError
from pydantic.fields import FieldInfo

from schemas.event import Event
from schemas.mirror import UnfitError
from schemas.topics import TOPICS

EXAMPLES = Path(__file__).parent / "examples"
KINDS = ("ordinary", "minimal", "awkward")
"""An awkward one has all fields, as an ordinary one, each at the edge of what it may hold."""

PLAIN: dict[Any, list[Any]] = {
    str: ["id-1"],
    bool: [False],
    int: [1],
    date: ["2021-06-14"],
    AwareDatetime: ["2021-06-14T06:30:00Z"],
}
AWKWARD: dict[Any, list[Any]] = {
    str: ['»Æ« "ø\\" å 😀', "id-æøå:1", "id-1"],
    bool: [True],
    int: [2**31 - 1, 1],
    date: ["2024-02-29"],
    AwareDatetime: ["2021-12-31T22:59:59.999999Z"],
}


def example_of(event: type[Event], kind: str) -> str:
    """The text of an example: as it stands if the class takes it, else made. `UnfitError` when no value fits."""
    path = EXAMPLES / event.SCHEMA / f"{kind}.json"
    if path.exists() and _stands(event, kind, text := path.read_text(encoding="utf-8")):
        return text
    left = {
        name: _values(event, name, field, kind)
        for name, field in event.model_fields.items()
        if kind != "minimal" or field.is_required()
    }
    fields = {name: next(values) for name, values in left.items()}
    while True:
        try:
            known = event.model_validate_json(json.dumps(fields))
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_url=False):
                name = str(fault["loc"][0]) if fault["loc"] else ""
                if (value := next(left.get(name, iter(())), None)) is None:
                    raise UnfitError(
                        f"No {kind} example of {event.SCHEMA} is found. {name or 'The event'}: {fault['msg']}."
                        " Give the field `Field(examples=[…])`, which are tried first."
                    ) from None
                fields[name] = value
        else:
            return json.dumps(known.model_dump(mode="json", exclude_unset=True), ensure_ascii=False, indent=2) + "\n"


def _stands(event: type[Event], kind: str, text: str) -> bool:
    """True for an example that the class takes, with all the fields that its kind has."""
    try:
        known = event.model_validate_json(text)
    except ValidationError:
        return False
    return kind == "minimal" or known.model_fields_set == set(event.model_fields)


def _values(event: type[Event], name: str, field: FieldInfo, kind: str) -> Iterator[Any]:
    """Values for the field: those it names, those of fields of that name in other examples, those of its type."""
    named = field.examples or []
    yield from (reversed(named) if kind == "awkward" else named)
    others = sorted((topic.event for topic in TOPICS), key=lambda each: each.__module__ != event.__module__)
    for path in (EXAMPLES / each.SCHEMA / f"{kind}.json" for each in (event, *others)):
        if path.exists() and (value := json.loads(path.read_text(encoding="utf-8")).get(name)) is not None:
            yield value
    yield from _of_type(field.annotation, AWKWARD if kind == "awkward" else PLAIN)


def _of_type(annotation: Any, values: dict[Any, list[Any]]) -> list[Any]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return list(args)
    if origin in (Annotated, types.UnionType, Union):
        return _of_type(next(each for each in args if each is not type(None)), values)
    if origin is list:
        return [*([each] for each in _of_type(args[0], values)), []]
    if origin is dict:
        return [*({"code": each} for each in _of_type(args[1], values)), {}]
    return values[annotation]
