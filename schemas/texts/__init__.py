"""Danish texts to people, apart from the rules, each with a version (REQUIREMENTS, texts); one module per area.

Every module of this folder with `TEXTS` is found. A changed wording gets a higher version; the text that was sent is
stored with the notice.
"""

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pkgutil import iter_modules

from schemas.texts.days import danish_day
from schemas.texts.text import Text

AREAS = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
"""The modules of this folder by name."""

TEXTS: Mapping[str, Text] = {name: text for area in AREAS.values() for name, text in getattr(area, "TEXTS", {}).items()}
"""By text id: for a notice its reason."""


def render(text_id: str, details: Mapping[str, str]) -> tuple[str, int]:
    """The Danish text and its version; `KeyError` when there is no such text or a detail is missing."""
    text = TEXTS[text_id]
    return text.filled(details), text.version


def said(reason: str, from_day: date, details: Mapping[str, str]) -> tuple[str, int]:
    """As `render`, of a notice, whose text may name its `{from_day}`."""
    return render(reason, {**details, "from_day": danish_day(from_day)})
