"""`dfdg dead-letters`: records that could not be read, never their contents."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from infra.cli.common import Json, say, show_json
from infra.cli.reading import database, show_table

if TYPE_CHECKING:
    from psycopg import Connection

_LETTERS = """
select id, buried_at, consumer, topic, partition, at_offset, status, reason from dead_letter.letter
where %(key)s::bytea is null or key = %(key)s order by id desc limit %(limit)s
"""
_TOTAL = "select count(*) from dead_letter.letter"


class Letter(NamedTuple):
    """One dead letter: when, whose, where it was, and why; not what it holds."""

    id: int
    buried_at: datetime
    group: str
    topic: str
    partition: int
    offset: int
    status: str
    reason: str


def dead_letters(
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 100, as_json: Json = False
) -> None:
    """List the records that could not be read, with the reason and the position, never their contents.

    The newest come first. The records themselves are on the topics <group>.<topic>-dlq.

    \b
    Example:  dfdg dead-letters --limit 20
    """
    with database("dead-letters") as connection:
        found = letters(connection, limit)
        (total,) = connection.execute(_TOTAL).fetchone() or (0,)
    if as_json:
        show_json({"total": total, "dead_letters": [letter._asdict() for letter in found]})
        return
    show_table(
        ("id", "buried at", "group", "topic", "position", "status", "reason"),
        (
            (x.id, f"{x.buried_at:%F %T%z}", x.group, x.topic, f"{x.partition}/{x.offset}", x.status, x.reason)
            for x in found
        ),
    )
    say(f"{len(found)} of {total} dead letters.")


def letters(connection: "Connection", limit: int, key: bytes | None = None) -> list[Letter]:
    """The newest dead letters, `limit` at most, of all or of one key."""
    return [Letter(*row) for row in connection.execute(_LETTERS, {"key": key, "limit": limit}).fetchall()]
