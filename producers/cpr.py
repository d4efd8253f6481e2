"""CPR numbers: valid ones, made-up ones, and the search for them in texts where none belongs (invariant 4)."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

MADE_UP_NUMBERS = 134_400_000
"""28 days × 12 months × 100 years × 4,000 serial numbers of people born 1900–1999: days that every month has."""

_MADE_UP_DAYS = 60
"""Added to the day of the month of a made-up number, as official test numbers do: no register can ever issue it."""

_SPREAD = 104_729  # a prime that does not divide MADE_UP_NUMBERS: neighbours differ widely, and no two are the same
_NUMBER = re.compile(r"([0-9]{6})-?([0-9]{4})", re.ASCII)
_ANYWHERE = re.compile(r"(?<![0-9])([0-9]{6})[-–‐ ]?([0-9]{4})(?![0-9])")
_HEX_IDS = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,})(?![0-9a-z])", re.I)


class CprError(ValueError):
    """Not a valid CPR number; the text says why, and never quotes the text given."""


def normal(text: str) -> str:
    """The ten digits of a CPR number that may be written with a hyphen, or `CprError`.

    The date must be one (in the century that the 7th digit means); modulus 11 need not hold, since numbers without it
    are issued from 2007 on. A made-up number (day of the month + 60) is valid here: it flows like any other.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise CprError("a CPR number has ten digits, perhaps with a hyphen before the last four")
    digits = found[1] + found[2]
    if not _has_date(digits):
        raise CprError("the CPR number does not begin with a date")
    return digits


def looks_like_cpr(text: str) -> bool:
    """True when a text contains a possible CPR number: ten digits, or six and four, that begin with a date.

    UUIDs and hashes in hex do not count: they contain anything now and then.
    """
    if _ANYWHERE.search(text) is None:  # most texts
        return False
    return any(_has_date(found[1] + found[2]) for found in _ANYWHERE.finditer(_HEX_IDS.sub("", text)))


def contains_cpr(value: Any) -> bool:
    """True when any text, name of a field or number in a JSON value looks like a CPR number."""
    return any(map(looks_like_cpr, _texts(value)))


def made_up_cpr(n: int) -> str:
    """The nth made-up number, for samples and tests: always the same, each n another, and never anyone's."""
    if not 0 <= n < MADE_UP_NUMBERS:
        raise ValueError(f"there are {MADE_UP_NUMBERS} made-up CPR numbers, counted from 0")
    rest, serial = divmod(n * _SPREAD % MADE_UP_NUMBERS, 4000)  # serials 0000–3999 mean 1900–1999
    rest, year = divmod(rest, 100)
    day, month = divmod(rest, 12)
    return f"{day + 1 + _MADE_UP_DAYS:02}{month + 1:02}{year:02}{serial:04}"


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


def _has_date(digits: str) -> bool:
    day, month, year, seventh = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6])
    day -= _MADE_UP_DAYS * (day > _MADE_UP_DAYS)
    try:
        date(_century(year, seventh) + year, month, day)
    except ValueError:
        return False
    return True


def _century(year: int, seventh: int) -> int:
    """By the CPR office's table: 0–3 1900s; 4 and 9 1937–2036; 5–8 1858–2057."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
