"""The state of a holder's titles, and what is remembered of those that are gone."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date

from schemas.event import Event
from schemas.title_choice import TitleChoiceRequested
from schemas.titles import TitleHeldRecorded
from streams.policies.state import MOST_OF_A_HOLDER, REMEMBERED, State
from streams.policies.title_held import HeldTitle
from streams.policies.title_index import Titles

__all__ = ["HeldTitle", "HeldTitles"]


class HeldTitles(State):
    """A holder's titles in order of area and item, and the facts about a citizen that notices need.

    `gone`: expired adverts, and open choices that were removed, in the same order; recorded again they are no new
    start. `forgets_on`: the first day on which any of them may be forgotten.
    """

    holder: str
    titles: tuple[HeldTitle, ...] = ()
    jobcentre: str | None = None
    unemployed: bool = False
    jobcentre_told: bool = False
    """The jobcentre knows that no valid title is left."""
    gone: tuple[HeldTitle, ...] = ()
    forgets_on: date | None = None

    @property
    def indexed(self) -> Titles:
        """`titles` with their index, which a state that was read gets at the first question."""
        titles = self.titles
        if not isinstance(titles, Titles):
            titles = self.__dict__["titles"] = Titles(titles)  # equal to what it was, so the state stays as it is
        return titles

    def has_room(self, event: Event) -> bool:
        known = len(self.titles) + len(self.gone)
        if known < MOST_OF_A_HOLDER or not isinstance(event, TitleHeldRecorded | TitleChoiceRequested):
            return True
        is_removed = isinstance(event, TitleHeldRecorded) and (event.removed or event.title is None)
        found = self.find(event.area, event.item) or self.find_gone(event.area, event.item)
        return is_removed or found is not None

    def find(self, area: str, item: str) -> HeldTitle | None:
        return self.indexed.find(area, item)

    def having(self, changed: Iterable[HeldTitle]) -> "HeldTitles":
        """With these items as they are now, whatever they were before."""
        if not self.gone:
            return self.but(titles=self.indexed.but(changed))
        there = list(changed)
        return self.but(titles=self.indexed.but(there), gone=_placed(self.gone, drop=there))

    def without(self, gone: Iterable[HeldTitle]) -> "HeldTitles":
        return self.but(titles=self.indexed.but(gone=gone))

    def find_gone(self, area: str, item: str) -> HeldTitle | None:
        at = bisect_left(self.gone, (area, item), key=_key)
        return next((held for held in self.gone[at : at + 1] if _key(held) == (area, item)), None)

    def cleared(self, area: str, item: str) -> "HeldTitles":
        """Without the item, and without any memory of it."""
        held, gone = self.find(area, item), self.find_gone(area, item)
        state = self if held is None else self.without([held])
        return state if gone is None else state.but(gone=_placed(self.gone, drop=[gone]))

    def remembering(self, gone: Sequence[HeldTitle], day: date) -> "HeldTitles":
        """With these items gone on that day."""
        there = [held for held in gone if self.find(held.area, held.item) is not None]
        state = self.without(there) if there else self
        marked = _placed(self.gone, drop=gone, put=[held.but(gone_on=day) for held in gone])
        return state.but(gone=marked, forgets_on=min(self.forgets_on or date.max, day + REMEMBERED))

    def forgetting(self, day: date) -> "HeldTitles":
        """Without the memory of what has been gone for `REMEMBERED`."""
        if self.forgets_on is None or day < self.forgets_on:
            return self
        gone = tuple(held for held in self.gone if held.gone_on is not None and day < held.gone_on + REMEMBERED)
        days = [held.gone_on + REMEMBERED for held in gone if held.gone_on is not None]
        return self.but(gone=gone, forgets_on=min(days, default=None))


def _key(held: HeldTitle) -> tuple[str, str]:
    return held.area, held.item


def _placed(
    gone: tuple[HeldTitle, ...], drop: Iterable[HeldTitle], put: Iterable[HeldTitle] = ()
) -> tuple[HeldTitle, ...]:
    """Those without the items of `drop`, and with `put`, in their order."""
    left = list(gone)
    for held in drop:
        at = bisect_left(left, _key(held), key=_key)
        if at < len(left) and _key(left[at]) == _key(held):
            del left[at]
    for held in put:
        left.insert(bisect_left(left, _key(held), key=_key), held)
    return tuple(left)
