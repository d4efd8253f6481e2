"""The fields of a JSON line that are the edge's own: its id, the CPR number, and numbers that only look like one."""

import json
from typing import Any

from producers.cpr import CprError, contains_cpr, looks_like_cpr, normal
from producers.line_faults import Fault
from schemas.companies import is_p_number
from schemas.topic import Topic

MAX_ID_CHARACTERS = 128

PERSON_KEYS = ("citizen", "holder", "about", "user")


class FaultError(Exception):
    """The fault of a line, and its field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.fault = Fault(field, reason)


def parsed(raw: bytes) -> dict[str, Any]:
    """The line's JSON object, or `FaultError`."""
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FaultError("line", "is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise FaultError("line", f"is not JSON: {error.msg} at character {error.colno}") from None
    except ValueError:  # numbers of thousands of digits
        raise FaultError("line", "is not JSON that we read") from None
    if not isinstance(content, dict):
        raise FaultError("line", "is not a JSON object")
    return content


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


def is_p_number_of(topic: Topic, name: str, value: Any) -> bool:
    """True when ten digits stand where a company's P-number belongs, which may begin with a date too (AD-2)."""
    numbers = value if isinstance(value, list) else [value]
    return name in topic.event.P_NUMBERS and all(isinstance(each, str) and is_p_number(each) for each in numbers)


def misplaced_in(topic: Topic, content: dict[str, Any]) -> dict[str, Fault]:
    """By name of the field: a CPR number where none belongs, and who is connected, which no line says."""
    found = {}
    for name, value in content.items():
        if name not in topic.event.model_fields and looks_like_cpr(name):
            found[name] = Fault("line", "the name of a field contains what looks like a CPR number")
        elif contains_cpr(value) and not is_p_number_of(topic, name, value):
            found[name] = Fault(
                name, "contains what looks like a CPR number, which belongs into `cpr` and nowhere else"
            )
        elif name == topic.event.CONNECTED:
            found[name] = Fault(name, "is who is connected, by authentication: the edge writes it, a line must not")
    return found
