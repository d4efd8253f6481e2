"""Lines that show what a topic takes: made of the examples of its schema, and good as they are."""

import json
from collections.abc import Iterator
from pathlib import Path

import schemas
from producers.cpr import made_up_cpr
from producers.line_fields import person_field
from schemas.topic import Topic

KINDS = ("ordinary", "minimal")
"""Of the examples that each schema has; the awkward ones test programs, and explain nothing to people."""


def example_lines(topic: Topic) -> Iterator[str]:
    """JSON lines without line ends. The first one gives a citizen by a CPR number, which is made up."""
    folder = Path(schemas.__file__).parent / "examples" / topic.event.SCHEMA
    person = person_field(topic)
    for kind in KINDS:
        fields = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
        fields.pop(topic.event.CONNECTED, None)
        if kind == KINDS[0] and str(fields.get(person)).startswith("c-"):
            fields = {"cpr": made_up_cpr(1)} | {name: value for name, value in fields.items() if name != person}
        yield json.dumps(fields, ensure_ascii=False)
