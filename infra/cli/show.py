"""What came of it: records, mailboxes, lag, the snapshot. These commands change nothing."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.common import Json, addresses, database
from infra.cli.flow import flow
from infra.cli.redaction import shown
from infra.console import console, say, show_json, show_table

if TYPE_CHECKING:
    from infra.lag import Standing
    from infra.tail import Sighting
    from schemas.topic import Topic

__all__ = ["flow", "notices", "snapshot", "topics", "watch"]

UNKNOWN = "unknown"


class Kind(StrEnum):
    """Kinds of recipients."""

    JOBCENTRE = "jobcentre"
    FUND = "fund"
    CITIZEN = "citizen"
    EMPLOYER = "employer"


def watch(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's whole name; `dfdg topics` lists them.")],
    from_beginning: Annotated[bool, typer.Option(help="First what the topic holds already.")] = False,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many records.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for programs.")] = False,
) -> None:
    """Show a topic's records as they come, decoded, until Ctrl-C.

    Replaced job titles are not shown: they are the auditors' alone.

    \b
    Example:  dfdg watch dfdg.notice-issued-v1 --from-beginning --count 10
    """
    from infra.registry import Registry
    from infra.tail import watch as sightings

    wanted, there, seen = _topic(topic), addresses(), 0
    found = sightings(there.kafka, Registry(there.registry), wanted, from_beginning=from_beginning)
    try:
        next(found)  # it has found its place
        say(f"Watching {topic}. Ctrl-C ends it.")
        while count is None or seen < count:
            if (sighting := next(found)) is not None:
                seen += 1
                _show(sighting, as_json)
    except KeyboardInterrupt:
        say(f"Stopped after {seen} records.")


def notices(
    recipient: Annotated[str, typer.Argument(help="The recipient's id, as in the events.")],
    kind: Annotated[Kind | None, typer.Option(help="Only as this kind of recipient.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 1_000,
    as_json: Json = False,
) -> None:
    """Show the mailbox of one recipient, as it sees it: what the flood guard holds is not in it.

    \b
    Example:  dfdg notices jobcentre-101 --kind jobcentre
    """
    from consumers.mailboxes import mailbox

    with database("notices") as connection:
        found = mailbox(connection, recipient, limit, kind.value if kind else None)
    if as_json:
        show_json([notice._asdict() for notice in found])
        return
    rows = [(n.number, n.day, n.from_day, n.about, n.reason, n.rule, n.text) for n in found]
    show_table(("number", "day", "from", "about", "reason", "rule", "text"), rows)
    say(f"{len(found)} notices in the mailbox of {recipient}.")


def topics(as_json: Json = False) -> None:
    """Show how far each group is behind on each topic, in records and in seconds; alarms; days that are held back.

    Seconds are the age of the oldest record that is not applied yet. "unknown" is not 0: nobody can tell, because the
    group never started there, or the record is gone.

    \b
    Example:  dfdg topics --json
    """
    from infra.cli import catalog
    from infra.lag import standing
    from producers.clock import wall_clock

    there = addresses()
    reads = catalog.reads()
    with database("topics") as connection:
        stand = standing(connection, there.kafka, reads, wall_clock())
    if as_json:
        lists: dict[str, Sequence[Any]] = {
            "lags": stand.lags,
            "alarms": stand.alarms,
            "held_days": stand.held_days,
        }
        show_json({"records": stand.records} | {n: [row._asdict() for row in rows] for n, rows in lists.items()})
    else:
        _show_standing(stand)


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
    with database("snapshot") as connection, part.open("w", encoding="utf-8") as out:
        citizens = write(connection, out)
    part.replace(file)
    say(f"{citizens} citizens are in {file}.")


def _topic(name: str) -> "Topic":
    from schemas.topics import BY_NAME

    if name not in BY_NAME:
        raise typer.BadParameter(f"There is no topic {name}. There are: {', '.join(BY_NAME)}.", param_hint="TOPIC")
    return BY_NAME[name]


def _show(sighting: "Sighting", as_json: bool) -> None:
    event = shown(sighting.event) if sighting.event else None
    key = event[sighting.event.KEY] if event and sighting.event else None
    if as_json:
        fields = sighting._asdict() | {"key": key, "event": event}
        typer.echo(json.dumps(fields, ensure_ascii=False, default=str))
        return
    position = f"{sighting.partition}/{sighting.offset}"
    parts: list[Any] = [position, f"{sighting.at:%Y-%m-%dT%H:%M:%SZ}", sighting.type, f"id={sighting.id}"]
    parts += [f"cause={sighting.cause}"] if sighting.cause else []
    parts += [f"key={key}", json.dumps(event, ensure_ascii=False)] if event else [sighting.fault]
    console.print(*parts, markup=False, soft_wrap=True)


def _show_standing(stand: "Standing") -> None:
    show_table(("topic", "records in the log"), stand.records.items())
    lags = [
        (
            lag.group,
            lag.topic,
            UNKNOWN if lag.records is None else lag.records,
            UNKNOWN if lag.age_s is None else round(lag.age_s),
        )
        for lag in stand.lags
    ]
    show_table(("group", "topic", "lag in records", "lag in seconds"), lags)
    for alarm in stand.alarms:
        console.print(f"ALARM {alarm.group}/{alarm.slice}: {alarm.text}", style="red", markup=False, soft_wrap=True)
    days = sorted({(held.group, held.day) for held in stand.held_days})
    for group, day in days:
        slices = ", ".join(str(held.slice) for held in stand.held_days if (held.group, held.day) == (group, day))
        console.print(f"{group} holds {day} back in slices {slices}: it has not read up to that day's beginning.")
