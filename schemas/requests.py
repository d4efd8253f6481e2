"""The common base of requests that may be refused, and of their one answer (REQUIREMENTS, facts and requests)."""

from typing import ClassVar

from schemas.event import Event, Id, Text


class Request(Event):
    """A requester asks for something; `request` is the id that the answer names."""

    KEY: ClassVar[str] = "requester"
    ASKS: ClassVar[bool] = True

    requester: Id
    request: Id


class Answer(Event):
    """The one answer to a request: granted, or refused by the named rule, in Danish, with the text's version."""

    KEY: ClassVar[str] = "requester"

    requester: Id
    request: Id
    granted: bool
    rule: str
    text: Text
    text_version: int
