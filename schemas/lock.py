"""`schemas.lock`: the released schemas, one line each (subject, version, fingerprint). A released one never changes.

`python -m schemas.lock` adds the lines of new schemas; it refuses to change or drop one.
"""

import hashlib
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from schemas.codec import contract_text
from schemas.topics import TOPICS

FILE = "schemas.lock"
HOW_TO_RELEASE = (
    "A released schema never changes. For a compatible change (an added optional field) copy avro/<event>.v<n>.avsc to"
    " v<n+1>, let the event's SCHEMA name it, and run `python -m schemas.lock`. A breaking change is a new topic -v2."
)


class ChangedError(Exception):
    """A released schema is changed or gone; the text says which, and what to do instead."""


class Line(NamedTuple):
    """`fingerprint`: SHA-256 in hex of the schema without its docs, which may still be improved."""

    subject: str
    version: int
    fingerprint: str


def read() -> list[Line]:
    """The lines of `schemas.lock` as released with this package."""
    rows = (line.split() for line in files("schemas").joinpath(FILE).read_text(encoding="utf-8").splitlines())
    return [Line(subject, int(version), fingerprint) for subject, version, fingerprint in rows]


def compute() -> list[Line]:
    """The lines that the schemas of our topics have now, all versions of each event, in order of subject."""
    lines = []
    for topic in sorted(TOPICS, key=lambda each: each.subject):
        event, _, current = topic.event.SCHEMA.rpartition(".v")
        for version in range(1, int(current) + 1):
            lines.append(Line(topic.subject, version, fingerprint(contract_text(f"{event}.v{version}"))))
    return lines


def fingerprint(text: str) -> str:
    """SHA-256 in hex of everything but docs, by which the registry tells schemas apart too.

    Avro's own canonical form would not do: it also drops defaults and logical types, on which readers depend.
    """
    plain = json.dumps(_without_docs(json.loads(text)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def extended(released: list[Line], now: list[Line]) -> list[Line]:
    """The new lines of the lock: `now`. Raises `ChangedError` when a released line is not among them."""
    if gone := sorted(set(released) - set(now)):
        names = ", ".join(f"{line.subject} version {line.version}" for line in gone)
        raise ChangedError(f"Changed or gone: {names}. {HOW_TO_RELEASE}")
    return now


def _without_docs(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_docs(value) for key, value in node.items() if key != "doc"}
    return [_without_docs(each) for each in node] if isinstance(node, list) else node


def write() -> list[Line]:
    """Rewrites `schemas.lock` in the checkout; returns the lines that are new. `ChangedError`: nothing is written."""
    released = read()
    lines = extended(released, compute())
    path = Path(__file__).parent / FILE
    path.write_text("".join(f"{' '.join(map(str, line))}\n" for line in lines), encoding="utf-8")
    return [line for line in lines if line not in released]


def main() -> int:
    """Adds the lines of new schemas; returns 1 when that would change a released schema."""
    try:
        new = write()
    except ChangedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{FILE}: {len(new)} new schemas\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
