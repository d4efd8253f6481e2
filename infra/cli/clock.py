"""`dfdg clock`: days begin, of a simulated calendar or by this machine's clock."""

import asyncio
import threading
from contextlib import AbstractContextManager, closing
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, Commands, Who, addresses, failure
from infra.cli.process import stopping
from infra.console import say, show_table

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses

Day = Annotated[datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="A day, as 2021-06-14.")]

clock_app = typer.Typer(
    name="clock", cls=Commands, help="Days begin: for the engine, time is an event.", no_args_is_help=True
)


@clock_app.command("to")
def clock_to(
    to_day: Day,
    from_day: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="The first day, if none has begun yet."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Begin them though more than two days are missing.")] = False,
    who: Annotated[str | None, typer.Option("--who", help="Your name: with --yes it is put on record.")] = None,
) -> None:
    """Begin every day up to DATE, one by one, from the day after the last one.

    What was begun stays begun, so this cannot be taken back; days that have begun already are not begun again. No day
    begins before its midnight, but in a simulated calendar (`dfdg clock simulate`), which asks nothing. Else more than
    two missing days need --yes and --who: without them the command shows what would be deleted.

    \b
    Example:  dfdg clock to 2021-06-14 --from 2021-05-01
    """
    from producers.calendar import EarlyError
    from producers.clock import MAX_MISSED_DAYS, begin_days

    if yes and not who:
        raise failure(BAD_INPUT, "--yes needs --who: the name of the person who lets these days begin.")
    there, day = addresses(), to_day.date()
    with _connection(there) as connection:
        if not yes and (lacking := _missing(connection, day)) > MAX_MISSED_DAYS:
            _show_what_goes(connection, day)
            raise failure(
                COULD_NOT,
                f"{lacking} days are missing up to {day}, and above is what would be deleted by then. Is that day"
                f" here, and are they meant? Then: `dfdg clock to {day} --yes --who NAME`.",
            )
        try:
            first = (from_day or to_day).date()
            begin_days(connection, there.kafka, _schema_ids(there), first, day, say, agreed=who if yes else None)
        except EarlyError as error:
            raise failure(COULD_NOT, str(error)) from None


@clock_app.command("run")
def clock_run() -> None:
    """Begin each day at Copenhagen's midnight by this machine's clock, until told to stop.

    Up to two days that were missed are caught up at the start; more need a person (`dfdg clock to`). Servers that are
    away are tried again. One such process is enough; two do no harm.

    \b
    Example:  dfdg clock run
    """
    there = addresses()
    asyncio.run(_tick(there, _schema_ids(there)))


@clock_app.command("simulate")
def clock_simulate(who: Who) -> None:
    """Make the calendar of a database in which no day has begun a simulated one. It cannot be taken back.

    Its days are begun by `dfdg clock to` alone, as fast as wanted, and may lie ahead of real time.

    \b
    Example:  dfdg clock simulate --who anna
    """
    from producers.calendar import simulate

    with _connection(addresses("postgres")) as connection:
        simulate(connection, who)
    say("The calendar of this database is simulated from now on: nothing in it is real.")


def _missing(connection: "Connection", to_day: date) -> int:
    """How many days a person must agree to; none in a simulated calendar, or before the first day."""
    from producers.calendar import stand

    begun, simulated = stand(connection)
    return 0 if simulated or begun is None else (to_day - begun).days


def _show_what_goes(connection: "Connection", day: date) -> None:
    query = "select area, rule, outcome, records, oldest_due from retention.standing(%s)"
    rows = connection.execute(query, (day,)).fetchall()
    show_table(("area", "rule", "outcome", "records", "oldest due"), rows, f"Past their deadline by {day}")


def _connection(there: "Addresses") -> "AbstractContextManager[Connection]":
    from infra.postgres import connect

    return closing(connect(there.dsn, "dfdg-clock"))


async def _tick(there: "Addresses", ids: dict[str, int]) -> None:
    from infra.postgres import connect
    from producers import clock

    told, stop, connection = stopping(), threading.Event(), partial(connect, there.dsn, "dfdg-clock")
    running = asyncio.to_thread(clock.run, connection, there.kafka, ids, stop, clock.wall_clock, say)
    ticking = asyncio.ensure_future(running)
    await asyncio.wait({ticking, asyncio.ensure_future(told.wait())}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await ticking


def _schema_ids(there: "Addresses") -> dict[str, int]:
    from infra.registry import Registry
    from schemas.topics import DAY_BEGUN

    return Registry(there.registry, there.dsn).resolve([DAY_BEGUN])
