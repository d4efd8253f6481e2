"""Notices: thin, by authenticated pull, own citizens only (CV-7)."""

from typing import ClassVar

from schemas.event import Day, Event, Id


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
