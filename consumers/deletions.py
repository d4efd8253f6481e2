"""Deletes records as ordered, once and with a receipt, and withholds blocked ones (RET-1 … RET-4, RET-6, RET-8).

The tables belong to their registers. Records are deleted from them here and nowhere else, under the same lock. A record
that has changed since its order, or is held by now, stays: it is looked at again when the next day begins.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from psycopg import Connection

from consumers.deletion_orders import AS_ASKED, AS_IT_WAS, ASKED, as_it_was, asked, judge, sql_of
from consumers.record_lock import lock_records
from consumers.sink import Sink
from infra.arrays import dates, texts
from infra.engine import failpoints
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from schemas.event import Event, ProducedEvent
from schemas.ids import derived_id, slice_of
from schemas.joblog import VOLUNTARY_FIELDS
from schemas.receipts import FIRST, Receipt
from schemas.retention import DeletionBlocked, DeletionOrdered, LegalHoldRecorded, RecordDeleted
from schemas.retention_areas import AREAS, Area, areas_on, latest_due_anchor
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, DELETION_BLOCKED, DELETION_ORDERED, LEGAL_HOLD_RECORDED, RECORD_DELETED

LOG = get_logger(__name__)

READS = (DAY_BEGUN, DELETION_ORDERED, DELETION_BLOCKED, LEGAL_HOLD_RECORDED)
WRITES = (RECORD_DELETED,)
OWNS = ("retention.receipt", "retention.hold", "retention.blocked")

_NOT_HELD = """
not exists (select from retention.hold h where h.citizen = t.citizen and (h.record is null or h.record = t.record))
"""
_DELETE = f"delete from {{table}} t using {ASKED} where {AS_ASKED} and {_NOT_HELD} returning {AS_IT_WAS}"
# A row that is withheld only for these fields can be read again.
_EMPTY = f"""
update {{table}} t set {", ".join(f"{name} = null" for name in VOLUNTARY_FIELDS)}, emptied = true,
    reach = case when {{anchor}} <= %(record_due)s then reach else 'open' end
from {ASKED} where {AS_ASKED} and {_NOT_HELD} returning {AS_IT_WAS}
"""
_WITHHOLD = f"update {{table}} t set reach = 'withheld' from {ASKED} where {AS_ASKED} returning {AS_IT_WAS}"
_LAST = "select number, hash from retention.receipt where slice = %s order by number desc limit 1"
_RECEIPTS = """
insert into retention.receipt (slice, number, area, record, rule, due, deleted_on, reference, previous, hash)
select slice, number, area, record, rule, due, deleted_on, nullif(reference, ''), previous, hash
from unnest(%b::text[]::int[], %b::text[]::bigint[], %b::text[], %b::text[], %b::text[], %b::date[], %b::date[],
    %b::text[], %b::text[], %b::text[])
    as new (slice, number, area, record, rule, due, deleted_on, reference, previous, hash)
"""
_HOLD = """
insert into retention.hold (hold, citizen, record, handler)
select hold, citizen, nullif(record, ''), handler
from unnest(%b::text[], %b::text[], %b::text[], %b::text[]) as new (hold, citizen, record, handler)
on conflict (hold) do update set citizen = excluded.citizen, record = excluded.record, handler = excluded.handler
"""
_RELEASE = "delete from retention.hold where hold = any(%b::text[])"
_BLOCKED = """
insert into retention.blocked as b (area, day, reason, records) values (%s, %s, %s, %s)
on conflict (area, day, reason) do update set records = b.records + excluded.records returning records
"""
_WHAT_TO_DO = {
    "no-receipt": "deliver it to the National Archives and enter their approval, and it goes by itself",
    "hold": "nothing, if the hold is still needed; else `dfdg retention release`, and it goes by itself",
}


class _Order(NamedTuple):
    """An incoming event that orders or blocks a deletion, and the event by its type."""

    incoming: IncomingEvent
    event: DeletionOrdered | DeletionBlocked


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> Iterator[ProducedEvent]:
    """Applies holds first, in their order, because they block deletions; then orders and blocks, area by area."""
    incoming_events = [incoming for incoming in incoming_events if incoming.topic is not DAY_BEGUN]
    lock_records(connection, {incoming.event.key for incoming in incoming_events})
    _hold(connection, [each.event for each in incoming_events if isinstance(each.event, LegalHoldRecorded)])
    ordered = [_Order(each, each.event) for each in incoming_events if isinstance(each.event, DeletionOrdered)]
    blocked = [_Order(each, each.event) for each in incoming_events if isinstance(each.event, DeletionBlocked)]
    for area, orders in _by_area(ordered):
        yield from _delete(connection, area, orders)
    withheld = []
    for area, orders in _by_area(blocked):
        withheld += _as_they_were(connection, _WITHHOLD, area, orders, {})
    _alarm(connection, [order.event for order in withheld if isinstance(order.event, DeletionBlocked)])


def _by_area(orders: Iterable[_Order]) -> Iterator[tuple[Area, list[_Order]]]:
    """The orders of each area and day, with the row of law of that day. Orders for fields come before those for whole
    records: a deleted record has no fields left, so else the cut of a batch would decide on the fields' receipts."""
    law = {area.code: area.deletes for area in AREAS}
    ordered = sorted(orders, key=lambda o: (law[o.event.area] == "record", o.event.area, o.event.day))
    for (code, day), some in groupby(ordered, key=lambda order: (order.event.area, order.event.day)):
        yield areas_on(day)[code], list(some)


