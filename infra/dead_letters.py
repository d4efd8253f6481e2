"""Dead letters: a record that will never be readable goes aside whole, its key is parked, the rest flows (DESIGN 2.6).

What waits behind a letter lies in the same table, so that a key's records keep their order; `infra/redrive.py` goes on.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from confluent_kafka import Message
from psycopg import Connection
from psycopg.types.json import Jsonb

from infra import failpoints
from infra.breaker import NONE, Count, TooManyError, counted
from infra.errors import AlarmError
from infra.intake import Letter, Sifted
from infra.ledger import Cursor, number
from infra.parking import keep
from infra.record import Departure
from infra.restored import published
from schemas.ids import derived_id
from schemas.topic import DEAD_LETTERS

_BURY = """
insert into dead_letter.letter
    (consumer, topic, partition, at_offset, key, value, headers, reason, status, subject, event_id, day)
values (%s, %s, %s, %s, %b, %b, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""
WAITS = "it waits behind a dead letter of its key"
TOO_MANY = "too many dead letters of"

TOPIC_BYTES = 512 * 1024
"""Of a letter's value and headers on the dead letter topic: Kafka refuses records over 1 MiB. The table keeps all."""


def topic_of(consumer: str, topic: str) -> str:
    return f"{consumer}.{topic}{DEAD_LETTERS}"


def bury(connection: Connection, cursor: Cursor, sifted: Sifted) -> list[Departure]:
    """Keep each letter whole in the table, with reason and position, and who is parked by it; returns the letters for
    the dead letter topic. Raises `AlarmError` when there are too many: then nothing of the batch is applied."""
    if not sifted.letters and not cursor.breaker:
        return []
    _count(cursor, sifted)
    return set_aside(connection, cursor, sifted.letters)


def set_aside(connection: Connection, cursor: Cursor, letters: Sequence[Letter]) -> list[Departure]:
    """The same, without counting them: an operator has seen that they are bad."""
    with connection.cursor() as statement:
        statement.executemany(_BURY, [_row(cursor, letter) for letter in letters])
    failpoints.reach("letter buried")
    keep(connection, cursor)
    return departures(connection, cursor, [letter for letter in letters if not letter.waits])


def _count(cursor: Cursor, sifted: Sifted) -> None:
    outcomes: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for arrival in sifted.arrivals:
        outcomes[arrival.topic.name].append((arrival.offset, False))
    letters = [letter for letter in sifted.letters if not letter.waits]
    for letter in letters:
        outcomes[cast(str, letter.record.topic())].append((cast(int, letter.record.offset()), True))
    for topic, seen in outcomes.items():
        try:
            count = counted(Count(*cursor.breaker.get(topic, ())), [bad for _, bad in sorted(seen)])
        except TooManyError as error:
            last = [letter.reason for letter in letters if letter.record.topic() == topic][-1]
            raise AlarmError(
                f"{cursor.source}: {TOO_MANY} {topic}: {error}. The last one: {last}. Nothing of this batch was"
                " applied. If this program is wrong, mend it and restart; if the records are, and become dead letters:"
                f" `dfdg dead-letters accept {cursor.consumer} {topic} LETTERS --who NAME --yes`."
            ) from None
        cursor.breaker.pop(topic, None)
        if count != NONE:
            cursor.breaker[topic] = list(count)


def _row(cursor: Cursor, letter: Letter) -> Sequence[object]:
    record = letter.record
    known = (cursor.consumer, record.topic(), cursor.slice, record.offset(), record.key(), record.value())
    reason, status = (letter.reason or WAITS, "waiting") if letter.waits else (letter.reason, "new")
    id_ = letter.id and letter.id.hex()
    return (*known, Jsonb(_headers(letter)), reason, status, letter.subject, id_, cursor.day)


def _headers(letter: Letter) -> list[tuple[str, str]]:
    pairs = cast(list[tuple[str, bytes | None]], letter.record.headers() or [])
    return [(name, (content or b"").hex()) for name, content in pairs]


def departures(connection: Connection, cursor: Cursor, letters: Sequence[Letter]) -> list[Departure]:
    """The letters for their topics, without those that lie there already."""
    found = {_id(cursor, letter): letter for letter in letters}
    there = published(connection, cursor, list(found))
    return [_departure(cursor, letter, id_) for id_, letter in found.items() if id_ not in there]


def _position(cursor: Cursor, record: Message) -> str:
    return f"{record.topic()}/{cursor.slice}/{record.offset()}"


def _id(cursor: Cursor, letter: Letter) -> bytes:
    return derived_id(cursor.consumer.encode(), _position(cursor, letter.record).encode())


def _departure(cursor: Cursor, letter: Letter, id_: bytes) -> Departure:
    record, headers = letter.record, _headers(letter)
    topic, key, value = cast(str, record.topic()), record.key(), record.value()
    position = _position(cursor, record)
    raw = {"dlq_reason": letter.reason, "dlq_position": position, "headers": headers}
    if len(value or b"") + len(key or b"") + len(json.dumps(headers)) > TOPIC_BYTES:
        raw["headers"], raw["dlq_whole"] = [], f"too large for a topic: dead_letter.letter has all of it ({position})"
        key = value = None
    destination = topic_of(cursor.consumer, topic)
    return Departure(
        destination,
        0,
        number(cursor, destination, 0),
        id_,
        bytes(16),
        record.timestamp()[1] * 1000,
        key or b"",
        value or b"",
        json.dumps(raw).encode(),
    )
