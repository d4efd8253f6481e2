"""Texts."""

from schemas.texts.text import Text

TEXTS: dict[str, Text] = {}
