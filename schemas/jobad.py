"""JobAD: adverts that client systems submit (AD-1, AD-2). The numbers of an anonymous advert stay internal."""

from typing import ClassVar

from schemas.companies import Cvr, PNumber
from schemas.event import Day, Event, Id, Text
from schemas.requests import Answer


class ClientSystemRecorded(Event):
    """From `from_day` on a client system may submit adverts, or no longer may. The last record of a day counts."""

    SCHEMA: ClassVar[str] = "client-system-recorded.v1"
    KEY: ClassVar[str] = "client"

    client: Id
    from_day: Day
    registered: bool


class JobAdSubmitted(Event):
    """A client system submits an advert. `client` is the one connected, by authentication: the edge alone writes it.

    `cvr` and `p_number` are kept as given, right or wrong; `employer` names the company that advertises.
    """

    SCHEMA: ClassVar[str] = "job-ad-submitted.v1"
    KEY: ClassVar[str] = "client"
    ASKS: ClassVar[bool] = True
    CONNECTED: ClassVar[str | None] = "client"
    P_NUMBERS: ClassVar[frozenset[str]] = frozenset({"p_number"})

    client: Id
    request: Id
    advert: Id
    headline: Text
    anonymous: bool
    employer: Id | None = None
    cvr: Text | None = None
    p_number: Text | None = None


class JobAdNumbersToCheck(Event):
    """An anonymous advert of a registered client, with numbers of the right form. `job-ad-numbers` checks them."""

    SCHEMA: ClassVar[str] = "job-ad-numbers-to-check.v1"
    KEY: ClassVar[str] = "cvr"

    cvr: Cvr
    p_number: PNumber
    client: Id
    request: Id
    advert: Id
    headline: Text


class JobAdAnswered(Answer):
    """The one answer to a submission; the requester is the client system. Names neither company nor number."""

    SCHEMA: ClassVar[str] = "job-ad-answered.v1"

    advert: Id


class AdvertPublished(Event):
    """An advert through JobAD is open to the public. An anonymous one has no employer, and never a number (AD-2)."""

    SCHEMA: ClassVar[str] = "advert-published.v1"
    KEY: ClassVar[str] = "advert"

    advert: Id
    headline: Text
    anonymous: bool
    employer: Id | None = None
    from_day: Day
    rule: str
