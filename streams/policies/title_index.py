"""A holder's titles in their order, and an index by which one fact costs the same whatever their number is.

What becomes due for a title follows from its *case*: its area, its outcome, who was told, and for an advert since when.
Ten thousand titles have some dozens of cases. So the law is asked once for each case, and only the titles of a case for
which something is due are looked at one by one.

The index is memory: no state has it, it is made of the titles when it is missing, and what is decided is the same with
an old index and a new one. A change hands it on to the titles that come after.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import NamedTuple

from schemas.title_areas import search_of
from schemas.title_table import TitleTable
from streams.policies.title_areas import BY_CODE
from streams.policies.title_held import ASKED, HeldTitle, Scheme, Status

Key = tuple[str, str]
"""Area and item: titles stand in the order of their keys, each key once."""


class Case(NamedTuple):
    """What titles are alike in; the fields are those of `HeldTitle`. `dealt_with`: it has a jobcentre of its own.
    `since` and `until` are None where no day follows from them, that is of all but adverts."""

    area: str
    scheme: Scheme
    status: Status
    told: tuple[str, ...]
    dealt_with: bool
    since: date | None
    until: date | None

    @property
    def asked(self) -> bool:
        return self.status in ASKED


def case_of(held: HeldTitle) -> Case:
    """The case that the title is in."""
    days = (held.since, held.until) if BY_CODE[held.area].expires else (None, None)
    return Case(held.area, held.scheme, held.status, held.told, bool(held.jobcentre), *days)


class _Index:
    """`cases`: by case and search, the keys of the titles; of what is no search, under no name. `changed`: open choices
    on old titles that are not as `judge` has judged them."""

    def __init__(self, titles: Iterable[HeldTitle]) -> None:
        self.order: list[Key] = []
        self.cases: dict[Case, dict[str, set[Key]]] = {}
        self.judge: TitleTable | None = None
        self.changed: set[Key] = set()
        for held in titles:
            key = (held.area, held.item)
            self.order.append(key)
            self.add(key, held)

    def place(self, key: Key) -> tuple[int, bool]:
        """Where the key stands or belongs, and whether it stands there."""
        at = bisect_left(self.order, key)
        return at, at < len(self.order) and self.order[at] == key

    def add(self, key: Key, held: HeldTitle) -> None:
        case = case_of(held)
        self.cases.setdefault(case, {}).setdefault(_search(held), set()).add(key)
        if _is_open_and_old(case):
            self.changed.add(key)

    def drop(self, key: Key, held: HeldTitle) -> None:
        case, search = case_of(held), _search(held)
        searches = self.cases[case]
        searches[search].remove(key)
        if not searches[search]:
            del searches[search]
        if not searches:
            del self.cases[case]
        self.changed.discard(key)


class Titles(tuple[HeldTitle, ...]):
    """Titles in the order of area and item. Equal to a plain tuple of them, and written as one."""

    _index: _Index | None = None

    def find(self, area: str, item: str) -> HeldTitle | None:
        at, is_there = self._known().place((area, item))
        return self[at] if is_there else None

    @property
    def cases(self) -> Collection[Case]:
        """The cases that the titles have now."""
        return self._known().cases.keys()

    def of(self, cases: Iterable[Case]) -> list[HeldTitle]:
        """The titles of these cases, in order."""
        known = self._known().cases
        return self._at(key for case in cases for keys in known[case].values() for key in keys)

    def where(self, holds: Callable[[Case], bool]) -> list[HeldTitle]:
        """The titles for whose case this holds, in order."""
        return self.of([case for case in self.cases if holds(case)])

    def searches(self, cases: Iterable[Case]) -> set[str]:
        """The saved searches and agents that the titles of these cases belong to (`search_of`)."""
        known = self._known().cases
        return set[str]().union(*(known[case] for case in cases))

    def to_judge(self, table: TitleTable, has_come: Callable[[str], bool]) -> list[HeldTitle]:
        """Open choices on old titles, in areas for which that holds, that the table has not judged since they became
        what they are. Its caller has it judge them now; asked again, they are not named again."""
        index = self._known()
        if index.judge is not table:
            searches = [found for case, found in index.cases.items() if _is_open_and_old(case)]
            index.judge, index.changed = table, {key for each in searches for keys in each.values() for key in keys}
        due = {key for key in index.changed if has_come(key[0])}
        index.changed -= due
        return self._at(due)

    def but(self, changed: Iterable[HeldTitle] = (), gone: Iterable[HeldTitle] = ()) -> "Titles":
        """With these titles as they are now, and without those. The index goes on to them."""
        index, self._index = self._known(), None
        titles = list(self)
        for held in gone:
            at, _ = index.place((held.area, held.item))
            index.drop(index.order.pop(at), titles.pop(at))
        for held in changed:
            key = (held.area, held.item)
            at, is_there = index.place(key)
            if is_there:
                index.drop(key, titles[at])
                titles[at] = held
            else:
                index.order.insert(at, key)
                titles.insert(at, held)
            index.add(key, held)
        after = Titles(titles)
        after._index = index
        return after

    def _known(self) -> _Index:
        if self._index is None:
            self._index = _Index(self)
        return self._index

    def _at(self, keys: Iterable[Key]) -> list[HeldTitle]:
        place = self._known().place
        return [self[place(key)[0]] for key in sorted(keys)]


def _search(held: HeldTitle) -> str:
    return search_of(held.item) if BY_CODE[held.area].search else ""


def _is_open_and_old(case: Case) -> bool:
    return case.scheme == "discoams08" and case.asked
