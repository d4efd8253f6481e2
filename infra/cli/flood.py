"""`dfdg flood`: what an operator does when the guard holds notices back (CV-6)."""

from datetime import datetime
from typing import Annotated

import typer

from infra.cli.common import Commands, Json, Who, database
from infra.cli.nearest import check_known
from infra.console import say, show_json, show_table

flood_app = typer.Typer(
    name="flood",
    cls=Commands,
    no_args_is_help=True,
    help="Notices that the flood guard holds.",
)

Reason = Annotated[str, typer.Argument(help="The reason of the notices, as `dfdg flood list` shows it.")]
Day = Annotated[
    datetime,
    typer.Argument(metavar="DAY", formats=["%Y-%m-%d"], help="The notices' Copenhagen day, as 2021-06-14."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; say how many it would be.")]


@flood_app.command("list")
def held(as_json: Json = False) -> None:
    """Show what is held: reason, day, how many, and the ceiling that was exceeded.

    \b
    Example:  dfdg flood list
    """
    from consumers.admin.flood import held as all_held

    with database("flood") as connection:
        found = all_held(connection)
    if as_json:
        show_json([flood._asdict() for flood in found])
        return
    columns = ("reason", "day", "held", "notices that day", "ceiling", "status")
    show_table(columns, found, first=("reason", "day", "held", "status"))
    say("Nothing is held." if not found else "Were they meant: `dfdg flood release`; else: `dfdg flood discard`.")


@flood_app.command()
def release(reason: Reason, day: Day, who: Who, dry_run: DryRun = False) -> None:
    """Deliver what is held of one reason and day, and all that still comes of it.

    \b
    Example:  dfdg flood release title-choice-asked 2021-06-12 --who "Anna Holm"
    """
    from consumers.admin.flood import release as decide

    with database("flood") as connection:
        connection.autocommit = True  # the guard opens its own transactions, several for many notices
        count = decide(connection, reason, day.date(), who, dry_run=dry_run)
    say(f"{count} notices {'would be' if dry_run else 'were'} released.")


@flood_app.command()
def discard(reason: Reason, day: Day, who: Who, dry_run: DryRun = False) -> None:
    """Never deliver what is held of one reason and day, nor what still comes of it; the notices stay on record.

    \b
    Example:  dfdg flood discard cv-requirement-changed 2021-06-15 --who Anna
    """
    from consumers.admin.flood import discard as decide

    with database("flood") as connection:
        connection.autocommit = True  # the guard opens its own transactions, several for many notices
        count = decide(connection, reason, day.date(), who, dry_run=dry_run)
    say(f"{count} notices {'would be' if dry_run else 'were'} discarded.")


@flood_app.command()
def announce(
    reason: Reason, day: Day, ceiling: Annotated[int, typer.Argument(min=0, help="So many are expected.")], who: Who
) -> None:
    """Set the ceiling of one reason on one day beforehand: for a night on which many notices are meant.

    \b
    Example:  dfdg flood announce title-choice-asked 2021-06-12 400000 --who Anna
    """
    from consumers.admin.flood import announce as decide
    from schemas.texts import TEXTS

    check_known("reason", reason, TEXTS, hint="REASON")

    with database("flood") as connection:
        connection.autocommit = True  # the guard opens its own transactions, several for many notices
        decide(connection, reason, day.date(), ceiling, who)
    say(f"Up to {ceiling} notices of {reason} are delivered on {day:%F}.")
