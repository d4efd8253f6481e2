"""One held title: the title that an item of an area shows now, never an earlier one (TIT-9)."""

from datetime import date, datetime
from typing import Literal

from schemas.event import Frozen
from schemas.titles import TitleHeldRecorded

Scheme = Literal["discoams08", "esco-star"]
Status = Literal["held", "chosen", "converted", "must-choose", "retired", "expired"]
"""`held`: an old title whose wave has not come. `chosen`: a person picked it, so no table changes it (TIT-10).
`expired`: an advert that is gone, but remembered."""

ASKED = ("must-choose", "retired")


class HeldTitle(Frozen):
    """One item of an area. `since` is the day of its outcome, `told` the kinds of recipients that know of it.

    `until`: an advert's last day, where its employer was contacted too late for the ordinary one. `gone_on`: the day on
    which the item went, or was last recorded though it had expired.

    `jobcentre`: the one that deals with it, where the holder is an employer. `at`: the moment of the last fact, or with
    `by_request` of the last granted choice. The two come on topics without a common order, and the later one counts.
    """

    area: str
    item: str
    scheme: Scheme
    title: str
    status: Status
    alias: str | None = None
    candidates: tuple[str, ...] = ()
    table_version: str | None = None
    since: date | None = None
    told: tuple[str, ...] = ()
    jobcentre: str | None = None
    at: datetime | None = None
    by_request: bool = False
    until: date | None = None
    gone_on: date | None = None

    @property
    def asked(self) -> bool:
        return self.status in ASKED

    def outlives(self, at: datetime, *, by_request: bool) -> bool:
        """True when the item stays although a fact, or a granted choice, of that earlier moment is read only now."""
        return self.by_request != by_request and self.at is not None and at < self.at

    def says(self, fact: TitleHeldRecorded) -> bool:
        """True when the fact names the title that the item has: whichever alias led to it, it is no other title."""
        return (self.scheme, self.title) == (fact.scheme, fact.title)

    def knowing(self, recipient_kind: str) -> "HeldTitle":
        return self.model_copy(update={"told": (*self.told, recipient_kind)})
