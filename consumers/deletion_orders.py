"""Orders and blocks of deletions, and whether they hold: no message proves its own day or receipt (RET-6, RET-7).

Who can write to a topic can write any order. So each is judged by what this database knows, under the locks, before it
is carried out. What does not hold is refused: it deletes and withholds nothing, stops nothing, and is kept as a letter.
**Chosen**: an order of the day after the slice's is no forgery by that alone, for days and orders come on two topics.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

from psycopg import Connection

from consumers.record_lock import deleted_for_good, lock_records
from infra.arrays import dates, texts
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from schemas.dates import next_day
from schemas.event import Event
from schemas.ids import slice_of
from schemas.retention import DeletionBlocked, DeletionOrdered
from schemas.retention_areas import Area, areas_on, due_on, latest_due_anchor
from schemas.topic import SLICES

ASKED = """
unnest(%(records)b::text[], %(citizens)b::text[], %(anchors)b::date[], %(times)b::text[]::timestamptz[])
    asked (id, citizen, day, time)
"""
AS_ASKED = """
t.record = asked.id and t.citizen = asked.citizen and t.updated_at = asked.time and {anchor} = asked.day and {still}
"""
AS_IT_WAS = "t.record, t.citizen, t.updated_at, {anchor}"
_THERE = f"select {AS_IT_WAS} from {{table}} t, {ASKED} where {AS_ASKED}"
_NEVER = datetime.min.replace(tzinfo=UTC)
_APPROVED = """
select x.record, d.reference, x.updated_at from archive.delivered x join archive.delivery d using (delivery)
where x.area = %s and x.record = any(%b::text[]) and d.reference is not null for share of d
"""
# What waits in one of these may be the fact that moves the deadline, or the hold.
_KNOWS = """
select day, array(select citizen from unnest(%(citizens)b::text[]) citizen where parked ? citizen)
from ledger.slice where slice = %(slice)s and consumer in ('registers', 'referral-register', 'retention')
"""
_DAY = "select max(day) from ledger.slice where slice = %s and consumer = 'deletions'"


Order = DeletionOrdered | DeletionBlocked

_PARKED = (
    "its citizen is parked: what waits may move the deadline, or be a hold. When that is settled, the record is ordered"
    " anew; discard this order"
)
_NOT_APPROVED = "its reference is of no approval that covers the record"


def judge(
    connection: Connection, cursor: Cursor, incoming_events: Sequence[IncomingEvent]
) -> Iterator[tuple[IncomingEvent, str]]:
    """The orders and blocks that do not hold, each with the reason."""
    of_records = [incoming for incoming in incoming_events if isinstance(incoming.event, Order)]
    if not of_records:
        return
    lock_records(connection, {incoming.event.key for incoming in of_records})
    parked = {citizen for citizen, applying in cursor.parked.items() if not applying}
    orders = [incoming.event for incoming in of_records if isinstance(incoming.event, Order)]
    for number, reason in _unfit(connection, cursor.slice, cursor.day, parked, orders).items():
        yield of_records[number], reason


def never(connection: Connection, event: Event) -> str | None:
    """Why an event that was set aside must not be applied, whoever wants it: its record was deleted for good, or it is
    an order that does not hold. None when it may be applied."""
    if not isinstance(event, Order):
        return deleted_for_good(connection, event)
    slice_ = slice_of(event.key.encode(), SLICES)
    (day,) = connection.execute(_DAY, (slice_,)).fetchone() or (None,)
    return _unfit(connection, slice_, day, (), [event]).get(0)


def _unfit(
    connection: Connection, slice_: int, day: date | None, parked: Collection[str], orders: Sequence[Order]
) -> dict[int, str]:
    """By number, why an order does not hold."""
    known = {"slice": slice_, "citizens": texts(order.citizen for order in orders)}
    others = connection.execute(_KNOWS, known).fetchall()
    # Who has found the record past its deadline has begun the day, though its own record may not have come here yet.
    days = [each for each in (day, *(their for their, _ in others)) if each is not None]
    parked = {*parked, *(citizen for _, some in others for citizen in some)}
    unfit: dict[int, str] = {}
    archived: dict[Area, dict[int, DeletionOrdered]] = defaultdict(dict)
    for number, order in enumerate(orders):
        if (reason := _unlawful(order, max(days, default=None))) is not None:
            unfit[number] = reason
        elif isinstance(order, DeletionOrdered):
            if order.citizen in parked:
                unfit[number] = _PARKED
            elif (area := areas_on(order.day)[order.area]).archive is not None:
                archived[area][number] = order
    for area, some in archived.items():
        unfit |= dict.fromkeys(_unapproved(connection, area, some), _NOT_APPROVED)
    return unfit


def _unlawful(order: Order, today: date | None) -> str | None:
    """RET-7: what the law and the slice's day say against it, by the anchor, which must be the row's when it acts."""
    area = areas_on(order.day).get(order.area)
    if area is None:
        return "no rule says how long its area is kept"
    if today is None or order.day > next_day(today):
        return f"its day, {order.day}, lies ahead: the slice has come to {today or 'no day'}"
    if order.anchor > latest_due_anchor(min(order.day, today), area.years):
        return f"its record is not due on {min(order.day, today)}"
    rule = area.rule if isinstance(order, DeletionOrdered) else "RET-6"
    if (order.rule, order.due) != (rule, due_on(area, order.anchor)):
        return "its rule or its deadline is not that of its area"
    without = isinstance(order, DeletionOrdered) and area.archive is not None and not order.reference
    return "it has no archive receipt" if without else None


def _unapproved(connection: Connection, area: Area, orders: dict[int, DeletionOrdered]) -> Iterator[int]:
    """RET-6: those whose reference is not that of a real approval, though their record is there as they say."""
    covered: dict[tuple[str, str | None], datetime] = {}
    records = texts(order.record for order in orders.values())
    for record, reference, updated_at in connection.execute(_APPROVED, (area.archive, records)).fetchall():
        covered[record, reference] = max(updated_at, covered.get((record, reference), updated_at))
    left = {n: o for n, o in orders.items() if not o.updated_at <= covered.get((o.record, o.reference), _NEVER)}
    if left:
        there = set(connection.execute(sql_of(_THERE, area), asked(left.values())))
        yield from (number for number, order in left.items() if as_it_was(order) in there)


def asked(orders: Iterable[Order]) -> dict[str, object]:
    """The parameters of `ASKED`."""
    orders = list(orders)
    return {
        "records": texts(order.record for order in orders),
        "citizens": texts(order.citizen for order in orders),
        "anchors": dates(order.anchor for order in orders),
        "times": texts(order.updated_at.isoformat() for order in orders),
    }


def as_it_was(order: Order) -> tuple[str, str, datetime, date]:
    """`AS_IT_WAS`, for the record of this order."""
    return order.record, order.citizen, order.updated_at, order.anchor


def sql_of(query: str, area: Area) -> str:
    return query.format(table=area.table, anchor=area.anchor_sql, still=area.still)
