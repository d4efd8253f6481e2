"""`dfdg watch`: the records of a topic, or the dead letters of one, as they come. Changes nothing."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.common import addresses
from infra.cli.nearest import check_known, topic_named
from infra.cli.redaction import shown, without_cpr
from infra.console import console, say, show_json, spelt, spelt_id

if TYPE_CHECKING:
    from infra.tail import Sighting
    from schemas.topic import Topic


def watch(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's whole name; `dfdg topics` lists them.")],
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="First what the topic holds already.")
    ] = False,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many records.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for programs.")] = False,
) -> None:
    """Show a topic's records as they come, decoded, until Ctrl-C; moments are Copenhagen time.

    Of a topic of dead letters, <consumer>.<topic>-dlq, each shows where the record lay and why it could not be read.
    Replaced job titles are not shown: they are the auditors' alone.

    \b
    Examples:  dfdg watch dfdg.notice-issued-v1 --from-beginning --count 10
               dfdg watch journal.dfdg.notice-issued-v1-dlq
    """
    from infra.registry import Registry
    from infra.tail import watch as sightings

    wanted, there, seen = _topic_or_dead_letters(topic), addresses("kafka", "registry"), 0
    found = sightings(there.kafka, Registry(there.registry), wanted, from_beginning=from_beginning)
    try:
        next(found)  # it has found its place
        say(f"Watching {topic}, in Copenhagen time. Ctrl-C ends it.")
        while count is None or seen < count:
            if (sighting := next(found)) is not None:
                seen += 1
                _show(sighting, as_json)
    except KeyboardInterrupt:
        say(f"Stopped after {seen} records.")


def _topic_or_dead_letters(name: str) -> "Topic | str":
    """The topic of that name, or the name itself when it is one of dead letters."""
    from schemas.topic import DEAD_LETTERS

    if not name.endswith(DEAD_LETTERS):
        return topic_named(name)
    from infra.cli import catalog

    check_known("topic", name, catalog.dead_letter_topics(), "They are named <consumer>.<topic>-dlq.", "TOPIC")
    return name


def _show(sighting: "Sighting", as_json: bool) -> None:
    event = shown(sighting.event) if sighting.event else None
    key = event[sighting.event.KEY] if event and sighting.event else None
    ids = {"id": without_cpr(spelt_id(sighting.id)), "cause": without_cpr(spelt_id(sighting.cause))}
    known = {**ids, "source": without_cpr(sighting.source), "key": key}
    moments = {name: at for name, at in sighting.event or () if isinstance(at, datetime)}
    if as_json:
        show_json(sighting._asdict() | known | {"event": event and event | moments}, in_one_line=True)
        return
    parts: list[Any] = [f"{sighting.partition}/{sighting.offset}", spelt(sighting.at), sighting.type]
    told = {**ids, "source": known["source"], "sequence": sighting.sequence}
    parts += [f"{name}={value}" for name, value in told.items() if value not in (None, "")]
    if event:
        parts += [f"key={key}", json.dumps(event | moments, ensure_ascii=False, default=spelt)]
    else:
        parts.append(sighting.fault)
    console.print(*parts, markup=False, highlight=False, soft_wrap=True)
