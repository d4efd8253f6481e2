"""The search for CPR numbers in texts where none belongs (invariant 4): one normal form for every way to write one.

A number is ten digits that begin with a date: day, month, year and the serial of four. Its normal form has the digits
of every script as 0 to 9, and neither characters that nobody sees nor escapes of the web. Between day, month and year
and before the serial stand up to three characters that are neither letters nor digits; inside the serial stands none,
or "01.06.21 13.00" would be one. **Chosen**: what only looks like one is told by what stands around it (`_ORDINARY`).
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

MADE_UP_DAYS = 60
"""Added to the day of the month of a made-up number and of one that stands in for a real one; no other is issued."""

SEPARATORS = r"[\W_]{0,3}"
_ANYWHERE = re.compile(
    rf"(?<![0-9])(?=([0-9]{{2}})({SEPARATORS})([0-9]{{2}})({SEPARATORS})([0-9]{{2}})({SEPARATORS})([0-9]{{4}})(?![0-9]))"
)
_DIGIT_BY_DIGIT = re.compile(r"(?<![0-9] )(?<![0-9])(?=[0-9](?: [0-9]){5} ?-? ?[0-9](?: [0-9]){3}(?! ?[0-9]))")
_SPELLED, _BLANKS = 2 * 10 + 3, 8
_QUICK = re.compile(r"[0-36-9][0-9][\W_]{0,3}[01][0-9][\W_]{0,3}[0-9]{2}[\W_]{0,3}[0-9]{4}", re.ASCII)
_STRANGE = re.compile(r"[^\x00-\x7fæøåÆØÅéÉäÄöÖüÜ]|[%&]")
"""Characters of a text that is not in its normal form already."""
_HEX_IDS = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,})(?![0-9a-z])", re.I)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")

_ORDINARY: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("P-number", re.compile(r"(?:\bP[-. ]?(?:nr|nummer|enhed)|produktionsenhed\w*)[.: ]{0,3}$", re.I), r"10[0-9]{8}"),
    ("moment in a link", re.compile(r"[?&#;](?:t|ts|time\w*|timestamp|epoch|exp\w*|since|until|from|to|_)=$", re.I),
     r"[12][0-9]{9}"),
    ("invoice", re.compile(r"\b(?:faktura|ordre|bilag|kvittering)\w*[.: ]{0,3}(?:nr[.: ]{0,3})?$", re.I),
     r"[0-9]{6} ?[0-9]{4}"),
    ("phone with its country", re.compile(r"\+[0-9]{1,3}[ .(-]{0,2}$"), r"[0-9]{2}[^0-9].*"),
    ("part of a longer chain", re.compile(r"[0-9][.:/]$"), r"[0-9]{2}[^0-9].*|[0-9]{4}[^0-9].*"),
    ("days and their date", re.compile(""),
     r"(?![0-9]{2}([./-])[0-9]{2}\1)[0-9]{2}[^0-9]+[0-9]{2}([./-])(?:0[1-9]|1[0-2])\2(?:19|20)[0-9]{2}"),
    ("year, month and number", re.compile(""), r"20(?:0[1-9]|1[0-2])[-/](?:0[1-9]|1[0-2])[-/][0-9]{4}"),
)  # fmt: skip
"""What stands before the digits, and how they are written, for numbers that are none: by what they are."""

_BEFORE = 40
"""Characters before a number that may say what it is."""


def looks_like_cpr(text: str) -> bool:
    """True when a text contains a possible CPR number, in any spelling.

    UUIDs and hashes in hex do not count: they contain anything now and then.
    """
    plain = normal_form(text)
    if _ANYWHERE.search(plain) is None and _DIGIT_BY_DIGIT.search(plain) is None:  # most texts
        return False
    return any(_possible(_HEX_IDS.sub("x", plain)))


def contains_cpr(value: Any) -> bool:
    """True when any text, name of a field or number in a JSON value looks like a CPR number."""
    return any(map(looks_like_cpr, _texts(value)))


def none_in(texts: Sequence[str]) -> bool:
    """Quick, and right when it says that there is none: of an event's texts together."""
    text = "x".join(texts)  # a letter: digits of two texts do not meet across it
    if _STRANGE.search(text) is not None or _QUICK.search(text) is not None:
        return False
    return text.count(" ") < _BLANKS or _DIGIT_BY_DIGIT.search(text) is None


def normal_form(text: str) -> str:
    """The text as it is searched. Most texts are ASCII without escapes, and are so already."""
    if "%" in text or "&" in text:
        text = html.unescape(_ESCAPED.sub(_unescaped, text))
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_PLAIN)


def has_date(digits: str) -> bool:
    """True when ten digits begin with a date, in the century that the seventh means."""
    day, month, year, seventh = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6])
    day -= MADE_UP_DAYS * (day > MADE_UP_DAYS)
    try:
        date(_century(year, seventh) + year, month, day)
    except ValueError:
        return False
    return True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, int):
        yield f"{value:010}"  # as a number it has lost the zero of the first nine days of a month
    elif isinstance(value, float):
        yield f"{value:010.0f}"


def _possible(text: str) -> Iterator[bool]:
    for found in _ANYWHERE.finditer(text):
        if has_date(found[1] + found[3] + found[5] + found[7]):
            yield not _ordinary(text[max(0, found.start() - _BEFORE) : found.start()], "".join(found.groups()))
    for found in _DIGIT_BY_DIGIT.finditer(text):
        yield has_date("".join(re.findall("[0-9]", text[found.start() : found.start() + _SPELLED])[:10]))


def _ordinary(before: str, written: str) -> bool:
    return any(stands.search(before) and re.fullmatch(form, written) for _, stands, form in _ORDINARY)


def _unescaped(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return " " if not character.isprintable() or not character.isascii() else character


class _Plain(dict[int, str]):
    """By character: the digit that it is, nothing if nobody sees it, else itself. Filled as characters come."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        digit = unicodedata.digit(character, -1)
        unseen = unicodedata.category(character) in ("Cf", "Mn", "Me")
        plain = str(digit) if digit >= 0 else "" if unseen else character
        if len(self) < _CHARACTERS:
            self[code] = plain
        return plain


_CHARACTERS = 4096  # remembered; a text may come with all there are
_PLAIN = _Plain()


def _century(year: int, seventh: int) -> int:
    """By the CPR office's table: 0–3 1900s; 4 and 9 1937–2036; 5–8 1858–2057."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
