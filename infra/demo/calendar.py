"""The release on the calendar: what every system hands in on which day, from May 2021 to January 2023."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from infra.demo.country.citizens import Country, Facts
    from infra.demo.play import Play
    from infra.demo.workers import Workers
    from schemas.topic import Topic

FIRST_LOAD = date(2021, 5, 20)
CHANGES = (date(2021, 6, 14), date(2021, 6, 20))
"""The week in which citizens' situations and exemptions change."""

ASKED = (
    (date(2021, 5, 20), date(2021, 5, 21)),
    (date(2021, 6, 7), date(2021, 6, 9)),
    (date(2021, 6, 11), date(2021, 6, 21)),
    (date(2021, 7, 5), date(2021, 7, 5)),
    (date(2021, 8, 2), date(2021, 8, 3)),
    (date(2021, 8, 9), date(2021, 8, 9)),
    (date(2021, 9, 14), date(2021, 9, 14)),
    (date(2021, 9, 16), date(2021, 9, 20)),
    (date(2021, 10, 13), date(2021, 10, 14)),
    (date(2021, 12, 6), date(2021, 12, 7)),
    (date(2021, 12, 31), date(2022, 1, 3)),
    (date(2022, 3, 7), date(2022, 3, 7)),
    (date(2022, 10, 12), date(2022, 10, 14)),
    (date(2022, 12, 14), date(2022, 12, 14)),
    (date(2022, 12, 31), date(2023, 1, 2)),
)
"""Days on which every system hands in what it has: around each date of the release. The rest would show nothing new."""


class Part(NamedTuple):
    """A stretch of the calendar, up to `last`; then everything is waited for."""

    name: str
    last: date


PARTS = (
    Part("first load, 20 May 2021", FIRST_LOAD),
    Part("up to 9 June: clients, companies, users", date(2021, 6, 9)),
    Part("wave 1, 12 June", date(2021, 6, 12)),
    Part("release 2021-2, 14 June", date(2021, 6, 14)),
    Part("its first week", date(2021, 6, 20)),
    Part("NemLog-in and summer, to 7 August", date(2021, 8, 7)),
    Part("retired adverts expire, 8 August", date(2021, 8, 8)),
    Part("wave 2, 18 September", date(2021, 9, 18)),
    Part("the end of JobKon's first part", date(2021, 12, 31)),
    Part("2022, to JobKon's last day", date(2022, 12, 31)),
    Part("January 2023", date(2023, 1, 4)),
)
ARCHIVED, APPROVED = date(2021, 6, 20), date(2021, 8, 7)
"""At the end of these parts the archive packages are delivered, and the Archives approve them."""


def systems(country: "Country", jobcentres: Sequence[str], seed: int) -> list[Any]:
    """Every made-up system, each with luck of its own: what one makes up does not change another."""
    from infra.demo.country.access import Access
    from infra.demo.country.bi import Bi
    from infra.demo.country.jobad import Jobad
    from infra.demo.country.jobkon import Jobkon
    from infra.demo.country.logins import Logins
    from infra.demo.country.registers import Registers
    from infra.demo.country.titles import MadeUpTitles
    from infra.demo.country.vitas_grants import VitasGrants

    citizens = country.citizens
    made = [
        kind(Random(f"{seed} {kind.__name__}"), citizens, jobcentres)
        for kind in (Registers, Access, Logins, VitasGrants, Jobkon, Bi, Jobad)
    ]
    return [*made, MadeUpTitles(Random(f"{seed} titles"), citizens, jobcentres, country.titles)]


def play_release(play: "Play", country: "Country", made: Sequence[Any], engine: "Workers", folder: Path) -> None:
    """Every part of the calendar in order."""
    today = FIRST_LOAD - timedelta(days=1)
    for part in PARTS:
        with play.part(part.name):
            for day in _days(today + timedelta(days=1), part.last):
                _hand_in(play, country, made, day)
            play.begin(part.last)
            play.until_quiet(engine, part.last)
            today = part.last
            if part.last == FIRST_LOAD:
                play.announce_nights(ceiling=10 * len(country.citizens))
            if part.last == ARCHIVED:
                play.deliver(folder / "archive", part.last)
            if part.last == APPROVED:
                play.approve(part.last)


def _hand_in(play: "Play", country: "Country", made: Sequence[Any], day: date) -> None:
    facts: dict[Topic, list[dict[str, Any]]] = defaultdict(list)
    submissions: Mapping[str, Any] = {}
    if day == FIRST_LOAD:
        play.begin(day)
        play.hand_in(country.first_load(day), initial=True)
    if CHANGES[0] <= day <= CHANGES[1]:
        _add(facts, country.day(day))
    if _asked_on(day):
        for system in made:
            _add(facts, system.day(day))
            submissions = system.submissions(day) if hasattr(system, "submissions") else submissions
    if facts or submissions:
        play.begin(day)
        play.hand_in(facts, submissions)


def _add(facts: "dict[Topic, list[dict[str, Any]]]", more: "Facts") -> None:
    for topic, lines in more.items():
        facts[topic] += lines


def _asked_on(day: date) -> bool:
    return any(first <= day <= last for first, last in ASKED)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
