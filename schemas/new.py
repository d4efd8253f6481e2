"""`python -m schemas.new NAME …`: what belongs to a new event besides its class and its topic.

NAME is the class's `SCHEMA` without its version. Written are its contract, three examples, its line of `schemas.lock`
and its row of `docs/stores.md`. Twice is harmless: what was filled in by hand stays. A released contract never changes.
"""

import difflib
import re
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import schemas
from schemas import lock
from schemas.event import Event
from schemas.lint import TODO
from schemas.mirror import CONTRACTS, UnfitError, contract_of
from schemas.sample import EXAMPLES, KINDS, example_of
from schemas.topic import Topic
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[1]
STORES = ROOT / "docs" / "stores.md"

_ROW = re.compile(r"\| `(dfdg\.[^`]+)` \| (.*) \| \d+ days \|\n")
_ROWS = re.compile(rf"(?:{_ROW.pattern})+")


class MissingError(Exception):
    """Something that a person writes first is not there; the text says what it is."""


@cache
def declared_events() -> frozenset[type[Event]]:
    """Every event class that a module of `schemas` declares, whether or not a topic carries it."""
    for module in iter_modules(schemas.__path__):
        import_module(f"schemas.{module.name}")
    return frozenset(
        each for each in _below(Event) if each.__module__.startswith("schemas.") and "SCHEMA" in vars(each)
    )


def _below(kind: type[Event]) -> list[type[Event]]:
    """All subclasses of the class, also through bases that are no events themselves."""
    return [each for child in kind.__subclasses__() for each in (child, *_below(child))]


def stores_of(document: str) -> str:
    """`docs/stores.md` with one row a topic, in their order: its days as declared, what it holds as it stands."""
    holds = dict(_ROW.findall(document))
    rows = [
        f"| `{topic}` | {holds.get(topic.name, f'{TODO} what it holds, of whom')} | {topic.retention_days} days |\n"
        for topic in TOPICS
    ]
    return _ROWS.sub(lambda _: "".join(rows), document, count=1)


def write(names: list[str]) -> list[Path]:
    """Writes what belongs to the events of these names; returns the files that are other than before."""
    texts: dict[Path, str] = {STORES: stores_of(STORES.read_text(encoding="utf-8"))}
    for topic in map(_topic, names):
        event = topic.event
        texts[CONTRACTS / f"{event.SCHEMA}.avsc"] = contract = contract_of(event)
        _refuse_released(topic, contract)
        texts |= {EXAMPLES / event.SCHEMA / f"{kind}.json": example_of(event, kind) for kind in KINDS}
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    paths = {_name(topic.event): CONTRACTS / f"{topic.event.SCHEMA}.avsc" for topic in TOPICS}
    if missing := [name for name, path in paths.items() if not path.exists()]:
        raise MissingError(f"{lock.FILE} waits for the contract of {', '.join(missing)}: run this for it too.")
    return [*changed, *([CONTRACTS.parent / lock.FILE] if lock.write() else [])]


def _topic(name: str) -> Topic:
    """The topic that carries the event of that name."""
    by_name = {_name(event): event for event in declared_events()}
    if (event := by_name.get(name)) is None:
        near = difflib.get_close_matches(name, by_name, 1)
        meant = f" Is {near[0]} meant?" if near else ""
        raise MissingError(f'No class in schemas/ has SCHEMA = "{name}.v1". Write the class first.{meant}')
    topic = next((topic for topic in TOPICS if topic.event is event), None)
    if topic is None:
        module = event.__module__.removeprefix("schemas.")
        raise MissingError(
            f"No topic carries {event.__name__}. Add it to schemas/topics.py first:"
            f' {name.upper().replace("-", "_")} = Topic("dfdg.{name}-v1", {module}.{event.__name__})'
        )
    return topic


def _name(event: type[Event]) -> str:
    return event.SCHEMA.rpartition(".v")[0]


def _refuse_released(topic: Topic, contract: str) -> None:
    version = int(topic.event.SCHEMA.rpartition(".v")[2])
    line = lock.Line(topic.subject, version, lock.fingerprint(contract))
    if any(released[:2] == line[:2] and released != line for released in lock.read()):
        raise lock.ChangedError(
            f"{lock.FILE} has {topic.event.SCHEMA} with other fields. {lock.HOW_TO_RELEASE} If it was never released,"
            f" take its line out of {lock.FILE} and run this again."
        )


def main() -> int:
    """Tells which files were written, and how many texts are left to a person; 1 when something is missing."""
    if not (names := sys.argv[1:]):
        sys.stderr.write("Usage: python -m schemas.new NAME …; a NAME is a SCHEMA without its version\n")
        return 2
    try:
        changed = write(names)
    except (MissingError, UnfitError, lock.ChangedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path in changed:
        count = path.read_text(encoding="utf-8").count(TODO)
        sys.stdout.write(f"{path.relative_to(ROOT)}{f': {count} to fill in, at {TODO}' if count else ''}\n")
    sys.stdout.write("" if changed else "It is all there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
