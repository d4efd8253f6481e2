"""TIT-2, TIT-3, TIT-4 and TIT-9 for one citizen's job wishes: each item by itself, from fact to fact."""

from dataclasses import dataclass
from datetime import date

from schemas.registration import RegistrationRequested
from schemas.titles import TitleHeldRecorded
from tests.faults.load.titles import TABLE
from tests.faults.oracles.result import ExpectedResult, Original, Turn

WAVE_1 = date(2021, 6, 12)


@dataclass
class Wish:
    """An item as it is now. `looked_up`: its old title has been looked up, and the item still has it."""

    title: str
    alias: str | None
    old: bool
    looked_up: bool = False


class Wishes:
    """A citizen's job wishes; their wave comes on 12 June."""

    def __init__(self, found: ExpectedResult, citizen: str) -> None:
        self._turns, self._originals = found.turns[citizen], found.originals[citizen]
        self._answers = found.answers[citizen]
        self._items: dict[str, Wish] = {}
        self._gone: dict[str, Wish] = {}
        """Wishes that were removed with an open choice: recorded again with the same title they stand as they stood."""

    def begins(self, day: date) -> None:
        """Looks up every old title, item by item in order, from the wave's day on."""
        if day >= WAVE_1:
            for item in sorted(self._items):
                self._look_up(item, day)

    def recorded(self, event: TitleHeldRecorded | RegistrationRequested, today: date) -> None:
        if isinstance(event, RegistrationRequested):
            self._answer(event)
            return
        before = self._items.get(event.item)
        if event.removed:
            if self._items.pop(event.item, None) is not None and before is not None and before.looked_up:
                self._gone[event.item] = before
            return
        gone = self._gone.pop(event.item, None)
        if event.title is None:
            self._items.pop(event.item, None)
        elif event.scheme == "esco-star":
            if before is not None and before.looked_up:
                self._originals.append(Original(event.item, before.title, event.title))
            self._items[event.item] = Wish(event.title, event.alias, old=False)
        elif gone is not None and gone.title == event.title:
            self._items[event.item] = gone
        elif before is None or (before.old, before.title) != (True, event.title):
            self._items[event.item] = Wish(event.title, event.alias, old=True)
        else:
            before.alias = event.alias
        if today >= WAVE_1 and event.item in self._items:
            self._look_up(event.item, max(event.day, WAVE_1))

    def _answer(self, event: RegistrationRequested) -> None:
        """TIT-4: the registration is refused while a wish has a retired title."""
        standing = [TABLE[wish.title].outcome for wish in self._items.values() if wish.looked_up]
        self._answers.append((event.request, "retired" not in standing))

    def _look_up(self, item: str, day: date) -> None:
        wish = self._items[item]
        if not wish.old or wish.looked_up:
            return
        outcome, title, candidates = TABLE[wish.title]
        rule = "TIT-3" if outcome == "converted" and wish.alias else "TIT-2"
        self._turns.append(Turn(item, outcome, title, candidates, rule == "TIT-3", day, rule))
        if title is None:
            wish.looked_up = True
        else:
            self._originals.append(Original(item, wish.title, title))
            self._items[item] = Wish(title, None, old=False)
