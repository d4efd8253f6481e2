"""Notices: thin, by authenticated pull, own citizens only (CV-7)."""

from typing import ClassVar, Literal

from schemas.event import Day, Event, Id

RecipientKind = Literal["jobcentre", "fund", "citizen", "employer", "user"]
"""A user is one of bi.star.dk or JobKon, or the person responsible for users there."""


class NoticeIssued(Event):
    """One notice to one recipient. Its key is the subject it is about, so that a citizen's notices keep their order.

    `details` are the codes that the text needs; the text itself is Danish, versioned, and stored with the notice.
    """

    SCHEMA: ClassVar[str] = "notice-issued.v1"
    KEY: ClassVar[str] = "about"

    about: Id
    recipient_kind: str
    recipient: Id
    reason: str
    rule: str
    from_day: Day
    details: dict[str, str]
