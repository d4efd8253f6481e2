"""What the contract tests walk: every event class, every topic, every example."""

import json
from pathlib import Path
from typing import Any

import schemas
from schemas.event import Event
from schemas.new import declared_events
from schemas.sample import KINDS
from schemas.topics import TOPICS

__all__ = ["EVENTS", "KINDS", "SCHEMAS", "avsc", "declared_events", "example", "example_text"]

SCHEMAS = Path(schemas.__file__).parent

EVENTS = [topic.event for topic in TOPICS]


def avsc(event: type[Event]) -> dict[str, Any]:
    """The event's Avro schema as it stands in the file."""
    parsed: dict[str, Any] = json.loads((SCHEMAS / "avro" / f"{event.SCHEMA}.avsc").read_text(encoding="utf-8"))
    return parsed


def example_text(event: type[Event], kind: str) -> str:
    return (SCHEMAS / "examples" / event.SCHEMA / f"{kind}.json").read_text(encoding="utf-8")


def example(event: type[Event], kind: str) -> Event:
    return event.model_validate_json(example_text(event, kind))
