"""Dead letters: a record that will never be readable goes aside whole, and the rest flows (DESIGN 2.6).

Parking the key and driving letters again come in a later release: `status` in the table is their place.
"""

import json
from collections.abc import Sequence
from typing import cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from infra import failpoints
from infra.intake import Letter
from infra.ledger import Cursor, number
from infra.record import Departure
from schemas.ids import derived_id

_BURY = """
insert into dead_letter.letter (consumer, topic, partition, at_offset, key, value, headers, reason)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""


TOPIC_BYTES = 512 * 1024
"""Of a letter's value and headers on the dead letter topic: Kafka refuses records over 1 MiB. The table keeps all."""


def topic_of(consumer: str, topic: str) -> str:
    return f"{consumer}.{topic}-dlq"


def bury(connection: Connection, cursor: Cursor, letters: Sequence[Letter]) -> list[Departure]:
    """Keep each letter whole in the table, with reason and position; returns them for the dead letter topic."""
    return [_bury(connection, cursor, letter) for letter in letters]


def _bury(connection: Connection, cursor: Cursor, letter: Letter) -> Departure:
    record = letter.record
    topic, offset = cast(str, record.topic()), cast(int, record.offset())
    key, value = record.key(), record.value()
    headers = [
        (name, (content or b"").hex()) for name, content in cast(list[tuple[str, bytes]], record.headers() or [])
    ]
    connection.execute(_BURY, (cursor.consumer, topic, cursor.slice, offset, key, value, Jsonb(headers), letter.reason))
    failpoints.reach("letter buried")
    position = f"{topic}/{cursor.slice}/{offset}"
    raw = {"dlq_reason": letter.reason, "dlq_position": position, "headers": headers}
    if len(value or b"") + len(key or b"") + len(json.dumps(headers)) > TOPIC_BYTES:
        raw["headers"], raw["dlq_whole"] = [], f"too large for a topic: dead_letter.letter has all of it ({position})"
        key = value = None
    destination = topic_of(cursor.consumer, topic)
    return Departure(
        destination,
        cursor.slice,
        number(cursor, destination, cursor.slice),
        derived_id(cursor.consumer.encode(), position.encode()),
        bytes(16),
        record.timestamp()[1] * 1000,
        key or b"",
        value or b"",
        json.dumps(raw).encode(),
    )
