"""Logins, and the advice to users of Internet Explorer 11 (WEB-1, WEB-2, VIT-2, VIT-3)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from schemas.event import Code, Event, Id, Text

System = Literal["jobnet", "jobag", "jobkon", "vitas", "bi.star.dk"]

MAX_USER_AGENT = 4_096
"""Characters: eight times the longest that the public corpora know; web servers refuse headers beyond 8 KiB."""


class LoginRecorded(Event):
    """A user has logged in to a system.

    `user_agent` is the browser's own description of itself, None when it gave none. It can identify a person, so it is
    on this internal topic only, and in no state, table or log.
    """

    SCHEMA: ClassVar[str] = "login-recorded.v1"
    KEY: ClassVar[str] = "user"
    CODES: ClassVar[Mapping[str, tuple[str, ...]]] = {"system": get_args(System)}

    user: Id
    system: Code
    user_agent: Annotated[Text, Field(max_length=MAX_USER_AGENT)] | None = None


class BrowserAdviceGiven(Event):
    """The advice, in Danish, that the system shows to a user who has just logged in (WEB-1). Names no browser string.

    Internet Explorer 11 is the only browser that is advised against, so nothing else needs to be said about it.
    """

    SCHEMA: ClassVar[str] = "browser-advice-given.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    system: System
    rule: str
    link: str
    text: str
    text_version: int
