"""`dfdg retention`: what is due and why, holds, announced nights, receipts and their replay (RET-6, RET-8, RET-9)."""

from datetime import datetime
from typing import Annotated

import typer

from infra.cli.common import BAD_INPUT, At, Commands, Json, Who, database, failure
from infra.cli.receipts import keygen, receipts, replay, verify
from infra.cli.retention_acts import announced, hold_placed, hold_released
from infra.console import say, show_json, show_table

retention_app = typer.Typer(
    name="retention", cls=Commands, no_args_is_help=True, help="What is kept how long, and what is deleted."
)

Day = Annotated[datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="A day, as 2021-06-14.")]
_RECORDS = (
    ["area", "rule", "record", "anchor", "due", "outcome", "reference"],
    "select * from retention.due_records(%s) order by rule, due, record",
)
_COUNTS = (
    ["area", "rule", "outcome", "records", "overdue", "oldest_due"],
    "select * from retention.standing(%s)",
)


@retention_app.command()
def plan(
    day: Day,
    records: Annotated[bool, typer.Option("--records", help="List every record, not only how many.")] = False,
    as_json: Json = False,
) -> None:
    """Show what would go on a day and what would stay, by area and rule, and why. Changes nothing.

    `goes`: its deadline has passed and nothing blocks it. `no-receipt`: no approved archive delivery covers it.
    `hold`: a legal hold covers it.

    \b
    Example:  dfdg retention plan 2021-06-14
    """
    columns, query = _RECORDS if records else _COUNTS
    with database("retention") as connection:
        rows = connection.execute(query, (day.date(),)).fetchall()
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    first = ("area", "record", "outcome", "due", "rule") if records else ("area", "outcome", "records", "overdue")
    show_table([name.replace("_", " ") for name in columns], rows, first=first)
    say("Nothing is due." if not rows else "`overdue`: due before that day; the nightly run has left it, or it waits.")


@retention_app.command()
def status(as_json: Json = False) -> None:
    """Show how retention stands: alarms, overdue and withheld records, holds, receipts.

    \b
    Example:  dfdg retention status
    """
    from consumers.admin.retention_status import standing

    with database("retention") as connection:
        stand = standing(connection)
    if as_json:
        show_json(stand._asdict() | {"areas": [area._asdict() for area in stand.areas]})
        return
    show_table(
        ("area", "outcome", "records", "overdue", "oldest due"), stand.areas, f"Past their deadline, {stand.day}"
    )
    show_table(("holds", "receipts", "readings of withheld records"), [(stand.holds, stand.receipts, stand.readings)])
    say(f"Record of all readings ends at {stand.record_of_readings}")
    for alarm in stand.alarms:
        say(f"ALARM {alarm}")


@retention_app.command("open-ended")
def open_ended(as_json: Json = False) -> None:
    """Show the copies for whose end there is no rule: how many, since when, and who decides. They stay until then.

    `ended`: what these rows tell of is over, as a title that was removed.

    \b
    Example:  dfdg retention open-ended
    """
    from consumers.admin.open_ended import open_ended as standings

    with database("retention") as connection:
        found = standings(connection)
    if as_json:
        show_json([each._asdict() for each in found])
        return
    show_table(("table", "rows", "ended", "oldest", "who decides"), found)


@retention_app.command()
def hold(
    citizen: Annotated[str, typer.Argument(help="The citizen's id; never a CPR number.")],
    name: Annotated[str, typer.Argument(metavar="HOLD", help="A new id for the hold, as hold-2021-17.")],
    handler: Annotated[str, typer.Option(help="The account of the case handler who may read what is held.")],
    record: Annotated[str | None, typer.Option(help="Hold this record only, not all of the citizen's.")] = None,
    at: At = None,
) -> None:
    """Place a legal hold: nothing that it covers is deleted before it is released.

    \b
    Example:  dfdg retention hold c-5f0c2a9e hold-2021-17 --handler anna_holm
    """
    hold_placed(citizen, name, handler, record, at)
    say(f"Hold {name} is placed.")


@retention_app.command()
def release(name: Annotated[str, typer.Argument(metavar="HOLD", help="The hold's id.")], at: At = None) -> None:
    """Release a legal hold: what is past its deadline then goes by itself.

    \b
    Example:  dfdg retention release hold-2021-17
    """
    hold_released(name, at)
    say(f"Hold {name} is released.")


@retention_app.command()
def announce(
    area: Annotated[str, typer.Argument(help="The area, as `dfdg retention plan` shows it.")],
    day: Day,
    share: Annotated[float, typer.Argument(min=0, max=1, help="This share of its records may go, as 0.3.")],
    who: Who,
) -> None:
    """Raise an area's ceiling for one night on which many deletions are meant (RET-9); the same again is harmless.

    \b
    Example:  dfdg retention announce joblog-mandatory 2021-06-14 0.4 --who Anna
    """
    if not who.strip():
        raise failure(BAD_INPUT, "Say who you are: every announcement is recorded with a name.")
    announced(area, day.date(), share, who)
    say(f"Up to {share:.0%} of {area} may go on {day:%F}.")


for command in (keygen, receipts, verify, replay):
    retention_app.command()(command)
