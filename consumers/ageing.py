"""Finds the records of a slice that are past their deadline when a day begins (RET-1 … RET-4, RET-7, RET-9).

It is a step of the consumer that owns the records, so every fact from before the day is in its table by then: lag never
ages a record that was just updated. A record that is withheld is found again when nothing blocks it any more.

**Chosen**: the self-check of shares stops the area in that slice, but the consumer goes on with its facts.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from consumers.record_lock import lock_slices
from infra.arrays import texts
from infra.engine.ledger import Cursor
from infra.errors import AlarmError
from infra.log import get_logger
from schemas.dates import midnight
from schemas.event import ProducedEvent
from schemas.ids import derived_id
from schemas.retention import RecordAged
from schemas.retention_areas import Area, areas_on, due_on, latest_due_anchor

LOG = get_logger(__name__)

PIECE = 2_000
"""Records found in one transaction: some tenths of a second, with their events."""

_STAND = "select day, anchor, record, done, alarm from retention.ageing where area = %s and slice = %s"
_FROM = """
from {table} t left join lateral (
    select min(d.reference) as reference from archive.delivered x join archive.delivery d using (delivery)
    where x.area = %(archive)s and x.record = t.record and x.updated_at >= t.updated_at
) a on true
where t.slice = %(slice)s and {anchor} <= %(due)s and {still} and {wanted} and t.citizen <> all(%(parked)b::text[])
"""
_BLOCKED_NO_MORE = """
(a.reference is not null or %(archive)s::text is null) and not exists (
    select from retention.hold h where h.citizen = t.citizen and (h.record is null or h.record = t.record))
"""
_NEXT = f"""
select t.record, t.citizen, {{anchor}}, t.updated_at, a.reference {_FROM}
and ({{anchor}}, t.record) > (%(anchor)s, %(record)s) order by {{anchor}}, t.record limit %(piece)s
"""
_WOULD_GO = f"select count(*) {_FROM}"
_ALL = "select count(*) from {table} t where slice = %(slice)s and {still}"
_CEILING = """
select coalesce(a.share, c.share), c.from_records from retention.ceiling c
left join retention.announced a on a.area = c.area and a.day = %s where c.area = %s
"""
_WRITE = """
insert into retention.ageing (area, slice, day, anchor, record, done, alarm) values (%s, %s, %s, %s, %s, %s, %s)
on conflict (area, slice) do update set day = excluded.day, anchor = excluded.anchor, record = excluded.record,
    done = excluded.done, alarm = excluded.alarm
"""
_BEFORE_ALL = (date.min, "")


def step(codes: Sequence[str], connection: Connection, cursor: Cursor) -> list[ProducedEvent] | None:
    """The next records of these areas that are past their deadline on the slice's day.

    None when none is left, or when the self-check lets none go (RET-9). An empty list when one of
    these was just recorded, so that the step is logged. Raises `AlarmError` when a record was picked before it is due.
    """
    if cursor.day is None:
        return None
    lock_slices(connection, (cursor.slice,))  # a record withheld or deleted meanwhile is seen whole, or not at all
    law, noted = areas_on(cursor.day), False
    for area in (law[code] for code in codes if code in law):
        stand = connection.execute(_STAND, (area.code, cursor.slice)).fetchone()
        day, anchor, record, done, alarm = stand or (date.min, *_BEFORE_ALL, False, None)
        if day > cursor.day or (day == cursor.day and done):
            continue
        if (day < cursor.day or alarm) and (told := _too_many(connection, cursor, area)):
            if told != alarm:
                _stop(connection, cursor, area, told)
                noted = True
            continue
        if found := _next(connection, cursor, area, (anchor, record) if day == cursor.day else _BEFORE_ALL):
            return found
        noted = True
    return [] if noted else None


def _next(connection: Connection, cursor: Cursor, area: Area, after: tuple[date, str]) -> list[ProducedEvent]:
    assert cursor.day is not None, "asked on a day only"
    wanted = f"(t.reach = 'open' or {_BLOCKED_NO_MORE})"
    known = _known(cursor, area) | {"anchor": after[0], "record": after[1], "piece": PIECE}
    rows = connection.execute(_sql(_NEXT, area, wanted), known).fetchall()
    anchor, record = (rows[-1][2], rows[-1][0]) if rows else after
    connection.execute(_WRITE, (area.code, cursor.slice, cursor.day, anchor, record, len(rows) < PIECE, None))
    return [_produced(area, cursor, *row) for row in rows]


def _produced(area: Area, cursor: Cursor, record: str, citizen: str, anchor: date, *rest: Any) -> ProducedEvent:
    updated_at, reference = rest
    day, due = cursor.day, due_on(area, anchor)
    assert day is not None, "asked on a day only"
    if due > day:
        raise AlarmError(
            f"{cursor.source}: a record of area {area.code} was picked on {day} and is due on {due}: nothing is deleted"
            " early (RET-9). The rule or the search is wrong; call the developers."
        )
    event = RecordAged.trusted(
        occurred_at=midnight(day), citizen=citizen, area=area.code, record=record, rule=area.rule, anchor=anchor,
        due=due, updated_at=updated_at, reference=reference,
    )  # fmt: skip
    cause = derived_id(b"ageing", area.code.encode(), day.isoformat().encode())
    return ProducedEvent(event, derived_id(cause, record.encode()), cause)


def _too_many(connection: Connection, cursor: Cursor, area: Area) -> str | None:
    """RET-9: the alarm when more of the slice's records of the area would go today than the ceiling says."""
    known = _known(cursor, area)
    share, from_records = connection.execute(_CEILING, (cursor.day, area.code)).fetchone() or (0, 0)
    (going,) = connection.execute(_sql(_WOULD_GO, area, _BLOCKED_NO_MORE), known).fetchone() or (0,)
    if going <= from_records:
        return None
    (every,) = connection.execute(_sql(_ALL, area, ""), known).fetchone() or (0,)
    if going <= share * every:
        return None
    return (
        f"{going} of {every} records of area {area.code} in slice {cursor.slice} would be deleted on {cursor.day}; the"
        f" ceiling is a share of {share} (RET-9). None is, until tomorrow's check. Look at `dfdg retention plan`; were"
        f" they meant: `dfdg retention announce {area.code} {cursor.day} SHARE --who NAME`, and restart `dfdg run`."
    )


def _stop(connection: Connection, cursor: Cursor, area: Area, alarm: str) -> None:
    LOG.error("ALARM retention: %s", alarm, slice=cursor.slice, area=area.code)
    connection.execute(_WRITE, (area.code, cursor.slice, cursor.day, *_BEFORE_ALL, False, alarm))


def _known(cursor: Cursor, area: Area) -> dict[str, Any]:
    assert cursor.day is not None, "asked on a day only"
    due = latest_due_anchor(cursor.day, area.years)
    return {"slice": cursor.slice, "due": due, "archive": area.archive, "parked": texts(cursor.parked)}


def _sql(query: str, area: Area, wanted: str) -> str:
    return query.format(table=area.table, anchor=area.anchor_sql, still=area.still, wanted=wanted)
