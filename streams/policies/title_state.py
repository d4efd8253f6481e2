"""The state of a holder's titles: the title that each item shows now, never an earlier one (TIT-9)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

from schemas.event import Frozen
from streams.policies.state import State

Status = Literal["held", "chosen", "converted", "must-choose", "retired"]
"""`held`: an old title whose wave has not come. `chosen`: a person picked it, so no table changes it (TIT-10)."""

ASKED = ("must-choose", "retired")


class HeldTitle(Frozen):
    """One item of an area. `since` is the day of its outcome, `told` the kinds of recipients that know of it.

    `jobcentre`: the one that deals with it, where the holder is an employer. `at`: the moment of the last fact, or with
    `by_request` of the last granted choice. The two come on topics without a common order, and the later one counts.
    """

    area: str
    item: str
    scheme: Literal["discoams08", "esco-star"]
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

    @property
    def asked(self) -> bool:
        return self.status in ASKED

    def outlives(self, at: datetime, *, by_request: bool) -> bool:
        """True when the item stays although a fact, or a granted choice, of that earlier moment is read only now."""
        return self.by_request != by_request and self.at is not None and at < self.at

    def knowing(self, recipient_kind: str) -> "HeldTitle":
        return self.model_copy(update={"told": (*self.told, recipient_kind)})


class HeldTitles(State):
    """A holder's titles in order of area and item, and the facts about a citizen that notices need."""

    holder: str
    titles: tuple[HeldTitle, ...] = ()
    jobcentre: str | None = None
    unemployed: bool = False
    jobcentre_told: bool = False
    """The jobcentre knows that no valid title is left."""

    def find(self, area: str, item: str) -> HeldTitle | None:
        return next((held for held in self.titles if held.area == area and held.item == item), None)

    def having(self, held: HeldTitle) -> "HeldTitles":
        """With this item as it is now, whatever it was before."""
        return self.with_titles((*self.without(held.area, held.item).titles, held))

    def without(self, area: str, item: str) -> "HeldTitles":
        return self.with_titles(held for held in self.titles if held.area != area or held.item != item)

    def with_titles(self, titles: Iterable[HeldTitle]) -> "HeldTitles":
        return self.but(titles=tuple(sorted(titles, key=lambda held: (held.area, held.item))))

    def replacing(self, changed: Mapping[tuple[str, str], HeldTitle]) -> "HeldTitles":
        """With these items, by area and item, in the places where they stand: a wave changes all of them at once."""
        return self.but(titles=tuple(changed.get((held.area, held.item), held) for held in self.titles))
