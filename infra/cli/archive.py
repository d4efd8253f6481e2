"""`dfdg archive`: what is handed over to the National Archives, and what they answered (RET-6)."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import COULD_NOT, Commands, Json, Who, database, failure
from infra.cli.nearest import check_known
from infra.console import progress_bar, say, show_json, show_table, spelt
from schemas.archive_areas import BY_NAME

if TYPE_CHECKING:
    from psycopg import Connection

    from consumers.archive.approval import Unfinished

archive_app = typer.Typer(
    name="archive",
    cls=Commands,
    no_args_is_help=True,
    help="Deliveries to the National Archives, without whose approval nothing that is archived first is deleted.",
)

DeliveryId = Annotated[str, typer.Argument(metavar="DELIVERY", help="As `dfdg archive list` shows it.")]


@archive_app.command()
def deliver(
    area: Annotated[str, typer.Argument(metavar="AREA", help=f"One of: {', '.join(BY_NAME)}.")],
    who: Who,
    folder: Annotated[Path, typer.Option(help="The package becomes a new folder in this one.")] = Path("archive"),
    due_by: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only what is due by this day. Default: a year from today."),
    ] = None,
    schemas: Annotated[
        Path | None, typer.Option(help="The folder with the Archives' own XML schemas, which go into the package.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say how many records.")] = False,
    as_json: Json = False,
) -> None:
    """Write what is to be archived into a new package, verify it on disk, and record what it holds.

    A package holds the records of one area whose deadline is near and that no delivery holds as they are now. It has
    the layout of the executive order BEK 128/2020. If it is stopped or fails, nothing is delivered: run it again.

    \b
    Example:  dfdg archive deliver referrals --schemas /srv/xsd --who "Anna Holm"
    """
    from consumers.archive import outstanding
    from consumers.archive.delivery import deliver as write
    from producers.clock import wall_clock
    from schemas.dates import add_years, copenhagen_day

    check_known("area", area, BY_NAME, hint="AREA")
    at, known = wall_clock(), BY_NAME[area]
    day = due_by.date() if due_by else add_years(copenhagen_day(at), 1)
    with database("archive") as connection, progress_bar() as bar:
        connection.autocommit = True  # the delivery opens its own transactions
        outstanding.check_columns(connection, known)
        total = outstanding.count(connection, known, day)
        if dry_run or not total:
            _tell_count(area, day, total, as_json)
            return
        _warn(connection, area)
        task = bar.add_task(f"Delivering {area}", total=total)
        made = write(
            connection, folder, known, due_by=day, at=at, who=who, schemas=schemas,
            progress=lambda done: bar.update(task, completed=done),
        )  # fmt: skip
    if as_json:
        show_json(made._asdict() if made else None)
        return
    if made:
        say(f"{made.delivery} in {made.folder}: {made.records} records, {made.files} files, verified on disk.")
        if schemas is None:
            say("It lacks the Archives' own schemas in Schemas/standard: --schemas FOLDER puts them in.")
        say(f'When the Archives have approved it: dfdg archive approve {made.delivery} REFERENCE --who "{who}"')


def _tell_count(area: str, day: object, total: int, as_json: bool) -> None:
    if as_json:
        show_json({"area": area, "due_by": day, "records": total})
    else:
        say(f"{total} records of {area} are due by {day} and not delivered as they are now.")


def _warn(connection: "Connection", area: str) -> None:
    """An attempt that was stopped leaves a folder with personal data."""
    from consumers.archive.approval import unfinished

    for attempt in unfinished(connection):
        left = Path(attempt.folder) / attempt.delivery
        if attempt.area == area and left.exists():
            say(f"{left}, {_began(attempt)}, is no delivery. Delete it.")


def _began(attempt: "Unfinished") -> str:
    return f"begun {spelt(attempt.began_at)} Copenhagen time by {attempt.began_by}"


@archive_app.command()
def verify(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A package: a folder AVID.…")]) -> None:
    """Read a package again and compare it with its own indices: every file, every MD5, every count.

    \b
    Example:  dfdg archive verify /srv/archive/AVID.STAR.1.1
    """
    from consumers.archive.verify import verify as check

    if not folder.is_dir():
        raise typer.BadParameter(f"{folder} is not a folder.", param_hint="FOLDER")
    checked = check(folder)
    for fault in checked.faults:
        say(fault)
    if checked.faults:
        raise failure(COULD_NOT, f"{folder} is NOT whole: {len(checked.faults)} fault(s).")
    say(f"{folder} is whole: {checked.records} records, {checked.files} files.")


@archive_app.command()
def approve(
    delivery: DeliveryId, reference: Annotated[str, typer.Argument(help="The Archives' approval.")], who: Who
) -> None:
    """Record that the National Archives have approved a delivery: the receipt for every record in it.

    Whatever waited only for it is deleted by the next run of retention. The same again changes nothing.

    \b
    Example:  dfdg archive approve AVID.STAR.1.1 21/04567 --who "Anna Holm"
    """
    from consumers.archive.approval import approve as record
    from producers.clock import wall_clock

    with database("archive") as connection:
        new = record(connection, delivery, reference, who, wall_clock())
    say(f"{delivery} {'is approved' if new else 'was approved already'}: {reference}. Delete its folder; it is a copy.")


@archive_app.command()
def reject(
    delivery: DeliveryId, reason: Annotated[str, typer.Argument(help="Why the Archives sent it back.")], who: Who
) -> None:
    """Record that the National Archives have sent a delivery back: its records go into the next one again.

    \b
    Example:  dfdg archive reject AVID.STAR.1.1 "c4 is wrong" --who "Anna Holm"
    """
    from consumers.archive.approval import reject as record
    from producers.clock import wall_clock

    with database("archive") as connection:
        new = record(connection, delivery, reason, who, wall_clock())
    say(f"{delivery} {'is rejected' if new else 'was rejected already'}. Delete its folder, and deliver again.")


@archive_app.command("list")
def listed(as_json: Json = False) -> None:
    """Show every delivery with what the Archives answered, and every attempt that did not become one.

    \b
    Example:  dfdg archive list --json
    """
    from consumers.archive.approval import deliveries, unfinished

    with database("archive") as connection:
        made, attempts = deliveries(connection), unfinished(connection)
    if as_json:
        show_json({"deliveries": [d._asdict() for d in made], "unfinished": [a._asdict() for a in attempts]})
        return
    rows = [
        (d.delivery, d.area, d.made_at, d.records, d.status, d.reference or d.rejection, d.entered_by) for d in made
    ]
    columns = ("delivery", "area", "made", "records", "status", "reference or reason", "entered by")
    show_table(columns, rows, first=("delivery", "status", "area", "made"))
    for attempt in attempts:
        say(f"{attempt.delivery} ({attempt.area}, {_began(attempt)}) is not finished.")
