"""The fields of a JSON line that are the edge's own: its id, the CPR number, and numbers that only look like one."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NoReturn

from producers.cpr import CprError, normal
from producers.line_faults import Fault
from schemas.cpr import looks_like_cpr
from schemas.dates import copenhagen_day
from schemas.event import Event
from schemas.topic import Topic

MAX_ID_CHARACTERS = 128
MAX_NAME_CHARACTERS = 40
"""Of a key that a fault repeats; longer ones, and those that are no plain words, may hold anything."""

PERSON_KEYS = ("citizen", "holder", "about", "user")

NULL_DAYS = frozenset(
    map(
        date.fromisoformat,
        ("0001-01-01", "1601-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01",
         "1969-12-31", "1970-01-01"),
    )
)  # fmt: skip
"""What other systems (.NET, Windows, SQL Server, spreadsheets, Unix) write where they know no day. **Chosen**: refused
here, as days and as moments, for no fact of ours is from such a day; not of records, which others may have published
already."""


class FaultError(Exception):
    """The fault of a line, and its field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.fault = Fault(field, reason)


def parsed(raw: bytes) -> dict[str, Any]:
    """The line's JSON object, or `FaultError`; no key of it, or of an object inside it, stands twice."""
    try:
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise FaultError("line", "is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise FaultError("line", f"is not JSON: {error.msg} at character {error.colno}") from None
    except ValueError:  # numbers of thousands of digits
        raise FaultError("line", "is not JSON that we read") from None
    if not isinstance(content, dict):
        raise FaultError("line", "is not a JSON object")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        known = twice.isascii() and twice.replace("_", "").isalpha() and len(twice) <= MAX_NAME_CHARACTERS
        raise FaultError(
            "line", f"has {f'`{twice}`' if known else 'a key'} twice: which is meant cannot be told; give it once"
        )
    return content


def _no_constant(_: str) -> NoReturn:
    raise FaultError("line", "is not JSON: it has NaN or Infinity, which are no values")


def unknown_in(topic: Topic, content: dict[str, Any]) -> Iterator[Fault]:
    """Codes that nobody knows, which a line's writer can still mend (`Event.CODES`)."""
    for name, known in topic.event.CODES.items():
        if isinstance(code := content.get(name), str) and code not in known:
            yield Fault(name, f"must be one of {', '.join(known)}")


def nulls_of(event: Event) -> list[Fault]:
    """Days and moments of the event that are another system's null."""
    return [
        Fault(name, "is what some systems write where they know no day: leave the field out, or give the day")
        for name, value in event
        if isinstance(value, date) and not NULL_DAYS.isdisjoint(_days(value))
    ]


def _days(value: date) -> set[date]:
    """The days that may be meant: a moment's in Copenhagen and in UTC."""
    return {value.date(), copenhagen_day(value)} if isinstance(value, datetime) else {value}


def edge_fields(topic: Topic) -> dict[str, str | None]:
    """The fields that a line may have and the event has not, and the event's field that each stands for."""
    person = person_field(topic)
    return {"id": None, "cpr": person} if person in PERSON_KEYS else {"id": None}


def own_id_of(content: dict[str, Any]) -> str | None:
    """The line's own `id`, taken out of its content."""
    if "id" not in content:
        return None
    own = content.pop("id")
    if not isinstance(own, str) or not own.isprintable() or not 0 < len(own) <= MAX_ID_CHARACTERS:
        raise FaultError("id", f"must be a text of 1 to {MAX_ID_CHARACTERS} printable characters")
    if looks_like_cpr(own):
        raise FaultError("id", "contains what looks like a CPR number")
    return own


def cpr_of(topic: Topic, content: dict[str, Any]) -> str | None:
    """The ten digits of the line's `cpr`, taken out of its content; never in the text of a fault."""
    if "cpr" not in content:
        return None
    number, key = content.pop("cpr"), person_field(topic)
    if key not in PERSON_KEYS:
        raise FaultError("cpr", f"does not belong here: the events of {topic.name} are not keyed by a person")
    if key in content:
        raise FaultError("cpr", f"stands for `{key}`, which is given as well; give one of them")
    if not isinstance(number, str):
        raise FaultError("cpr", "must be a text")
    try:
        return normal(number)
    except CprError as error:
        raise FaultError("cpr", str(error)) from None


def person_field(topic: Topic) -> str:
    """The field that `cpr` stands for: `citizen` if the event has it, else the field of its key."""
    return "citizen" if "citizen" in topic.event.model_fields else topic.event.KEY


def misplaced_in(topic: Topic, content: dict[str, Any]) -> dict[str, Fault]:
    """By name of the field: a CPR number where none belongs, and who is connected, which no line says."""
    found = {}
    for name, value in content.items():
        if name not in topic.event.model_fields and looks_like_cpr(name):
            found[name] = Fault("line", "the name of a field contains what looks like a CPR number")
        elif topic.event.cpr_in(name, value):
            found[name] = Fault(
                name, "contains what looks like a CPR number, which belongs into `cpr` and nowhere else"
            )
        elif name == topic.event.CONNECTED:
            found[name] = Fault(name, "is who is connected, by authentication: the edge writes it, a line must not")
    return found
