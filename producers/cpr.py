"""CPR numbers: valid ones and made-up ones. `schemas.cpr` finds them where none belongs (invariant 4)."""

import re

from schemas.cpr import MADE_UP_DAYS, has_date

MADE_UP_NUMBERS = 134_400_000
"""28 days × 12 months × 100 years × 4,000 serial numbers of people born 1900–1999: days that every month has."""

_SPREAD = 104_729  # a prime that does not divide MADE_UP_NUMBERS: neighbours differ widely, and no two are the same
_NUMBER = re.compile(r"([0-9]{6})-?([0-9]{4})", re.ASCII)


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
    if not has_date(digits):
        raise CprError("the CPR number does not begin with a date")
    return digits


def made_up_cpr(n: int) -> str:
    """The nth made-up number, for samples and tests: always the same, each n another, and never anyone's."""
    if not 0 <= n < MADE_UP_NUMBERS:
        raise ValueError(f"there are {MADE_UP_NUMBERS} made-up CPR numbers, counted from 0")
    rest, serial = divmod(n * _SPREAD % MADE_UP_NUMBERS, 4000)  # serials 0000–3999 mean 1900–1999
    rest, year = divmod(rest, 100)
    day, month = divmod(rest, 12)
    return f"{day + 1 + MADE_UP_DAYS:02}{month + 1:02}{year:02}{serial:04}"
