"""JobKon: requests to use one of its functions, which end with 2021 and with 2022 (JKO-1 … JKO-3)."""

from typing import ClassVar

from schemas.event import Id
from schemas.requests import Answer, Request

USED_WITHIN_DAYS = 90
"""A user counts as using a function for so many days after a use, the last one included (JKO-3)."""


class JobkonFunctionRequested(Request):
    """A user asks for a function of JobKon; `function` is its code, also one that no row of law names."""

    SCHEMA: ClassVar[str] = "jobkon-function-requested.v1"

    function: Id


class JobkonFunctionAnswered(Answer):
    """The one answer to that request. A granted one counts as a use of the function (JKO-3)."""

    SCHEMA: ClassVar[str] = "jobkon-function-answered.v1"

    function: Id
