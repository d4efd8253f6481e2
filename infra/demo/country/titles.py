"""Made-up job titles in the areas beside job wishes, My Plan and adverts, and who chooses what in summer 2021."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from random import Random
from typing import NamedTuple

from infra.demo.country.citizens import CITIZENS_PER_ADVERT, Facts, in_order
from infra.demo.country.people import FREE_TEXTS, Citizen, Line, Titles, office_hour
from schemas.title_areas import BY_CODE, TITLE_AREAS, wave_day
from schemas.topic import Topic
from schemas.topics import TITLE_CHOICE_REQUESTED, TITLE_HELD_RECORDED

LOADED = date(2021, 5, 21)
"""What the source systems hold; all of it from before the waves."""
BETWEEN = date(2021, 6, 16)
"""Some choose; some by the rules of yesterday or tomorrow."""
EDITS = (date(2021, 7, 5), date(2021, 8, 3))
"""Employers edit adverts: some at once, some when they are reminded."""
AFTER = date(2021, 9, 20)


class Plenty(NamedTuple):
    """Of a hundred who could, so many hold something in the area: items, each of up to `titles` titles."""

    percent: float
    titles: int = 1


PLENTY: Mapping[str, Plenty] = {
    "registration": Plenty(2.5),
    "saved-searches": Plenty(1.5, titles=3),
    "job-agents": Plenty(1, titles=2),
    "cv-experience": Plenty(2),
    "cvs": Plenty(1),
    "job-search-requirements": Plenty(1.5),
    "job-orders": Plenty(15),
    "cv-agents": Plenty(10, titles=2),
    "eures": Plenty(5),
    "jobad": Plenty(10),
    "vitas-applications": Plenty(15),
    "vitas-grants": Plenty(8),
}
FREE_TEXT, CHOOSE, MISTAKE = 0.08, 0.3, 0.2
"""Shares: of titles in free text; of those asked who choose on a day; of choosers who ask for what is not allowed."""


class Held(NamedTuple):
    """A title that somebody holds: `where` are an event's fields but for the title; `old` the DiscoAMS08 title."""

    where: Line
    old: str

    @property
    def is_advert(self) -> bool:
        return self.where["area"] in ("eures", "jobad")


class MadeUpTitles:
    """Ask for each `day` once, in order: chance and memory run on from one to the next."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], jobcentres: Sequence[str], titles: Titles) -> None:
        self._luck, self._jobcentres, self._titles = luck, jobcentres, titles
        self._requests = count(1)
        self._held: list[Held] = []
        people: list[Line] = [{"cpr": citizen.cpr, "holder_kind": "citizen"} for citizen in citizens]
        employers = max(10, len(citizens) // CITIZENS_PER_ADVERT // 2)
        firms: list[Line] = [
            {"holder": f"made-up-employer-{n + 1}", "holder_kind": "employer"} for n in range(employers)
        ]
        self._holders = {"citizen": people, "employer": firms}

    def day(self, day: date) -> Facts:
        """What is recorded and asked for on that day; on most days nothing."""
        facts: dict[Topic, list[Line]] = defaultdict(list)
        if day == LOADED:
            facts[TITLE_HELD_RECORDED] += [line for area in TITLE_AREAS for line in self._loaded(area.code, day)]
        elif day in (BETWEEN, *EDITS, AFTER):
            facts[TITLE_CHOICE_REQUESTED] += self._choices(day)
        return in_order({topic: lines for topic, lines in facts.items() if lines})

    def _loaded(self, area: str, day: date) -> Iterator[Line]:
        kind = BY_CODE[area].holder
        if kind is None or area not in PLENTY:
            return
        holders, plenty = self._holders[kind], PLENTY[area]
        for who in self._luck.sample(holders, max(2, round(plenty.percent / 100 * len(holders)))):
            for n in range(self._luck.randint(1, plenty.titles)):
                yield self._load(who, area, f"{area}-1.{n + 1}" if plenty.titles > 1 else f"{area}-1", day)

    def _load(self, who: Line, area: str, item: str, day: date) -> Line:
        where = {**who, "area": area, "item": item}
        if area.startswith("vitas-"):
            where["jobcentre"] = self._luck.choice(self._jobcentres)
        line = {"occurred_at": office_hour(self._luck, day).isoformat(), **where}
        if self._luck.random() < FREE_TEXT:
            return line | {"scheme": "free-text", "text": self._luck.choice(FREE_TEXTS)}
        held = Held(where, self._luck.choice(self._titles.old))
        self._held.append(held)
        return line | {"scheme": "discoams08", "title": held.old}

    def _choices(self, day: date) -> Iterator[Line]:
        """Who has an open choice takes a new title; who has none yet may name any old one; some do it the wrong way."""
        for held in list(self._held):
            come = wave_day(held.where["area"]) <= day
            if not self._edited_on(day, held) or (come and not self._open(held)) or self._luck.random() > CHOOSE:
                continue
            right = self._luck.random() > MISTAKE
            new = come == right
            title = self._luck.choice(self._titles.new if new else self._titles.old)
            if right:
                self._held.remove(held)
                self._held += [] if new else [held._replace(old=title)]
            what = {"scheme": "esco-star" if new else "discoams08", "title": title}
            at = office_hour(self._luck, day).isoformat()
            yield {"occurred_at": at, "request": f"choice-{next(self._requests)}", **held.where, **what}

    def _edited_on(self, day: date, held: Held) -> bool:
        """What has expired is edited no more."""
        return held.is_advert if day in EDITS else day != AFTER or not held.is_advert

    def _open(self, held: Held) -> bool:
        return self._titles.table.outcome(held.old).outcome != "converted"