def _delete(connection: Connection, area: Area, orders: list[_Order]) -> Iterator[ProducedEvent]:
    known: dict[str, object] = {}
    if area.deletes == "voluntary-fields":
        whole = next(row for row in AREAS if row.table == area.table and row.deletes == "record")
        law = areas_on(orders[0].event.day)[whole.code]
        known["record_due"] = latest_due_anchor(orders[0].event.day, law.years)
    query = _EMPTY if area.deletes == "voluntary-fields" else _DELETE
    gone = _as_they_were(connection, query, area, orders, known)
    failpoints.reach("deleted")
    yield from _receipts(connection, list({order.event.record: order for order in gone}.values()))


def _as_they_were(
    connection: Connection, query: str, area: Area, orders: list[_Order], known: dict[str, object]
) -> list[_Order]:
    """Those whose records the query has changed: their rows were as the orders say."""
    known |= asked(order.event for order in orders)
    changed = set(connection.execute(sql_of(query, area), known).fetchall())
    return [order for order in orders if as_it_was(order.event) in changed]


def _receipts(connection: Connection, orders: list[_Order]) -> Iterator[ProducedEvent]:
    """One receipt each, in the order of the slice, and the event that carries it."""
    ends: dict[int, tuple[int, str]] = {}
    receipts = []
    for incoming, event in orders:
        slice_ = slice_of(event.key.encode(), SLICES)
        if slice_ not in ends:
            ends[slice_] = connection.execute(_LAST, (slice_,)).fetchone() or (0, FIRST)
        number, previous = ends[slice_]
        reference = event.reference if isinstance(event, DeletionOrdered) else None
        known = (event.area, event.record, event.rule, event.due, event.day, reference, previous)
        receipt = Receipt(slice_, number + 1, *known).sealed()
        ends[slice_] = (receipt.number, receipt.hash)
        receipts.append(receipt)
        yield ProducedEvent(_deleted(receipt, event), derived_id(b"deletions", incoming.id), incoming.id)
    if receipts:
        write(connection, receipts)
        failpoints.reach("receipts written")


def write(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Writes receipts, by one statement."""
    columns = list(zip(*receipts, strict=True))
    as_text = [texts("" if value is None else str(value) for value in column) for column in columns]
    as_text[5:7] = [dates(columns[5]), dates(columns[6])]  # type: ignore[list-item] # the two days are dates
    connection.execute(_RECEIPTS, as_text)


def _deleted(receipt: Receipt, order: Event) -> RecordDeleted:
    return RecordDeleted.trusted(
        occurred_at=order.occurred_at, citizen=order.key, area=receipt.area, record=receipt.record, rule=receipt.rule,
        due=receipt.due, deleted_on=receipt.deleted_on, reference=receipt.reference, number=receipt.number,
        previous=receipt.previous, hash=receipt.hash,
    )  # fmt: skip


def _hold(connection: Connection, events: Iterable[LegalHoldRecorded]) -> None:
    last = {event.hold: event for event in events}
    if placed := [event for event in last.values() if not event.released]:
        columns = [[event.hold, event.citizen, event.record or "", event.handler] for event in placed]
        connection.execute(_HOLD, [texts(column) for column in zip(*columns, strict=True)])
    if released := [event.hold for event in last.values() if event.released]:
        connection.execute(_RELEASE, (texts(released),))


def _alarm(connection: Connection, events: Sequence[DeletionBlocked]) -> None:
    """Counts blocked records, last in the batch, as all slices share the counts; one alarm an area, day and reason."""
    counted = Counter((event.area, event.day, event.reason) for event in events)
    for (area, day, reason), count in sorted(counted.items()):
        (records,) = connection.execute(_BLOCKED, (area, day, reason, count)).fetchone() or (0,)
        if records == count:
            LOG.error(
                "ALARM retention: records of area %s are past their deadline on %s and must not go (%s). They are"
                " withheld. How many: `dfdg retention status`. What to do: %s.", area, day, reason, _WHAT_TO_DO[reason],
            )  # fmt: skip


sink = Sink("deletions", READS, OWNS, apply, WRITES, judge=judge)
