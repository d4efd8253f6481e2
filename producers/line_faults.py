"""What is wrong with a line, in words: each fault with its field, and of a misspelt field the nearest right one."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from pydantic import ValidationError

from schemas.topic import Topic

IN_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
}
"""By pydantic's type of the error. Others are told in pydantic's own words."""

PATTERNS = {
    r"^[^\x00]*$": "must not contain the character U+0000",
    r"^[0-9A-Za-zæøåÆØÅ._:-]+$": "must be of letters, digits, dots, underscores, colons and hyphens only",
    r"^[a-z0-9][a-z0-9-]{0,39}$": "must be of small letters, digits and hyphens only, at most 40, no hyphen first",
}
"""Every pattern of a field, in words."""


class Fault(NamedTuple):
    """What is wrong with a field. The `reason` never has the field's value in it, which may hold a CPR number."""

    field: str
    reason: str


def faults_of(
    topic: Topic, error: ValidationError, edge: Mapping[str, str | None], passed_over: Collection[str]
) -> list[Fault]:
    """All that the event's schema finds wrong. `edge`: fields of the line that the event does not have, as `cpr`, and
    the event's field that each may stand for.

    Fields that are `passed_over` have been told of already. A field that is missing because its name is misspelt is
    told of once.
    """
    found = [
        (".".join(map(str, each["loc"])) or "line", each["type"], _reason(each["type"], each["msg"], each.get("ctx")))
        for each in error.errors(include_input=False, include_url=False)
        if not each["loc"] or each["loc"][0] not in passed_over
    ]
    missing = [field for field, kind, _ in found if kind == "missing"]
    strangers = [field for field, kind, _ in found if kind == "extra_forbidden"]
    meant = {field: _nearest(field, missing, [*topic.event.model_fields, *edge]) for field in strangers}
    return list(_told(found, meant, edge))


def _told(
    found: list[tuple[str, str, str]], meant: dict[str, str | None], edge: Mapping[str, str | None]
) -> Iterator[Fault]:
    named = {*meant.values(), *(edge.get(name or "") for name in meant.values())}
    stands_for = {field: name for name, field in edge.items()}
    for field, kind, reason in found:
        if field in meant:
            near = meant[field]
            yield Fault(field, "is no field of these events" + (f"; did you mean {near}?" if near else ""))
        elif kind != "missing":
            yield Fault(field, reason)
        elif field not in named:
            yield Fault(field, reason + (f"; `{stands_for[field]}` may stand for it" if field in stands_for else ""))


def _nearest(field: str, missing: Collection[str], known: Collection[str]) -> str | None:
    for names in (missing, known):
        if near := get_close_matches(field, names, 1):
            return near[0]
    return None


def _reason(kind: str, text: str, context: dict[str, object] | None) -> str:
    if kind == "string_pattern_mismatch":
        return PATTERNS[str((context or {})["pattern"])]
    return IN_WORDS.get(kind) or re.sub(r"^\w+ should\b", "must", text.removeprefix("Value error, "))
