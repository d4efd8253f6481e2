"""What the contract tests walk: every event class, every topic, every example."""

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import schemas
from schemas.event import Event
from schemas.topics import TOPICS

SCHEMAS = Path(schemas.__file__).parent
KINDS = ("ordinary", "minimal", "awkward")

EVENTS = [topic.event for topic in TOPICS]


@cache
def declared_events() -> frozenset[type[Event]]:
    """Every event class that a module of `schemas` declares, whether or not a topic carries it."""
    for module in iter_modules(schemas.__path__):
        import_module(f"schemas.{module.name}")
    return frozenset(
        each for each in _below(Event) if each.__module__.startswith("schemas.") and "SCHEMA" in vars(each)
    )


def _below(kind: type[Event]) -> list[type[Event]]:
    """With those that have a base in common, which is no event itself."""
    return [each for child in kind.__subclasses__() for each in (child, *_below(child))]


def avsc(event: type[Event]) -> dict[str, Any]:
    """The event's Avro schema as it stands in the file."""
    parsed: dict[str, Any] = json.loads((SCHEMAS / "avro" / f"{event.SCHEMA}.avsc").read_text(encoding="utf-8"))
    return parsed


def example_text(event: type[Event], kind: str) -> str:
    return (SCHEMAS / "examples" / event.SCHEMA / f"{kind}.json").read_text(encoding="utf-8")


def example(event: type[Event], kind: str) -> Event:
    return event.model_validate_json(example_text(event, kind))
