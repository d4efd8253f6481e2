"""One Danish text with its version, and how it is filled in."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from schemas.texts.links import LINKS
from schemas.texts.words import in_words

NOTHING = "–"
"""The value of a detail when there is nothing to name."""

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_ADDRESSES = {name: link.address for name, link in LINKS.items()}
_DETAIL = re.compile(r"\{(\w+)\}")


class Text(NamedTuple):
    """`danish` is a `str.format` pattern over the details of a notice or an answer, and over `LINKS`.

    What stands in brackets is said only when each of its details is there: `"Udgået.[ Mulige valg: {candidates}.]"`.
    """

    version: int
    danish: str

    @property
    def details(self) -> set[str]:
        """The names of all its details."""
        return set(_DETAIL.findall(self.danish)) - set(LINKS)

    @property
    def optional(self) -> set[str]:
        """The details that may be absent, or `NOTHING`."""
        return self.details - set(_DETAIL.findall(_OPTIONAL.sub("", self.danish)))

    def filled(self, details: Mapping[str, str]) -> str:
        """`KeyError` when a detail is missing that is not optional."""
        there = {name: in_words(name, value) for name, value in details.items() if value not in {"", NOTHING}}
        there |= _ADDRESSES

        def said(found: re.Match[str]) -> str:
            return found[1] if set(_DETAIL.findall(found[1])) <= set(there) else ""

        return _OPTIONAL.sub(said, self.danish).format_map({**details, **there})
