"""What came of it: mailboxes, lag, the snapshot. These commands change nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from infra.cli.common import BAD_INPUT, EVERYBODY, Json, addresses, database, failure, noted
from infra.cli.nearest import check_known, did_you_mean, refuse_cpr
from infra.console import console, say, show_json, show_table

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.lag import Standing

UNKNOWN = "unknown"


def notices(
    recipient: Annotated[str, typer.Argument(help="The recipient's id, as in the events.")],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Only as this kind of recipient, as jobcentre or user.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 1_000,
    as_json: Json = False,
) -> None:
    """Show the mailbox of one recipient, as it sees it: what the flood guard holds is not in it.

    Ends with exit code 4 when nobody of that id ever had a notice, and names the nearest ones that had.

    \b
    Example:  dfdg notices jobcentre-101 --kind jobcentre
    """
    from consumers.admin.recipients import visible
    from consumers.mailboxes import mailbox
    from schemas.notices import RecipientKind

    refuse_cpr(recipient)
    kinds = get_args(RecipientKind)
    check_known("kind of recipient", kind, kinds, f"There are: {', '.join(kinds)}.", hint="--kind")
    with database("notices") as connection:
        noted(connection, "notices", recipient)
        found = mailbox(connection, recipient, limit, kind)
        total = visible(connection, recipient, kind)
        if not found:
            _check_recipient(connection, recipient)
    if as_json:
        show_json([notice._asdict() for notice in found])
        return
    rows = [(n.number, n.day, n.from_day, n.about, n.reason, n.rule, n.text) for n in found]
    columns = ("number", "day", "from", "about", "reason", "rule", "text")
    show_table(columns, rows, first=("number", "about", "text", "day", "rule"))
    aside = f" These are the latest {len(found)}." if len(found) < total else ""
    say(f"{total} notices in the mailbox of {recipient}.{aside}")


def topics(
    behind: Annotated[bool, typer.Option("--behind", help="Only what lags or is unknown.")] = False,
    as_json: Json = False,
) -> None:
    """Show how far each consumer is behind on each topic, in records and in seconds; alarms; held days; parked keys.

    Seconds are the age of the oldest record that is not applied yet. "unknown" is not 0: nobody can tell, because the
    consumer never started there, or the record is gone.

    \b
    Example:  dfdg topics --behind
    """
    from infra.cli import catalog
    from infra.dead_letters.queries import parked
    from infra.lag import standing
    from producers.clock import wall_clock

    there = addresses("kafka", "postgres")
    reads = catalog.reads()
    with database("topics") as connection:
        waits = parked(connection)
        stand = standing(connection, there.kafka, reads, wall_clock())
    if behind:
        lagging = [lag for lag in stand.lags if lag.records != 0]
        names = {lag.topic for lag in lagging}
        records = {name: count for name, count in stand.records.items() if name in names}
        stand = stand._replace(lags=lagging, records=records)
    if as_json:
        lists: dict[str, Sequence[Any]] = {
            "lags": stand.lags,
            "alarms": stand.alarms,
            "held_days": stand.held_days,
            "parked": waits,
        }
        show_json({"records": stand.records} | {n: [row._asdict() for row in rows] for n, rows in lists.items()})
    else:
        _show_standing(stand._replace(records={}) if behind else stand)
        for each in waits:
            say(f"ALARM {each}" if each.overdue else str(each))
        if behind:
            say(f"{len(stand.lags)} consumers and topics lag." if stand.lags else "Nothing lags.")


def snapshot(file: Annotated[Path, typer.Argument(help="A new file; only its owner can read it.")]) -> None:
    """Write every citizen's CV status to a file, as JSON lines, with where on the topic to read on.

    \b
    Example:  dfdg snapshot cv-status.jsonl
    """
    from consumers.admin.cv_snapshot import snapshot as write

    if file.exists():
        raise typer.BadParameter(f"{file} is there already; name a new file.")
    part = file.with_name(f"{file.name}.part")  # so that a file with its own name is always whole
    part.touch(mode=0o600)
    with database("snapshot") as connection:
        noted(connection, "snapshot", EVERYBODY)
    with database("snapshot") as connection, part.open("w", encoding="utf-8") as out:
        citizens = write(connection, out)
    part.replace(file)
    say(f"{citizens} citizens are in {file}.")


def _check_recipient(connection: "Connection", recipient: str) -> None:
    from consumers.admin.recipients import is_known, offices

    if not is_known(connection, recipient):
        asked = did_you_mean(recipient, offices(connection))
        raise failure(BAD_INPUT, f"No recipient {recipient} ever had a notice.{asked}")


def _show_standing(stand: "Standing") -> None:
    if stand.records:
        show_table(("topic", "records in the log"), stand.records.items())
    lags = [
        (
            lag.consumer,
            lag.topic,
            UNKNOWN if lag.records is None else lag.records,
            UNKNOWN if lag.age_s is None else round(lag.age_s),
        )
        for lag in stand.lags
    ]
    if lags:
        show_table(("consumer", "topic", "lag in records", "lag in seconds"), lags)
    for alarm in stand.alarms:
        console.print(f"ALARM {alarm.consumer}/{alarm.slice}: {alarm.text}", style="red", markup=False, soft_wrap=True)
    days = sorted({(held.consumer, held.day) for held in stand.held_days})
    for consumer, day in days:
        slices = ", ".join(str(held.slice) for held in stand.held_days if (held.consumer, held.day) == (consumer, day))
        console.print(f"{consumer} holds {day} back in slices {slices}: it has not read up to that day's beginning.")
