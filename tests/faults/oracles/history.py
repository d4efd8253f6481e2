"""Checks a run's history from its logs: always in order, never early, no deletion without a receipt."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg

from schemas.codec import contract, decode, frame
from schemas.headers import parse
from schemas.receipts import BrokenChainError, Receipt, check
from schemas.retention import RecordDeleted
from schemas.retention_areas import AREAS
from schemas.topic import Writer
from schemas.topics import DELETION_ORDERED, RECORD_DELETED, TOPICS
from tests.integration.system import System, every_record

ARCHIVED = {area.code for area in AREAS if area.archive is not None}
_BATCHES = "select consumer, slice, batch, epoch, day, runs from ledger.batch order by 1, 2, 3"
_POSITIONS = "select consumer, slice, positions from ledger.slice"
_ASIDE = """
with noted as (
    select b.consumer, note ->> 0 topic, b.slice, (note ->> 1)::bigint at_offset
    from ledger.batch b, jsonb_array_elements(b.set_aside) note
), refused as (select consumer, topic, partition slice, at_offset from dead_letter.letter where refused)
(select * from refused except select * from noted) union all
select * from noted n where not exists (select from dead_letter.letter l
    where (l.consumer, l.topic, l.partition, l.at_offset) = (n.consumer, n.topic, n.slice, n.at_offset))
"""
_RECEIPTS = "select * from retention.receipt order by slice, number"


def broken(system: System) -> list[str]:
    """The faults in the history; empty when there are none."""
    with psycopg.connect(system.dsn) as connection:
        batches = connection.execute(_BATCHES).fetchall()
        positions = {(consumer, slice_): at for consumer, slice_, at in connection.execute(_POSITIONS).fetchall()}
        receipts = [Receipt(*row) for row in connection.execute(_RECEIPTS).fetchall()]
        aside = [f"{each} is set aside in one of batch log and letters only" for each in connection.execute(_ASIDE)]
    return [*_of_batches(batches, positions), *aside, *_of_sequences(system), *_of_receipts(system, receipts)]


def _of_batches(batches: list[tuple[Any, ...]], positions: dict[tuple[str, int], dict[str, int]]) -> Iterator[str]:
    """Batches are numbered without gaps; epochs and days only rise; each offset is applied once, in order, to the end.

    A slice's first run of a topic may be empty: the offset at which it joined the topic.
    """
    last: dict[tuple[str, int], tuple[Any, ...]] = {}
    reached: dict[tuple[str, int, str], int] = {}
    for consumer, slice_, number, epoch, day, runs in batches:
        where = f"{consumer}/{slice_} batch {number}"
        before = last.get((consumer, slice_), (0, 0, None))
        if number != before[0] + 1:
            yield f"{where} follows {before[0]}"
        if epoch < before[1] or (before[2] is not None and (day is None or day < before[2])):
            yield f"{where} goes back from epoch {before[1]}, day {before[2]} to {epoch}, {day}"
        last[consumer, slice_] = number, epoch, day
        for topic, first, following in runs:
            place = consumer, slice_, topic
            joins = place not in reached and first == following
            if first < reached.get(place, 0) or (following <= first and not joins):
                yield f"{where} applies {topic} {first}..{following} after {reached.get(place, 0)}"
            reached[place] = following
    for (consumer, slice_, topic), end in reached.items():
        if positions[consumer, slice_].get(topic) != end:
            yield f"{consumer}/{slice_} stands at {positions[consumer, slice_].get(topic)} of {topic}, its log at {end}"


def _of_sequences(system: System) -> Iterator[str]:
    """On each partition each source's sequences have no gap; a record that is repeated had come before."""
    for topic in TOPICS:
        if topic.writer is not Writer.LEDGER:
            continue
        marks: dict[tuple[int, str], int] = defaultdict(int)
        for record in every_record(system, topic):
            about = parse(record.headers())
            place, sequence = (record.partition() or 0, about["ce_source"]), int(about["ce_sequence"])
            if sequence > marks[place] + 1:
                yield f"{topic.name}/{place}: {sequence} after {marks[place]}"
            marks[place] = max(marks[place], sequence)


def _of_receipts(system: System, receipts: list[Receipt]) -> Iterator[str]:
    """No deletion before its deadline, none in an archived area without a reference, none without an order."""
    try:
        check(receipts)
    except BrokenChainError as error:
        yield str(error)
    for receipt in receipts:
        if receipt.deleted_on < receipt.due or (receipt.area in ARCHIVED and not receipt.reference):
            yield f"early or not archived: {receipt}"
    ordered = set(system.messages(DELETION_ORDERED))
    told = []
    for id_, record in system.messages(RECORD_DELETED).items():
        event = decode(frame(record.value()).body, contract(RECORD_DELETED.event.SCHEMA), RecordDeleted)
        assert isinstance(event, RecordDeleted)
        told.append((event.area, event.record))
        if (cause := parse(record.headers()).get("ce_causationid")) not in ordered:
            yield f"{event.record} was deleted by {id_} because of {cause}, which is no order"
    if sorted(told) != sorted((receipt.area, receipt.record) for receipt in receipts):
        yield f"{len(told)} deletions are told on the topic, {len(receipts)} have receipts, and they are not the same"
