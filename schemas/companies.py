"""Companies and their production units, and the form of their numbers (AD-2)."""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator
from stdnum.dk import cvr

from schemas.event import Event

_P_NUMBER = re.compile(r"[0-9]{10}", re.ASCII)


def is_cvr(text: str) -> bool:
    """True for eight digits with modulus 11, as the library checks it; written without spaces or country code."""
    return cvr.is_valid(text) and cvr.compact(text) == text


def is_p_number(text: str) -> bool:
    """True for ten digits. P-numbers have no check digit, and no library knows more of them."""
    return _P_NUMBER.fullmatch(text) is not None


def _valid_cvr(text: str) -> str:
    if not is_cvr(text):
        raise ValueError("is no CVR number: eight digits, of which the last one is a check digit (modulus 11)")
    return text


def _valid_p_number(text: str) -> str:
    if not is_p_number(text):
        raise ValueError("is no P-number: ten digits")
    return text


Cvr = Annotated[str, AfterValidator(_valid_cvr)]
PNumber = Annotated[str, AfterValidator(_valid_p_number)]


class CompanyRegistered(Event):
    """A company's P-numbers from now on, all of them, as the Central Business Register (CVR) has them."""

    SCHEMA: ClassVar[str] = "company-registered.v1"
    KEY: ClassVar[str] = "cvr"
    P_NUMBERS: ClassVar[frozenset[str]] = frozenset({"p_numbers"})

    cvr: Cvr
    p_numbers: list[PNumber]
