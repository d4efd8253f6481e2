"""Re-registration as unemployed: the first of the requests that may be refused (REQUIREMENTS, facts and requests)."""

from typing import ClassVar

from schemas.event import Event, Id


class RegistrationRequested(Event):
    """A citizen asks to be registered as unemployed again."""

    SCHEMA: ClassVar[str] = "registration-requested.v1"
    KEY: ClassVar[str] = "citizen"
    ASKS: ClassVar[bool] = True

    citizen: Id
    request: Id


class RegistrationAnswered(Event):
    """The one answer to that request: granted, or refused by the named rule, in Danish."""

    SCHEMA: ClassVar[str] = "registration-answered.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    request: Id
    granted: bool
    rule: str
    text: str
    text_version: int
