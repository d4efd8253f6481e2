"""Puts schemas into an empty registry under the ids that records name them with. Apicurio takes no ids from outside.

A registry counts its ids. So the schemas go in by their ids, and where one is missing in between a filler takes its
number. What comes out otherwise is told, and our engine refuses such a registry (`infra.schema_ids`).
"""

import json
from collections.abc import Iterable

from infra.registry import RegistrationError, Registry
from infra.schema_ids import KnownSchema

FILLER = "dfdg.filler-value"
"""The subject of schemas that only take a number; it is deleted in the end."""

MAX_FILLERS = 10_000
"""A request each; ids that lie farther apart come from no registry of ours."""


def put_back(registry: Registry, known: Iterable[KnownSchema]) -> int:
    """Registers what is missing; returns how many. `RegistrationError` at the first id that comes out otherwise."""
    last = max((each.id for each in registry.versions()), default=0)
    missing = [each for each in sorted(known) if not registry.has(each)]
    filled = False
    for each in missing:
        while last < each.id - 1:
            if each.id - last > MAX_FILLERS:
                raise RegistrationError(f"Between the ids {last} and {each.id} lie too many: is the file complete?")
            last, filled = _expected(last + 1, FILLER, registry.put(FILLER, _filler(last + 1), "NONE")), True
        given = registry.put(each.subject, each.text)
        last = max(last, _expected(each.id, each.subject, given))
    if filled:
        registry.delete(FILLER)
    return len(missing)


def _expected(wanted: int, subject: str, given: int) -> int:
    if given != wanted:
        raise RegistrationError(
            f"The registry gave {subject} the id {given} where records have {wanted}: it was not empty, or others write"
            " to it. Empty it, its database too, keep others away, and import again."
        )
    return given


def _filler(number: int) -> str:
    return json.dumps({"type": "record", "name": f"Filler{number}", "fields": []})


def from_lines(lines: Iterable[str]) -> list[KnownSchema]:
    """The schemas of an export. Raises `RegistrationError` for a line that is none."""
    try:
        fields = [json.loads(line) for line in lines if line.strip()]
        return [KnownSchema(int(each["id"]), str(each["subject"]), str(each["schema"])) for each in fields]
    except (ValueError, KeyError, TypeError):
        raise RegistrationError("That is no file of `dfdg registry export`. Nothing was registered.") from None


def as_line(known: KnownSchema) -> str:
    return json.dumps({"id": known.id, "subject": known.subject, "schema": known.text}, ensure_ascii=False) + "\n"
