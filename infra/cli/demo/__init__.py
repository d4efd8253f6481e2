"""`dfdg demo`: the main job on servers of its own, from files to mailboxes, and a look at whether it all adds up."""

import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import COULD_NOT, console, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from infra.cli.demo.play import Play
    from infra.local import Addresses
    from producers.made_up import Country

TITLES_PUBLISHED = date(2021, 5, 19)


def demo(
    citizens: Annotated[int, typer.Option(min=1_000, help="How many live in the made-up country.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed, another country; the same seed, the same.")] = 2021,
    processes: Annotated[int, typer.Option(min=1, help="Worker processes that share the work.")] = 2,
    folder: Annotated[
        Path, typer.Option(help="For servers and data; what an earlier demo left there is removed first.")
    ] = Path(".local/demo"),
) -> None:
    """Play the release on a made-up country, from May 2021 to January 2023 on real servers, and show what came of it.

    Starts Kafka, the schema registry and PostgreSQL in a folder of its own and stops them at the end. Every date of the
    release calendar passes, for all systems at once; then one page: what each system did by requirement, whether it
    all adds up, lag, time. Exit code 1 when anything does not.

    \b
    Example:  dfdg demo --citizens 2000
    """
    from infra.cli.demo.engine import DemoError, servers

    began = time.monotonic()
    try:
        with servers(folder.resolve()) as addresses:
            faults = _play(began, addresses, folder.resolve(), citizens, seed, processes)
    except DemoError as error:
        raise failure(COULD_NOT, str(error)) from None
    if faults:
        raise failure(COULD_NOT, "It does NOT add up:\n" + "\n".join(f"  {fault}" for fault in faults))
    console.print("It all adds up.", style="bold green")
    console.print(f"To look around: export DFDG_STATE={folder}; dfdg up; dfdg --help", highlight=False)


def _play(began: float, addresses: "Addresses", folder: Path, citizens: int, seed: int, processes: int) -> list[str]:
    """On running servers; returns what does not add up."""
    from infra.cli.demo.calendar import play_release, systems
    from infra.cli.demo.engine import dfdg, workers
    from infra.cli.demo.play import OneByOne, Part, Play, edge
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
        with workers(folder, processes, addresses) as engine:
            country = _country(play, citizens, seed)
            made = systems(country, country.jobcentres, seed)
            play_release(play, country, made, engine, folder)
        return _report(play, country, folder)


def _country(play: "Play", citizens: int, seed: int) -> "Country":
    """The classification imported, and the people who live by it."""
    from infra.cli.demo.sources import jobcentres, title_files
    from infra.reference import load_table
    from producers.made_up import Country
    from producers.made_up_people import Titles

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


def _report(play: "Play", country: "Country", folder: Path) -> list[str]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from infra.cli.demo import report
    from infra.cli.demo.canaries import canaries
    from infra.cli.demo.places import search, topics
    from infra.cli.demo.screens import screens
    from schemas.calendar import NOTICES_FROM

    console.print()
    faults = report.notices(play.connection, NOTICES_FROM)
    faults += report.conversions(play.connection, play.titles)
    for system in _reports():
        with play.part(f"looked at {system.__name__.replace('_', ' ')}"):
            faults += system(play.connection)
    faults += report.one_mailbox(play.connection)
    faults += report.one_citizen(play.connection)
    faults += report.lag(play.connection, play.addresses.kafka)
    numbers = [citizen.cpr for citizen in country.citizens]
    sought = canaries(numbers, play.connection, play.adverts)
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:  # both cores: the workers have ended
        looking = beside.submit(topics, sought, play.addresses.kafka)
        with play.part("commands that read"):
            shown = screens(play.connection, folder, play.adverts)
        with play.part("looked for canaries"):
            found = search(sought, looking.result(), play.connection, folder, shown)
    faults += report.canaries(found, sought)
    report.times(play.parts)
    return faults


def _reports() -> "Sequence[Callable[[Connection], list[str]]]":
    """What each system did, by requirement."""
    from infra.cli.demo.report_access import access
    from infra.cli.demo.report_archive import archive
    from infra.cli.demo.report_logins import logins
    from infra.cli.demo.report_registers import registers
    from infra.cli.demo.report_systems import bi, jobad, jobkon, vitas_grants
    from infra.cli.demo.report_title_help import title_help
    from infra.cli.demo.report_titles import titles

    return (titles, title_help, registers, archive, access, logins, vitas_grants, jobad, jobkon, bi)
