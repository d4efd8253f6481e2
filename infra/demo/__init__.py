"""`dfdg demo`: the main job on servers of its own, from files to mailboxes, and a look at whether it all adds up."""

import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from infra.console import console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from psycopg import Connection

    from infra.addresses import Addresses
    from infra.demo.country.citizens import Country
    from infra.demo.play import Play
    from schemas.topic import Topic

TITLES_PUBLISHED = date(2021, 5, 19)


class Tool(NamedTuple):
    """What the demo shows of `dfdg`: its commands, the topics that each decision and sink reads, and `explain`."""

    app: typer.Typer
    reads: "Mapping[str, Sequence[Topic]]"
    explain: "Callable[[Connection, str], Any]"


def play_all(
    began: float, addresses: "Addresses", folder: Path, citizens: int, seed: int, processes: int, tool: Tool
) -> list[str]:
    """Plays the release on running servers; returns what does not add up."""
    from infra.demo.calendar import play_release, systems
    from infra.demo.play import OneByOne, Part, Play, edge
    from infra.demo.workers import dfdg, workers
    from infra.postgres import connect
    from infra.registry import Registry
    from producers.identity import Identity, Keys
    from schemas.topics import TOPICS

    dfdg(folder, "init")
    with closing(connect(addresses.dsn, "dfdg-demo")) as connection, edge(addresses.kafka) as senders:
        connection.autocommit = True
        identity = Identity(connection, Keys.read(folder / "keys"))
        play = Play(addresses, connection, OneByOne(identity), Registry(addresses.registry).resolve(TOPICS), senders)
        play.parts.append(Part("servers started and filled", time.monotonic() - began))
        with workers(folder, processes, addresses, tool.reads) as engine:
            country = _country(play, citizens, seed)
            made = systems(country, country.jobcentres, seed)
            play_release(play, country, made, engine, folder)
        return _report(play, country, folder, tool)


def _country(play: "Play", citizens: int, seed: int) -> "Country":
    """The classification imported, and the people who live by it."""
    from infra.demo.country.citizens import Country
    from infra.demo.country.people import Titles
    from infra.demo.sources import jobcentres, title_files
    from infra.reference.tables import load_table

    files, places = title_files(), jobcentres()
    console.print(f"Job titles: {files.about}.", highlight=False, soft_wrap=True)
    console.print("DiscoAMS08, the old side, is not public: it is CONSTRUCTED from the mapping.", highlight=False)
    with play.part("titles imported"):
        version, told = play.import_titles(files, TITLES_PUBLISHED)
    console.print(told, highlight=False, soft_wrap=True)
    with play.part("country made up"):
        country = Country(seed, citizens, places.ids, Titles.of(load_table(play.connection, version)))
    console.print(f"Made up (seed {seed}): {citizens:,} citizens of {places.about}.", highlight=False)
    return country


def _report(play: "Play", country: "Country", folder: Path, tool: Tool) -> list[str]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from infra.demo import report
    from infra.demo.canaries import canaries
    from infra.demo.places import search, topics
    from infra.demo.screens import screens
    from schemas.release_dates import NOTICES_FROM

    console.print()
    faults = report.notices(play.connection, NOTICES_FROM)
    faults += report.conversions(play.connection, play.titles)
    for system in _reports():
        with play.part(f"looked at {system.__name__.replace('_', ' ')}"):
            faults += system(play.connection)
    faults += report.one_mailbox(play.connection)
    faults += report.one_citizen(play.connection, tool.explain)
    faults += report.lag(play.connection, play.addresses.kafka, tool.reads)
    numbers = [citizen.cpr for citizen in country.citizens]
    sought = canaries(numbers, play.connection, play.adverts)
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:  # both cores: the workers have ended
        looking = beside.submit(topics, sought, play.addresses.kafka)
        with play.part("commands that read"):
            shown = screens(play.connection, folder, play.adverts, tool.app)
        with play.part("looked for canaries"):
            found = search(sought, looking.result(), play.connection, folder, shown)
    faults += report.canaries(found, sought)
    report.times(play.parts)
    return faults


def _reports() -> "Sequence[Callable[[Connection], list[str]]]":
    """What each system did, by requirement."""
    from infra.demo.report_access import access
    from infra.demo.report_archive import archive
    from infra.demo.report_logins import logins
    from infra.demo.report_registers import registers
    from infra.demo.report_systems import bi, jobad, jobkon, vitas_grants
    from infra.demo.report_title_help import title_help
    from infra.demo.report_titles import titles

    return (titles, title_help, registers, archive, access, logins, vitas_grants, jobad, jobkon, bi)
