"""What would come of a dead letter that is driven again now, as the engine will judge it; changes nothing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.intake import Schemas
    from infra.letters import Letter
    from schemas.topic import Topic


def verdict(
    connection: "Connection",
    schemas: "Schemas",
    groups: "Mapping[str, Sequence[Topic]]",
    letter: "Letter",
) -> str:
    """In a sentence; one that begins with "refused" is why it would not be applied."""
    from infra.intake import Intake
    from infra.letters import newer
    from infra.redrive import RefusedError, find, readable

    buried = find(connection, letter.group, letter.id)
    if buried is None or buried.status != "new":
        return f"refused: it is {buried.status if buried else 'gone'} already"
    if letter.group not in groups:
        return f"refused: there is no {letter.group} any more"
    reads = groups[letter.group]
    try:
        event = readable(connection, Intake(reads, schemas), letter.group, buried).event
    except RefusedError as error:
        return f"refused: {error}"
    types = [topic.event.SCHEMA for topic in reads]
    later = newer(connection, letter.group, event.key, types, event.occurred_at)
    return f"applied, though {later} facts recorded later have been" if later else "applied"
