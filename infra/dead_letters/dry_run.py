"""Tells what a redrive of a dead letter would do now, as the engine would decide it; changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.dead_letters.queries import DeadLetterSummary
    from infra.dead_letters.redrive import Refused
    from infra.engine.consumer import Schemas
    from schemas.topic import Topic


def dry_run(
    connection: "Connection",
    schemas: "Schemas",
    consumers: "Mapping[str, Sequence[Topic]]",
    letter: "DeadLetterSummary",
    refused: "Refused",
    newer: "Callable[[Connection, str, str, Sequence[str], datetime], int]",
) -> str:
    """Returns one sentence; if it begins with "refused", the dead letter would not be applied. `newer` counts the facts
    of a subject, of these types, that were recorded later and are applied already."""
    from infra.dead_letters.redrive import RefusedError, find, readable
    from infra.engine.intake import Intake

    stored = find(connection, letter.consumer, letter.id)
    if stored is None or stored.status != "new":
        return f"refused: it is {stored.status if stored else 'gone'} already"
    if letter.consumer not in consumers:
        return f"refused: there is no {letter.consumer} any more"
    reads = consumers[letter.consumer]
    try:
        event = readable(connection, Intake(reads, schemas, {}), letter.consumer, stored, refused).event
    except RefusedError as error:
        return f"refused: {error}"
    types = [topic.event.SCHEMA for topic in reads]
    later = newer(connection, letter.consumer, event.key, types, event.occurred_at)
    return f"applied, though {later} facts recorded later have been" if later else "applied"
