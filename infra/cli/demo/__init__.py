"""`dfdg demo`: the main job on servers of its own, from files to mailboxes, and a look at whether it all adds up."""

import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import COULD_NOT, console, failure

if TYPE_CHECKING:
    from infra.cli.demo.engine import Workers
    from infra.cli.demo.play import Play
    from infra.local import Addresses
    from producers.made_up import Country

TITLES_PUBLISHED, FIRST_LOAD = date(2021, 5, 19), date(2021, 5, 20)
WEEK = 7


def demo(
    citizens: Annotated[int, typer.Option(min=100, help="How many live in the made-up country.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed, another country; the same seed, the same.")] = 2021,
    processes: Annotated[int, typer.Option(min=1, help="Worker processes that share the work.")] = 2,
    folder: Annotated[
        Path, typer.Option(help="For servers and data; what an earlier demo left there is removed first.")
    ] = Path(".local/demo"),
) -> None:
    """Play a made-up country through spring and summer of 2021 on real servers, and show what came of it.

    Starts Kafka, the schema registry and PostgreSQL in a folder of its own and stops them at the end. A first load in
    May, wave 1 on 12 June, a week of changes from 14 June, wave 2 on 18 September; then tables: notices, conversions to
    the last title, a mailbox, one citizen explained, lag, time. Exit code 1 when anything does not add up.

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
    from infra.cli.demo.engine import dfdg, workers
    from infra.cli.demo.play import Part, Play
    from infra.postgres import connect
    from infra.registry import Registry
    from producers.identity import Identity, Keys
    from schemas.topics import TOPICS

    dfdg(folder, "init")
    with closing(connect(addresses.dsn, "dfdg-demo")) as connection:
        connection.autocommit = True
        identity = Identity(connection, Keys.read(folder / "keys"))
        play = Play(addresses, connection, identity, Registry(addresses.registry).resolve(TOPICS))
        play.parts.append(Part("servers started and filled", time.monotonic() - began))
        country = _country(play, citizens, seed)
        with workers(folder, processes, addresses) as engine:
            _calendar(play, country, engine)
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


def _calendar(play: "Play", country: "Country", engine: "Workers") -> None:
    from schemas.calendar import RELEASE_2021_2, WAVE_1, WAVE_2

    with play.part("first load, 20 May 2021"):
        play.begin(FIRST_LOAD)
        play.hand_in(country.first_load(FIRST_LOAD), initial=True)
        play.until_quiet(engine, FIRST_LOAD)
    play.announce_nights(ceiling=10 * len(country.citizens))
    with play.part("up to wave 1, 12 June"):
        play.begin(WAVE_1)
        play.until_quiet(engine, WAVE_1)
    with play.part("a week of changes, 14 to 20 June"):
        for day in (RELEASE_2021_2 + timedelta(days=n) for n in range(WEEK)):
            play.begin(day)
            play.hand_in(country.day(day))
        play.until_quiet(engine, day)
    with play.part("up to wave 2, 18 September"):
        play.begin(WAVE_2)
        play.until_quiet(engine, WAVE_2)


def _report(play: "Play", country: "Country", folder: Path) -> list[str]:
    from infra.cli.demo import report
    from infra.cli.demo.canaries import search
    from schemas.calendar import NOTICES_FROM

    console.print()
    faults = report.notices(play.connection, NOTICES_FROM)
    faults += report.conversions(play.connection, play.titles)
    faults += report.one_mailbox(play.connection)
    faults += report.one_citizen(play.connection)
    faults += report.lag(play.connection, play.addresses.kafka)
    numbers = [citizen.cpr for citizen in country.citizens]
    with play.part("looked for CPR numbers"):
        found = search(numbers, play.addresses.kafka, play.connection, folder)
    faults += report.canaries(found, len(numbers))
    report.times(play.parts)
    return faults
