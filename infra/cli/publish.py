"""`dfdg publish`: facts from a file of JSON lines."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.common import Json, addresses, settings
from infra.cli.nearest import topic_named
from infra.console import messages, progress_bar, say, show_json, show_table

if TYPE_CHECKING:
    from producers.lines import Line
    from schemas.topic import Topic


def publish(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's whole name; `dfdg topics` lists them.")],
    file: Annotated[
        typer.FileBinaryRead | None, typer.Argument(metavar="FILE", help="JSON lines, one event each; - is stdin.")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Send nothing; print lines that the topic takes.")] = False,
    show_ids: Annotated[
        bool, typer.Option("--show-ids", help="Tell of each line the citizen's or other key's id, and the event's.")
    ] = False,
    skip_bad: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep bad lines in this new file and send the rest.")
    ] = None,
    initial: Annotated[bool, typer.Option("--initial", help="This is a first load: nobody is notified of it.")] = False,
    source: Annotated[str | None, typer.Option(metavar="SYSTEM", help="Whose own ids the lines have.")] = None,
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="For events that name it: the client system that is connected.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish facts from a file of JSON lines.

    A line has the fields of the topic's event; a citizen may be given as `cpr` instead of by id, and an `id` of the
    line's own may say which fact of its system it is (--source; `legacy`: as published before there was this option).
    All lines are checked first: if one is bad, nothing is sent, and all that is wrong is told by line and field (exit
    code 4). Publishing a file again changes nothing.

    \b
    Examples:  dfdg publish --example dfdg.cv-exemption-recorded-v1 > facts.jsonl
               dfdg publish dfdg.cv-exemption-recorded-v1 facts.jsonl --show-ids
    """
    from infra.postgres import connect
    from infra.registry import Registry
    from producers import calendar, publisher
    from producers.identity import Identity, Keys

    known = topic_named(topic)
    if example or file is None:
        _show_example(known, example)
        return
    whose = None if source is None else publisher.source_of(source)
    there, shown = addresses(), list[dict[str, Any]]()
    ids = Registry(there.registry, there.dsn).resolve([known])

    with closing(connect(there.dsn, "dfdg-publish")) as connection, progress_bar() as bar:
        identity = Identity(connection, Keys.read(settings().keys))
        task = bar.add_task(f"Publishing to {topic}", total=_lines(file))
        sent, skipped = publisher.publish(
            known, file, identity, there.kafka, ids[topic],
            source=whose, skip_bad=skip_bad, initial=initial, client=client, latest=calendar.latest(connection),
            progress=lambda done: bar.update(task, completed=done),
            sending=lambda line: shown.append(_ids_of(line, known, whose)) if show_ids else None,
        )  # fmt: skip
    if as_json:
        show_json({"topic": topic, "sent": sent, "skipped": skipped} | ({"lines": shown} if show_ids else {}))
        return
    if shown:
        show_table([*shown[0]], [each.values() for each in shown])
    aside = f" {skipped} bad line(s) are in {skip_bad}." if skipped else ""
    say(f"Published {sent} event(s) to {topic}.{aside}")


def _ids_of(line: "Line", topic: "Topic", source: str | None) -> dict[str, Any]:
    from producers.line_fields import person_field
    from producers.publisher import OWN
    from schemas.ids import id_of

    person = person_field(topic)
    id_ = id_of(line.id, source or OWN, ours=False).hex()
    return {"line": line.number, person: getattr(line.event, person), "event": id_}


def _show_example(topic: "Topic", wanted: bool) -> None:
    from producers.examples import example_lines
    from producers.publisher import refuse_foreign

    if not wanted:
        raise typer.BadParameter("Name a file, or - for stdin; --example shows what its lines are.", param_hint="FILE")
    refuse_foreign(topic)
    for line in example_lines(topic):
        typer.echo(line)
    client = " --client NAME" if topic.event.CONNECTED is not None else ""
    say(f"In a FILE: `dfdg publish {topic} FILE{client}`. CPR numbers here are made up.")


def _lines(file: Any) -> int | None:
    """How many lines the progress bar ends at; None for a pipe, or when nobody sees the bar."""
    if not messages.is_terminal or not file.seekable():
        return None
    start = file.tell()
    count = sum(1 for _ in file)
    file.seek(start)
    return count
