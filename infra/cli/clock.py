"""`dfdg clock`: days begin, of a simulated calendar or by this machine's clock."""

import asyncio
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import Commands, addresses
from infra.cli.process import stopping
from infra.console import say

if TYPE_CHECKING:
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
) -> None:
    """Begin every day up to DATE, one by one, from the day after the last one: a simulated calendar.

    What was begun stays begun, so this cannot be taken back; days that have begun already are not begun again.

    \b
    Example:  dfdg clock to 2021-06-14 --from 2021-05-01
    """
    from producers.clock import begin_days

    there = addresses("kafka", "registry")
    begin_days(there.kafka, _schema_ids(there), (from_day or to_day).date(), to_day.date(), say)


@clock_app.command("run")
def clock_run() -> None:
    """Begin each day at Copenhagen's midnight by this machine's clock, until told to stop.

    Days that were missed are caught up one by one at the start. Servers that are away are tried again. One such
    process is enough; two do no harm.

    \b
    Example:  dfdg clock run
    """
    there = addresses("kafka", "registry")
    asyncio.run(_tick(there.kafka, _schema_ids(there)))


async def _tick(kafka: str, ids: dict[str, int]) -> None:
    from producers import clock

    told, stop = stopping(), threading.Event()
    ticking = asyncio.ensure_future(asyncio.to_thread(clock.run, kafka, ids, stop, clock.wall_clock, say))
    await asyncio.wait({ticking, asyncio.ensure_future(told.wait())}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await ticking


def _schema_ids(there: "Addresses") -> dict[str, int]:
    from infra.registry import Registry
    from schemas.topics import DAY_BEGUN

    return Registry(there.registry).resolve([DAY_BEGUN])
