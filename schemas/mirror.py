"""The contract that mirrors an event class field by field: names, order, types, defaults."""

import json
import types
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from schemas.event import Event
from schemas.lint import NAMESPACE, TODO
from schemas.topics import TOPICS

CONTRACTS = Path(__file__).parent / "avro"

ALIKE = 3
"""A field's doc is taken over when so many other contracts say the same of a field of that name and type."""

AVRO_OF: dict[Any, Any] = {
    str: "string",
    bool: "boolean",
    int: "int",
    date: {"type": "int", "logicalType": "date"},
    AwareDatetime: {"type": "long", "logicalType": "timestamp-micros"},
}


class UnfitError(Exception):
    """No contract or no example can be made of a class; the text says of which field, and what to do."""


def avro_type(annotation: Any) -> Any:
    """The Avro type of a pydantic field; `UnfitError` for one that no contract may have."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return avro_type(args[0])
    if origin in (types.UnionType, Union):
        return ["null", *(avro_type(each) for each in args if each is not type(None))]
    if origin is Literal:
        return "string"
    if origin is list:
        return {"type": "array", "items": avro_type(args[0])}
    if origin is dict and args[0] is str:
        return {"type": "map", "values": avro_type(args[1])}
    if annotation not in AVRO_OF:
        raise UnfitError(f"{annotation} has no Avro type: contracts have text, bool, int, days, moments, lists, maps.")
    return AVRO_OF[annotation]


def widened(schema: Any) -> Any:
    """The Avro type with plain int and long as "integer", which a class does not tell apart."""
    if isinstance(schema, list):
        return [widened(each) for each in schema]
    if isinstance(schema, dict):
        return schema if "logicalType" in schema else {key: widened(each) for key, each in schema.items()}
    return "integer" if schema in ("int", "long") else schema


def contract_of(event: type[Event]) -> str:
    """The text of the event's contract: docs from `Field(description=…)`, else as they stand, else as others say it."""
    old = _contract(event) or {"fields": []}
    known = {field["name"]: field for field in old["fields"]}
    fields = []
    for name, field in event.model_fields.items():
        was, type_ = known.get(name, {}), avro_type(field.annotation)
        type_ = was["type"] if was and widened(was["type"]) == widened(type_) else type_
        doc = field.description or was.get("doc") or _doc_of_others(event, name, type_) or f"{TODO} what it is."
        default = {} if field.is_required() else {"default": field.default}
        fields.append(json.dumps({"name": name, "type": type_, "doc": doc} | default, ensure_ascii=False))
    about = " ".join((event.__doc__ or "").partition("\n\n")[0].split())
    head = {"type": "record", "name": event.__name__, "namespace": NAMESPACE, "doc": old.get("doc") or about}
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()]
    return "\n".join(["{", *lines, '  "fields": [', ",\n".join(f"    {each}" for each in fields), "  ]", "}", ""])


def _contract(event: type[Event]) -> Any:
    path = CONTRACTS / f"{event.SCHEMA}.avsc"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _doc_of_others(event: type[Event], name: str, type_: Any) -> str | None:
    others = [found for topic in TOPICS if topic.event is not event and (found := _contract(topic.event))]
    fields = [field for each in others for field in each["fields"] if (field["name"], field["type"]) == (name, type_)]
    docs = Counter(field["doc"] for field in fields).most_common(1)
    return next((doc for doc, count in docs if count >= ALIKE), None)
