"""Danish texts to people, apart from the rules, each with a version (REQUIREMENTS, texts); one module per area.

A changed wording gets a higher version; the text that was sent is stored with the notice.
"""

from collections.abc import Mapping

from schemas.texts import bi, cv, jobad, jobkon, joblog, logins, titles, vitas_grants
from schemas.texts.text import Text

AREAS = (cv, titles, logins, vitas_grants, jobkon, bi, jobad, joblog)

TEXTS: Mapping[str, Text] = {name: text for area in AREAS for name, text in area.TEXTS.items()}
"""By text id: for a notice its reason."""

WORDS: Mapping[str, str] = {"yes": "ja", "no": "nej"}
"""Codes in `details` that a reader should see as words."""


def render(text_id: str, details: Mapping[str, str]) -> tuple[str, int]:
    """The Danish text and its version; `KeyError` when there is no such text or a detail is missing."""
    text = TEXTS[text_id]
    return text.danish.format_map({name: WORDS.get(value, value) for name, value in details.items()}), text.version
