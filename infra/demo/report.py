"""All findings of the demo: each system, the pictures, the search for canaries, and the time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from infra.demo.section import Figure, Section, Table

if TYPE_CHECKING:
    from infra.demo import Tool
    from infra.demo.country.citizens import Country
    from infra.demo.play import Part, Play


class Report(NamedTuple):
    """`about`: sentences about titles and country. `parts`: how long each part took."""

    about: Sequence[str]
    sections: Sequence[Section]
    figures: Sequence[Figure]
    parts: "Sequence[Part]"

    @property
    def faults(self) -> list[str]:
        """A sentence for everything that does not add up, with its system."""
        return [f"{section.system}: {fault}" for section in self.sections for fault in section.faults]

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)

    def times(self) -> Table:
        """Every decision and sink counts the records that it applied."""
        columns = ("part", "seconds", "handed in", "handed in a second", "applied", "applied a second")
        rows: list[tuple[object, ...]] = []
        for part in self.parts:
            rates = [
                cell
                for number in (part.handed_in, part.applied)
                for cell in ((number, round(number / part.seconds)) if number else (None, None))
            ]
            rows.append((part.name, f"{part.seconds:.1f}", *rates))
        rows.append(("all", f"{self.seconds:.1f}", *(None for _ in columns[2:])))
        return Table("How long each part took", columns, rows)


def look(play: "Play", tool: "Tool") -> list[Section]:
    """The findings about each system of the newsletter, then about the engine."""
    from infra.demo import report_engine, report_notices, report_systems, report_titles
    from infra.demo.report_access import access
    from infra.demo.report_archive import archive
    from infra.demo.report_cv import cv_duties
    from infra.demo.report_logins import browsers, vitas_users
    from infra.demo.report_registers import registers
    from infra.demo.report_title_help import title_help

    every = (
        cv_duties, registers, archive, access, vitas_users, report_systems.vitas_grants, browsers,
        report_systems.jobkon, report_systems.jobad, report_systems.bi,
    )  # fmt: skip
    connection = play.connection
    return [
        *(system(connection) for system in every),
        report_titles.conversions(connection, play.titles),
        report_titles.titles(connection),
        title_help(connection),
        report_notices.notices(connection),
        report_notices.one_citizen(connection, tool.explain),
        report_engine.lag(connection, play.addresses.kafka, tool.reads),
    ]


def secrecy(play: "Play", country: "Country", folder: Path, tool: "Tool") -> Section:
    """Looks for canaries in every place, `report.html` in the folder among them."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from infra.demo.canaries import canaries
    from infra.demo.places import search, topics
    from infra.demo.report_engine import canaries as judged
    from infra.demo.screens import screens

    sought = canaries([citizen.cpr for citizen in country.citizens], play.connection, play.adverts)
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:  # both cores: the workers have ended
        looking = beside.submit(topics, sought, play.addresses.kafka)
        shown = screens(play.connection, folder, play.adverts, tool.app)
        found = search(sought, looking.result(), play.connection, folder, shown)
    return judged(found, sought)
