"""House rules for Avro schemas: none is dangerous to read, and ours hold for years (DESIGN section 4)."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_DEPTH = 8
"""Levels from the record to its innermost type, named types followed; ours have 3. fastavro 1.13.1 dies at 5,000."""

LOGICAL_TYPES = {"timestamp-micros": "long", "date": "int"}
"""The only logical types: a moment in UTC, and a day."""

NAMESPACE = "dk.dfdg"
TODO = "TODO:"
"""How a text begins that `schemas.new` leaves to a person."""

_RECORD_NAME = re.compile(r"dk\.dfdg\.[A-Z][A-Za-z0-9]*")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Node(NamedTuple):
    """A type in a schema, as fastavro parsed it: a name, a union (list) or a dict; `inside` is the type around it."""

    path: str
    schema: Any
    inside: Any = None


def faults(schema: Any) -> list[str]:
    """The faults of a schema of ours, parsed by fastavro, one text each: dangers, and faults of docs and names."""
    return [*dangers(schema), *_manners(schema)]


def dangers(schema: Any) -> list[str]:
    """The faults that make records with this schema unsafe to read, ours or not; parsed by fastavro, one text each.

    Every type must take at least one byte: then no array or map can have more items than its record has bytes (fastavro
    1.13.1 takes 1.5 GB for an array of nulls that is 6 bytes long).
    """
    found = [] if isinstance(schema, dict) and schema["type"] == "record" else ["the schema is no record"]
    if _is_endless(schema):
        found.append(f"the schema contains itself, or nests deeper than {MAX_DEPTH} levels")
    for path, node, inside in _nodes(schema):
        if _takes_no_byte(node) and not isinstance(inside, list):
            found.append(f"{path}: takes no byte (null outside a union, a record without fields, or fixed of size 0)")
        if isinstance(node, dict) and "logicalType" in node:
            logical = node["logicalType"]
            if LOGICAL_TYPES.get(logical) != node["type"]:
                found.append(
                    f"{path}: {logical} on {node['type']}; moments are timestamp-micros on long, days date on int"
                )
    return found


def _manners(schema: Any) -> Iterator[str]:
    for path, node, _ in _nodes(schema):
        if not isinstance(node, dict):
            continue
        if node["type"] == "enum" and "default" not in node:
            yield f"{path}: an enum without a default symbol; a code that may grow is a string"
        if node["type"] in ("record", "enum", "fixed") and not _RECORD_NAME.fullmatch(node["name"]):
            yield f"{path}: {node['name']} is not named like {NAMESPACE}.DayBegun"
        if node["type"] != "record":
            continue
        yield from _doc_faults(path, node)
        for field in node["fields"]:
            yield from _doc_faults(f"{path}.{field['name']}", field)
            if not _FIELD_NAME.fullmatch(field["name"]):
                yield f"{path}.{field['name']}: fields are named like from_day"


def _doc_faults(path: str, node: dict[str, Any]) -> Iterator[str]:
    doc = node.get("doc", "")
    if not doc or TODO in doc:
        yield f"{path}: no doc" if not doc else f"{path}: the doc is not filled in"


def _is_endless(schema: Any) -> bool:
    """True when types are left after `MAX_DEPTH` levels. Each type counts once a level, so this cannot explode."""
    named = {node["name"]: node for _, node, _ in _nodes(schema) if isinstance(node, dict) and "name" in node}
    level = [schema]
    for _ in range(MAX_DEPTH):
        types = (named.get(node, node) if isinstance(node, str) else node for node in level)
        level = list({id(part): part for node in types for _, part in _parts(node)}.values())
    return bool(level)


def _nodes(schema: Any) -> Iterator[Node]:
    """Every type in the text of the schema, in its order, however deep."""
    left = [Node(schema["name"] if isinstance(schema, dict) and "name" in schema else "schema", schema)]
    while left:
        node = left.pop()
        yield node
        left += [Node(node.path + label, part, node.schema) for label, part in reversed(_parts(node.schema))]


def _parts(node: Any) -> list[tuple[str, Any]]:
    """The types that a type is made of, each with its addition to the path."""
    if isinstance(node, list):
        return [(f"<{branch if isinstance(branch, str) else branch['type']}>", branch) for branch in node]
    if not isinstance(node, dict):
        return []
    if node["type"] in ("record", "error"):
        return [(f".{field['name']}", field["type"]) for field in node["fields"]]
    return [(f"[{part}]", node[part]) for part in ("items", "values") if part in node]


def _takes_no_byte(node: Any) -> bool:
    if not isinstance(node, dict):
        return bool(node == "null")
    return node["type"] == "null" or node.get("fields") == [] or node.get("size") == 0
