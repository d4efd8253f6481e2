"""A restored ledger is behind its own topics: it must neither give out a sequence twice nor publish an event again.

Subscribers skip what is not above a source's last sequence. So sequences start above what lies on the topics, and what
the ledger will decide once more, by the ids that lie there, is not published (DESIGN 2.2).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from confluent_kafka import Consumer, Message
from psycopg import Connection, Rollback
from psycopg.types.json import Jsonb

from infra.errors import AlarmError
from infra.kafka import admin, existing, members
from infra.ledger import Cursor
from infra.log_reader import LogReader
from infra.postgres import uuids
from infra.record import raw_headers
from infra.watermarks import watermarks
from schemas.codec import UnreadableError
from schemas.event import Caused
from schemas.headers import parse
from schemas.ids import id_of
from schemas.topic import SLICES, partitions
from schemas.topics import RECORD_DELETED

STRETCH = 1_000
"""Offsets read at once of a partition: dead letters may be large."""

BY_RECEIPT = RECORD_DELETED.name
"""A deletion that the receipts have repeated is not decided again: of its events only the sequences count."""

_SENT = "select consumer, slice, sent from ledger.slice"
_NEW = """
with known as (
    insert into ledger.consumer (consumer, slices) select unnest(%(new)s::text[]), %(slices)s on conflict do nothing
    returning consumer
)
insert into ledger.slice (consumer, slice) select consumer, generate_series(0, %(slices)s - 1) from known
"""
_COPY = "copy ledger.published (consumer, slice, id) from stdin"
_ABOVE = "update ledger.slice set sent = sent || %s, restored = true where consumer = %s and slice = %s"
_ALL_TOLD = """
update ledger.slice set restored = false where consumer = %(consumer)s and slice = %(slice)s
and not exists (select from ledger.published where consumer = %(consumer)s and slice = %(slice)s)
"""
_TAKE = """
delete from ledger.published where consumer = %s and slice = %s and id = any(%b::uuid[]) returning uuid_send(id)
"""


class _Seen(NamedTuple):
    slice: tuple[str, int]
    sequence: int
    id: bytes


def check_ended(kafka: str, consumers: Collection[str]) -> None:
    """Raises `AlarmError` while workers run: what they publish after the topics were read would be lost."""
    if running := members(admin(kafka), consumers):
        raise AlarmError(
            f"Workers of {', '.join(running)} are running, or were killed a moment ago. Stop every `dfdg run`, also one"
            " that is frozen, then try again."
        )


def catch_up(
    connection: Connection,
    kafka: str,
    consumers: Collection[str],
    topics: Sequence[str],
    progress: Callable[[int, int], None],
    dry_run: bool,
) -> int:
    """Read the topics that these consumers write, to their ends; returns how many records lie there of which this
    database does not know, also of a consumer that is new since the backup. Its sequences then start above them.

    One transaction; again changes nothing. `progress` is told how many topics are read, and of how many. Raises
    `TransientError` when Kafka is away, and like `check_ended`.
    """
    check_ended(kafka, consumers)
    count, there = 0, existing(admin(kafka), topics)
    with connection.transaction() as block, closing(LogReader(kafka)) as reader, connection.cursor() as cursor:
        sent = {(consumer, slice_): known for consumer, slice_, known in connection.execute(_SENT).fetchall()}
        above: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
        with cursor.copy(_COPY) as out:
            for done, topic in enumerate(there, 1):
                for lane, seen in _records(reader, kafka, topic):
                    if seen.slice[0] not in consumers:
                        continue
                    if seen.sequence > above[seen.slice].get(lane, sent.get(seen.slice, {}).get(lane, 0)):
                        above[seen.slice][lane] = seen.sequence
                        count += 1
                        if topic != BY_RECEIPT:
                            out.write_row((*seen.slice, seen.id.hex()))
                progress(done, len(there))
        new = {consumer for consumer, _ in above.keys() - sent.keys()}
        connection.execute(_NEW, {"new": list(new), "slices": SLICES})
        for slice_, lanes in above.items():
            if lanes:
                connection.execute(_ABOVE, (Jsonb(lanes), *slice_))
        check_ended(kafka, consumers)
        if dry_run:
            raise Rollback(block)
    return count


def _records(reader: LogReader, kafka: str, topic: str) -> Iterator[tuple[str, _Seen]]:
    """Of each lane (topic/partition), who sent what, in order."""
    with closing(Consumer({"bootstrap.servers": kafka, "group.id": "dfdg-restored"})) as asking:
        for partition in range(partitions(topic)):
            low, high = watermarks(asking, topic, partition)
            for first in range(low, high, STRETCH):
                for record in reader.records("restored", topic, partition, first, min(first + STRETCH, high)):
                    if (seen := _seen(record)) is not None:
                        yield f"{topic}/{partition}", seen


def _seen(record: Message) -> _Seen | None:
    """None of what no ledger has written."""
    try:
        about = parse(raw_headers(record))
        consumer, _, slice_ = about["ce_source"].rpartition("/")
        return _Seen((consumer, int(slice_)), int(about["ce_sequence"]), id_of(about["ce_id"], about["ce_source"]))
    except (UnreadableError, KeyError, ValueError):
        return None


def published(connection: Connection, cursor: Cursor, ids: Sequence[bytes]) -> set[bytes]:
    """Which of these, decided now, lie on their topics already; each is asked for once. Under the slice's lock."""
    if not (cursor.restored and ids):
        return set()
    rows = connection.execute(_TAKE, (cursor.consumer, cursor.slice, uuids(ids)), binary=True)
    return {id_ for (id_,) in rows}


def settle(connection: Connection, cursor: Cursor) -> None:
    """Once all that lay there has been decided again, nothing is asked for any more."""
    if cursor.restored:
        connection.execute(_ALL_TOLD, {"consumer": cursor.consumer, "slice": cursor.slice})


def unpublished(connection: Connection, cursor: Cursor, decided: Sequence[Caused]) -> Sequence[Caused]:
    """What of it does not lie on its topic already."""
    if not cursor.restored:
        return decided
    there = published(connection, cursor, [each.id for each in decided])
    return [each for each in decided if each.id not in there]
