"""`dfdg demo`: the main job on servers of its own, from files to mailboxes, and a look at whether it all adds up."""

import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from psycopg import Connection

    from infra.addresses import Addresses
    from infra.demo.country.citizens import Country
    from infra.demo.play import Play
    from infra.demo.report import Report
    from schemas.topic import Topic

TITLES_PUBLISHED = date(2021, 5, 19)


class Tool(NamedTuple):
    """What the demo shows of `dfdg`: its commands, the topics that each decision and sink reads, and `explain`."""

    app: typer.Typer
    reads: "Mapping[str, Sequence[Topic]]"
    explain: "Callable[[Connection, str], Any]"


def play_all(
    began: float, addresses: "Addresses", folder: Path, citizens: int, seed: int, processes: int, tool: Tool
) -> "Report":
    """Plays the release on running servers, and writes `report.html` into the folder."""
    from infra.demo.calendar import play_release, systems
    from infra.demo.play import OneByOne, Part, Play, edge
    from infra.demo.workers import dfdg, workers
    from infra.postgres import connect
    from infra.registry import Registry
    from producers.calendar import simulate
    from producers.identity import Identity, Keys
    from schemas.topics import TOPICS

    dfdg(folder, "init")
    with closing(connect(addresses.dsn, "dfdg-demo")) as connection, edge(addresses.kafka) as senders:
        connection.autocommit = True
        simulate(connection, "demo")
        identity = Identity(connection, Keys.read(folder / "keys"))
        ids = Registry(addresses.registry, addresses.dsn).resolve(TOPICS)
        play = Play(addresses, connection, OneByOne(identity), ids, senders)
        play.parts.append(Part("servers started and filled", time.monotonic() - began))
        with workers(folder, processes, addresses, tool.reads) as engine:
            country, about = _country(play, citizens, seed)
            made = systems(country, country.jobcentres, seed)
            play_release(play, country, made, engine, folder)
        return _report(play, country, folder, tool, about)


def _country(play: "Play", citizens: int, seed: int) -> "tuple[Country, list[str]]":
    """The classification imported, and the people who live by it; and sentences about both."""
    from infra.demo.country.citizens import Country
    from infra.demo.country.people import Titles
    from infra.demo.sources import jobcentres, title_files
    from infra.reference.tables import load_table

    files, places = title_files(), jobcentres()
    with play.part("titles imported"):
        version, told = play.import_titles(files, TITLES_PUBLISHED)
    with play.part("country made up"):
        country = Country(seed, citizens, places.ids, Titles.of(load_table(play.connection, version)))
    return country, [
        f"Release 2021-2 on a made-up country (seed {seed}): {citizens:,} citizens of {places.about}.",
        f"Job titles: {files.about}.",
        "DiscoAMS08, the old side, is not public: it is CONSTRUCTED from the mapping.",
        told,
    ]


def _report(play: "Play", country: "Country", folder: Path, tool: Tool, about: "Sequence[str]") -> "Report":
    """`report.html` is written first without the search's own result, so that the search looks at it too."""
    from infra.demo.html import write
    from infra.demo.pictures import pictures
    from infra.demo.report import Report, look, secrecy

    with play.part("results looked up"):
        report = Report(about, look(play, tool), pictures(play.connection), play.parts)
        write(report, folder)
    with play.part("CPR numbers and titles looked for"):
        report = report._replace(sections=[*report.sections, secrecy(play, country, folder, tool)])
    write(report, folder)
    return report
