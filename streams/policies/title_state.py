"""The state of a holder's titles."""

from collections.abc import Iterable

from schemas.event import Event
from schemas.title_choice import TitleChoiceRequested
from schemas.titles import TitleHeldRecorded
from streams.policies.state import MOST_OF_A_HOLDER, State
from streams.policies.title_held import HeldTitle
from streams.policies.title_index import Titles

__all__ = ["HeldTitle", "HeldTitles"]


class HeldTitles(State):
    """A holder's titles in order of area and item, and the facts about a citizen that notices need."""

    holder: str
    titles: tuple[HeldTitle, ...] = ()
    jobcentre: str | None = None
    unemployed: bool = False
    jobcentre_told: bool = False
    """The jobcentre knows that no valid title is left."""

    @property
    def indexed(self) -> Titles:
        """`titles` with their index, which a state that was read gets at the first question."""
        titles = self.titles
        if not isinstance(titles, Titles):
            titles = self.__dict__["titles"] = Titles(titles)  # equal to what it was, so the state stays as it is
        return titles

    def has_room(self, event: Event) -> bool:
        if len(self.titles) < MOST_OF_A_HOLDER or not isinstance(event, TitleHeldRecorded | TitleChoiceRequested):
            return True
        is_removed = isinstance(event, TitleHeldRecorded) and (event.removed or event.title is None)
        return is_removed or self.find(event.area, event.item) is not None

    def find(self, area: str, item: str) -> HeldTitle | None:
        return self.indexed.find(area, item)

    def having(self, changed: Iterable[HeldTitle]) -> "HeldTitles":
        """With these items as they are now, whatever they were before."""
        return self.but(titles=self.indexed.but(changed))

    def without(self, gone: Iterable[HeldTitle]) -> "HeldTitles":
        return self.but(titles=self.indexed.but(gone=gone))
