"""What goes in: facts from files, the classification of titles, and the days."""

import asyncio
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.common import Commands, Json, addresses, settings
from infra.cli.process import stopping
from infra.console import messages, progress_bar, say, show_json

if TYPE_CHECKING:
    from schemas.topic import Topic

Day = Annotated[datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="A day, as 2021-06-14.")]

titles_app = typer.Typer(name="titles", cls=Commands, help="The classification of job titles.", no_args_is_help=True)
clock_app = typer.Typer(
    name="clock", cls=Commands, help="Days begin: for the engine, time is an event.", no_args_is_help=True
)


def publish(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's whole name; `dfdg topics` lists them.")],
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(metavar="FILE", help="JSON lines, one event each; - is stdin.")
    ],
    skip_bad: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep bad lines in this new file and send the rest.")
    ] = None,
    initial: Annotated[bool, typer.Option("--initial", help="This is a first load: nobody is notified of it.")] = False,
    client: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who is connected, for events that say so: the authenticated client system."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish facts from a file of JSON lines.

    A line has the fields of the topic's event; a citizen may be given as `cpr` instead of by id, and an `id` of the
    line's own may say which fact it is. All lines are checked first: if one is bad, nothing is sent and the line and
    its field are named (exit code 4). Publishing a file again changes nothing.

    \b
    Example:  dfdg publish dfdg.citizen-situation-recorded-v1 situations.jsonl
    with lines such as
      {"cpr": "7001019999", "occurred_at": "2021-06-14T08:00:00+02:00",
       "target_group": "job-ready", "jobcentre": "jobcentre-1", "fund": "fund-1"}
    """
    from infra.postgres import connect
    from producers import publisher
    from producers.identity import Identity, Keys

    known, there = _topic(topic), addresses()
    ids = _schema_ids(there.registry, known)
    with closing(connect(there.dsn, "dfdg-publish")) as connection, progress_bar() as bar:
        identity = Identity(connection, Keys.read(settings().keys))
        task = bar.add_task(f"Publishing to {topic}", total=_lines(file))
        sent, skipped = publisher.publish(
            known, file, identity, there.kafka, ids[topic],
            skip_bad=skip_bad, initial=initial, client=client, progress=lambda done: bar.update(task, completed=done),
        )  # fmt: skip
    if as_json:
        show_json({"topic": topic, "sent": sent, "skipped": skipped})
    else:
        aside = f" {skipped} bad line(s) are in {skip_bad}." if skipped else ""
        say(f"Published {sent} event(s) to {topic}.{aside}")


@titles_app.command("import")
def import_titles(
    escostar: Annotated[Path, typer.Option(metavar="FILE", help="The ESCO-STAR titles, CSV.")],
    mapping: Annotated[Path, typer.Option(metavar="FILE", help="Their relations to ESCO, CSV.")],
    aliases: Annotated[Path | None, typer.Option(metavar="FILE", help="The Danish labels of ESCO, CSV.")] = None,
    version: Annotated[
        str | None, typer.Option(help="A name for this version; by default made of its content.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Published on that day, in a simulated calendar.")
    ] = None,
) -> None:
    """Import the classification and build the conversion table from old titles to new.

    The table goes into the database, its titles are published for anyone, and an event tells every part of the engine
    to use it from then on. The old side (DiscoAMS08) is not public and therefore constructed, and so are aliases, from
    ESCO's labels. The same files again change nothing.

    \b
    Example:  dfdg titles import --escostar escostar_occupations.csv --mapping esco_to_escostar.csv
    """
    from infra.postgres import connect
    from infra.reference.publication import titles_of
    from producers import classification, title_table
    from producers.clock import wall_clock
    from schemas.dates import midnight
    from streams.policies.title_table import outcome_of

    there = addresses()
    ids = _schema_ids(there.registry, *title_table.WRITES)
    with closing(connect(there.dsn, "dfdg-titles")) as connection:
        published = classification.import_titles(connection, escostar, mapping, outcome_of, version, aliases)
        connection.commit()
        titles = titles_of(connection, published.version)
    occurred_at = midnight(at.date()) if at else wall_clock()
    title_table.announce(there.kafka, ids, published, titles, occurred_at)
    say(f"{published} Announced to every slice.")


@clock_app.command("to")
def clock_to(
    to_day: Day,
    from_day: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="The first day, if none has begun yet."),
    ] = None,
) -> None:
    """Begin every day up to DATE, one by one, from the day after the last one: a simulated calendar.

    What was begun stays begun, so this cannot be taken back; days that have begun already are not begun again.

    \b
    Example:  dfdg clock to 2021-06-14 --from 2021-05-01
    """
    from producers.clock import begin_days
    from schemas.topics import DAY_BEGUN

    there = addresses()
    ids = _schema_ids(there.registry, DAY_BEGUN)
    begin_days(there.kafka, ids, (from_day or to_day).date(), to_day.date(), say)


@clock_app.command("run")
def clock_run() -> None:
    """Begin each day at Copenhagen's midnight by this machine's clock, until told to stop.

    Days that were missed are caught up one by one at the start. Servers that are away are tried again. One such
    process is enough; two do no harm.

    \b
    Example:  dfdg clock run
    """
    from schemas.topics import DAY_BEGUN

    there = addresses()
    asyncio.run(_tick(there.kafka, _schema_ids(there.registry, DAY_BEGUN)))


async def _tick(kafka: str, ids: dict[str, int]) -> None:
    from producers import clock

    told, stop = stopping(), threading.Event()
    ticking = asyncio.ensure_future(asyncio.to_thread(clock.run, kafka, ids, stop, clock.wall_clock, say))
    await asyncio.wait({ticking, asyncio.ensure_future(told.wait())}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await ticking


def _topic(name: str) -> "Topic":
    from schemas.topics import BY_NAME

    if name not in BY_NAME:
        raise typer.BadParameter(f"There is no topic {name}. There are: {', '.join(BY_NAME)}.", param_hint="TOPIC")
    return BY_NAME[name]


def _schema_ids(registry: str, *topics: "Topic") -> dict[str, int]:
    from infra.registry import Registry

    return Registry(registry).resolve(topics)


def _lines(file: Any) -> int | None:
    """How many lines the progress bar ends at; None for a pipe, or when nobody sees the bar."""
    if not messages.is_terminal or not file.seekable():
        return None
    start = file.tell()
    count = sum(1 for _ in file)
    file.seek(start)
    return count
