"""Made-up citizens and the lines about them, as a source system would hand them in. Nobody here is anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from schemas.dates import midnight
from schemas.title_table import TitleTable

Line = dict[str, Any]
"""The fields of one event; `cpr` stands for the person."""

GROUPS: Mapping[str, int] = {
    "insured-unemployed": 45,
    "job-ready": 14,
    "openly-education-ready": 5,
    "flex-job-unemployment-benefit": 4,
    "not-job-ready": 17,
    "employed": 10,
    "other": 5,
}
"""Shares in percent: plausible, not counted from anybody."""

FREE_TEXTS = (
    "noget med dyr",
    "alt forefaldende i et storkøkken",
    "chauffør eller lager, helst aften",
    "udendørs arbejde tæt på hjemmet",
    "først og fremmest deltid",
    "Blåbærplukker på Læsø",
)
ALIASES = ("vikar", "aftenhold", "erfaren", "ufaglært")
"""No published alias list belongs to the constructed old titles, so aliases are made up too: "<label> (vikar)"."""

OFFICE_OPENS, OFFICE_HOURS = 8, 8


class Titles(NamedTuple):
    """Codes to pick from, in a fixed order, and what becomes of the old ones."""

    table: TitleTable
    old: Sequence[str]
    new: Sequence[str]

    @classmethod
    def of(cls, table: TitleTable) -> "Titles":
        return cls(table, sorted(table.outcomes), sorted(table.labels))


@dataclass
class Citizen:
    """`wishes`: the old title of each job wish, None for free text and for a new title."""

    cpr: str
    target_group: str
    jobcentre: str
    fund: str | None
    wishes: dict[str, str | None] = field(default_factory=dict)
    exemptions: dict[str, Line] = field(default_factory=dict)

    def situation(self, at: datetime, **more: Any) -> Line:
        """The situation as it is now."""
        known = {"target_group": self.target_group, "jobcentre": self.jobcentre, "fund": self.fund}
        return {"cpr": self.cpr, "occurred_at": at.isoformat(), **known, **more}

    def exempt(self, luck: Random, at: datetime, first_day: date, **more: Any) -> Line:
        """A new exemption, open-ended now and then."""
        name = f"exemption-{len(self.exemptions) + 1}"
        last_day = None if luck.random() < 0.25 else first_day + timedelta(days=luck.randrange(1, 90))
        line = {
            "cpr": self.cpr,
            "exemption": name,
            "kind": luck.choice(("from-registering", "from-being-searchable")),
            "first_day": first_day.isoformat(),
            "last_day": last_day and last_day.isoformat(),
        }
        self.exemptions[name] = line
        return line | {"occurred_at": at.isoformat()} | more

    def wish(self, luck: Random, at: datetime, item: str, titles: Titles) -> Line:
        """A job wish from before the wave: an old title, through an alias now and then, or free text."""
        if luck.random() < 0.12:
            self.wishes[item] = None
            return self._holds(at, "job-wishes", item, scheme="free-text", text=luck.choice(FREE_TEXTS))
        old = self.wishes[item] = luck.choice(titles.old)
        alias = f"{titles.table.label(old)} ({luck.choice(ALIASES)})" if luck.random() < 0.15 else None
        return self._holds(at, "job-wishes", item, scheme="discoams08", title=old, alias=alias)

    def goal(self, luck: Random, at: datetime, titles: Titles) -> Line:
        """A goal in My Plan: the old title of a job wish, or another."""
        wished = [old for old in self.wishes.values() if old is not None]
        old = luck.choice(wished) if wished and luck.random() < 0.6 else luck.choice(titles.old)
        return self._holds(at, "my-plan", "goal-1", scheme="discoams08", title=old)

    def chooses(self, luck: Random, at: datetime, item: str, titles: Titles) -> Line:
        """A new title in place of one that must be chosen or is retired: a candidate when there is one."""
        old = self.wishes[item]
        candidates = titles.table.outcome(old).candidates if old else ()
        self.wishes[item] = None
        return self._holds(at, "job-wishes", item, scheme="esco-star", title=luck.choice(candidates or titles.new))

    def open_choices(self, table: TitleTable) -> list[str]:
        """The job wishes that wait for a choice once their wave has come."""
        return [item for item, old in self.wishes.items() if old and table.outcome(old).outcome != "converted"]

    def _holds(self, at: datetime, area: str, item: str, **what: Any) -> Line:
        held = {"cpr": self.cpr, "holder_kind": "citizen", "area": area, "item": item, **what}
        return {"occurred_at": at.isoformat(), **held}


def office_hour(luck: Random, day: date) -> datetime:
    """A moment of that Copenhagen day at which offices are open."""
    return midnight(day) + timedelta(hours=OFFICE_OPENS, milliseconds=luck.randrange(OFFICE_HOURS * 3_600_000))
