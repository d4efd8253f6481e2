"""Dead letters: an unreadable record is stored whole, its key is parked, and the other records flow (DESIGN 2.6).

Records that wait behind a dead letter are stored in the same table, so that a key's records keep their order;
`infra/dead_letters/redrive.py` applies them later.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from confluent_kafka import Message
from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.dead_letters.limits import NONE, Count, TooManyError, counted
from infra.dead_letters.parking import keep
from infra.engine import failpoints
from infra.engine.aside import Accepted, DeadLetter
from infra.engine.encoder import number
from infra.engine.ledger import Cursor
from infra.engine.record import OutgoingRecord
from infra.errors import AlarmError
from schemas.ids import derived_id
from schemas.topic import DEAD_LETTERS

_STORE = """
insert into dead_letter.letter
    (consumer, topic, partition, at_offset, key, value, headers, reason, status, subject, event_id, day, refused)
values (%s, %s, %s, %s, %b, %b, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""
Published = Callable[[Connection, Cursor, Sequence[bytes]], set[bytes]]
"""Returns those of these ids that are on their topics already: none, unless the database was restored."""

WAITS = "it waits behind a dead letter of its key"
TOO_MANY = "too many dead letters of"

TOPIC_BYTES = 512 * 1024
"""Limit in bytes for a dead letter's key, value and headers on its topic: Kafka refuses records over 1 MiB. The table
keeps the whole record."""


def topic_of(consumer: str, topic: str) -> str:
    """The dead letter topic of this consumer for records of that topic."""
    return f"{consumer}.{topic}{DEAD_LETTERS}"


def store(connection: Connection, cursor: Cursor, accepted: Accepted, published: Published) -> list[OutgoingRecord]:
    """Stores each dead letter whole, with its reason and position, and parks its subject; returns the records for the
    dead letter topic. Raises `AlarmError` when there are too many: then nothing of the batch is applied."""
    if not accepted.dead_letters and not cursor.breaker:
        return []
    _count(cursor, accepted)
    return store_uncounted(connection, cursor, accepted.dead_letters, published)


def store_uncounted(
    connection: Connection, cursor: Cursor, letters: Sequence[DeadLetter], published: Published
) -> list[OutgoingRecord]:
    """As `store`, but without counting the dead letters: an operator has seen that they are bad."""
    with connection.cursor() as statement:
        statement.executemany(_STORE, [_row(cursor, letter) for letter in letters])
    failpoints.reach("letter buried")
    keep(connection, cursor)
    return for_topics(
        cursor, [letter for letter in letters if not letter.waits], partial(published, connection, cursor)
    )


def _count(cursor: Cursor, accepted: Accepted) -> None:
    outcomes: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for incoming in accepted.events:
        outcomes[incoming.topic.name].append((incoming.offset, False))
    letters = [letter for letter in accepted.dead_letters if not letter.waits and letter.counts]
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


def _row(cursor: Cursor, letter: DeadLetter) -> Sequence[object]:
    record = letter.record
    known = (cursor.consumer, record.topic(), cursor.slice, record.offset(), record.key(), record.value())
    reason, status = (letter.reason or WAITS, "waiting") if letter.waits else (letter.reason, "new")
    id_ = letter.id and letter.id.hex()
    return (*known, Jsonb(_headers(letter)), reason, status, letter.subject, id_, cursor.day, letter.refused)


def _headers(letter: DeadLetter) -> list[tuple[str, str]]:
    pairs = cast(list[tuple[str, bytes | None]], letter.record.headers() or [])
    return [(name, (content or b"").hex()) for name, content in pairs]


def for_topics(
    cursor: Cursor, letters: Sequence[DeadLetter], published: Callable[[Sequence[bytes]], set[bytes]]
) -> list[OutgoingRecord]:
    """The records for the dead letter topics, without those that are there already."""
    found = {_id(cursor, letter): letter for letter in letters}
    there = published(list(found))
    return [_outgoing_record(cursor, letter, id_) for id_, letter in found.items() if id_ not in there]


def _position(cursor: Cursor, record: Message) -> str:
    return f"{record.topic()}/{cursor.slice}/{record.offset()}"


def _id(cursor: Cursor, letter: DeadLetter) -> bytes:
    return derived_id(cursor.consumer.encode(), _position(cursor, letter.record).encode())


def _outgoing_record(cursor: Cursor, letter: DeadLetter, id_: bytes) -> OutgoingRecord:
    record, headers = letter.record, _headers(letter)
    topic, key, value = cast(str, record.topic()), record.key(), record.value()
    position = _position(cursor, record)
    raw = {"dlq_reason": letter.reason, "dlq_position": position, "headers": headers}
    if len(value or b"") + len(key or b"") + len(json.dumps(headers)) > TOPIC_BYTES:
        raw["headers"], raw["dlq_whole"] = [], f"too large for a topic: dead_letter.letter has all of it ({position})"
        key = value = None
    destination = topic_of(cursor.consumer, topic)
    return OutgoingRecord(
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
