"""A restored ledger is behind its own topics: it must neither give out a sequence twice nor publish an event again.

Subscribers skip records that are not above a source's last sequence. So sequences start above those on the topics. The
ledger decides some events once more; an event whose id is on its topic already is not published (DESIGN 2.2).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from confluent_kafka import Consumer, Message
from psycopg import Connection, Rollback
from psycopg.types.json import Jsonb

from infra.arrays import texts, uuids
from infra.engine.consumer import Sources
from infra.engine.ledger import Cursor
from infra.engine.record import raw_headers
from infra.errors import AlarmError
from infra.kafka import admin, existing, members, watermarks
from infra.recovery.log_reader import LogReader
from schemas.codec import UnreadableError
from schemas.event import ProducedEvent
from schemas.headers import parse, sequence_of
from schemas.ids import id_of
from schemas.topic import SLICES, partitions

STRETCH = 1_000
"""Offsets of a partition that are read at once: few, because dead letters may be large."""

PIECE = 10_000
"""Ids that are written at once."""

_SENT = "select consumer, slice, sent from ledger.slice"
_NEW = """
with known as (
    insert into ledger.consumer (consumer, slices) select unnest(%(new)s::text[]), %(slices)s on conflict do nothing
    returning consumer
)
insert into ledger.slice (consumer, slice) select consumer, generate_series(0, %(slices)s - 1) from known
"""
# Two forged records may have one id.
_TOLD = """
insert into ledger.published (consumer, slice, id)
select consumer, slice, id from unnest(%b::text[], %b::text[]::int[], %b::uuid[]) told (consumer, slice, id)
on conflict do nothing
"""
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
    offset: int
    id: bytes


def check_ended(kafka: str, consumers: Collection[str]) -> None:
    """Raises `AlarmError` while workers run: records that they publish after the topics were read would be lost."""
    if running := members(admin(kafka), consumers):
        raise AlarmError(
            f"Workers of {', '.join(running)} are running, or were killed a moment ago. Stop every `dfdg run`, also one"
            " that is frozen, then try again."
        )


def catch_up(
    connection: Connection,
    kafka: str,
    consumers: Collection[str],
    sources: Sources,
    decided_already: Collection[str],
    progress: Callable[[int, int], None],
    dry_run: bool,
) -> int:
    """Reads the topics that these consumers write to their ends; returns how many records there are unknown to this
    database, those of a consumer that is new since the backup included. Afterwards its sequences start above them.

    One transaction; a second call changes nothing. `progress` gets the number of topics read and their total. Raises
    `TransientError` when Kafka is away, and `AlarmError` as `check_ended` does.
    """
    check_ended(kafka, consumers)
    count, there = 0, existing(admin(kafka), sources)
    with connection.transaction() as block, closing(LogReader(kafka)) as reader:
        sent = {(consumer, slice_): known for consumer, slice_, known in connection.execute(_SENT).fetchall()}
        above: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
        told: list[_Seen] = []
        for done, topic in enumerate(there, 1):
            for place, seen in _records(reader, kafka, topic, sources[topic]):
                known = above[seen.slice].get(place, sent.get(seen.slice, {}).get(place, 0))
                if known < seen.sequence <= max(known, seen.offset) + 1:  # dense, else it is forged
                    above[seen.slice][place] = seen.sequence
                    count += 1
                    told += [seen] if topic not in decided_already else []
                    if len(told) >= PIECE:
                        _tell(connection, told)
                        told = []
            progress(done, len(there))
        _tell(connection, told)
        new = {consumer for consumer, _ in above.keys() - sent.keys()}
        connection.execute(_NEW, {"new": list(new), "slices": SLICES})
        for slice_, places in above.items():
            if places:
                connection.execute(_ABOVE, (Jsonb(places), *slice_))
        check_ended(kafka, consumers)
        if dry_run:
            raise Rollback(block)
    return count


def _tell(connection: Connection, told: Sequence[_Seen]) -> None:
    slices = texts(seen.slice[0] for seen in told), texts(str(seen.slice[1]) for seen in told)
    connection.execute(_TOLD, (*slices, uuids([seen.id for seen in told])))


def _records(reader: LogReader, kafka: str, topic: str, sources: Collection[str]) -> Iterator[tuple[str, _Seen]]:
    """Each record that one of these sources wrote to the topic, with its topic/partition, in the partition's order."""
    with closing(Consumer({"bootstrap.servers": kafka, "group.id": "dfdg-restored"})) as asking:
        for partition in range(partitions(topic)):
            low, high = watermarks(asking, topic, partition)
            for first in range(low, high, STRETCH):
                for record in reader.records("restored", topic, partition, first, min(first + STRETCH, high)):
                    if (seen := _seen(record, sources)) is not None:
                        yield f"{topic}/{partition}", seen


def _seen(record: Message, sources: Collection[str]) -> _Seen | None:
    """The slice, sequence and id of a record; None for a record that none of these sources has written."""
    try:
        about = parse(raw_headers(record))
        if about["ce_source"] not in sources:
            return None
        consumer, _, slice_ = about["ce_source"].rpartition("/")
        id_ = id_of(about["ce_id"], about["ce_source"])
        return _Seen((consumer, int(slice_)), sequence_of(about), record.offset() or 0, id_)
    except UnreadableError:
        return None


def published(connection: Connection, cursor: Cursor, ids: Sequence[bytes]) -> set[bytes]:
    """The ids among these that lie on their topics already. An id is found once and then forgotten. The caller holds
    the slice's lock."""
    if not (cursor.restored and ids):
        return set()
    rows = connection.execute(_TAKE, (cursor.consumer, cursor.slice, uuids(ids)), binary=True)
    return {id_ for (id_,) in rows}


def forget_published(connection: Connection, cursor: Cursor) -> None:
    """Ends the search for published ids once every id that was on the topics has been decided again."""
    if cursor.restored:
        connection.execute(_ALL_TOLD, {"consumer": cursor.consumer, "slice": cursor.slice})


def unpublished(connection: Connection, cursor: Cursor, decided: Sequence[ProducedEvent]) -> Sequence[ProducedEvent]:
    """Those of the decided events that are not on their topics already."""
    if not cursor.restored:
        return decided
    there = published(connection, cursor, [each.id for each in decided])
    return [each for each in decided if each.id not in there]
