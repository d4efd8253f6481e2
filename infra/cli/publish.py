"""What goes in: facts from files, and the classification of titles."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.common import Commands, Json, addresses, settings
from infra.cli.nearest import topic_named
from infra.console import messages, progress_bar, say, show_json, show_table

if TYPE_CHECKING:
    from producers.lines import Line
    from schemas.topic import Topic

titles_app = typer.Typer(name="titles", cls=Commands, help="The classification of job titles.", no_args_is_help=True)


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
    client: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who is connected, for events that say so: the authenticated client system."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish facts from a file of JSON lines.

    A line has the fields of the topic's event; a citizen may be given as `cpr` instead of by id, and an `id` of the
    line's own may say which fact it is. All lines are checked first: if one is bad, nothing is sent, and all that is
    wrong is told by line and field (exit code 4). Publishing a file again changes nothing.

    \b
    Examples:  dfdg publish --example dfdg.citizen-situation-recorded-v1 > situations.jsonl
               dfdg publish dfdg.citizen-situation-recorded-v1 situations.jsonl --show-ids
    """
    from infra.postgres import connect
    from producers import publisher
    from producers.identity import Identity, Keys
    from producers.line_fields import person_field

    known = topic_named(topic)
    if example or file is None:
        _show_example(known, example)
        return
    there, shown = addresses(), list[dict[str, Any]]()
    ids = _schema_ids(there.registry, known)

    def keep(line: "Line") -> None:
        person = person_field(known)
        shown.append({"line": line.number, person: getattr(line.event, person), "event": line.id})

    with closing(connect(there.dsn, "dfdg-publish")) as connection, progress_bar() as bar:
        identity = Identity(connection, Keys.read(settings().keys))
        task = bar.add_task(f"Publishing to {topic}", total=_lines(file))
        sent, skipped = publisher.publish(
            known, file, identity, there.kafka, ids[topic],
            skip_bad=skip_bad, initial=initial, client=client, progress=lambda done: bar.update(task, completed=done),
            sending=keep if show_ids else lambda _: None,
        )  # fmt: skip
    if as_json:
        show_json({"topic": topic, "sent": sent, "skipped": skipped} | ({"lines": shown} if show_ids else {}))
    else:
        if shown:
            show_table([*shown[0]], [each.values() for each in shown])
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
