"""The register of titles: each item's title now, its outcome, and the reconciliation of the waves.

TIT-4 (open choices), TIT-7 (free text untouched), TIT-9 (originals gone), TIT-10 (reconciliation); through its views
TIT-5 (searches), TIT-6 (adverts) and TIT-8 (pairs that part).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from psycopg import Connection

from consumers.sink import Sink
from consumers.title_first_change import About, apply_first_changes
from consumers.title_item import Item
from infra.arrays import jsons, texts
from infra.engine.record import IncomingEvent
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.ids import slice_of
from schemas.title_areas import WAVE_OF, WAVES, areas_of
from schemas.title_choice import TitleChosen
from schemas.titles import AdvertExpired, TitleChanged
from schemas.topic import SLICES
from schemas.topics import ADVERT_EXPIRED, DAY_BEGUN, TITLE_CHANGED, TITLE_CHOSEN, TITLE_HELD_RECORDED

READS = (DAY_BEGUN, TITLE_HELD_RECORDED, TITLE_CHOSEN, TITLE_CHANGED, ADVERT_EXPIRED)
OWNS = ("titles.held", "titles.wave_intake")

_COLUMNS = ", ".join(Item.model_fields)
_BEGUN = "select slice, wave from titles.wave_intake group by slice, wave"
_READ = """
select to_jsonb(h)::text from titles.held h
join unnest(%b::text[], %b::text[], %b::text[]) k (holder, area, item) using (holder, area, item)
"""
_WRITE = f"""
insert into titles.held ({_COLUMNS})
select {_COLUMNS} from unnest(%b::jsonb[]) body, jsonb_populate_record(null::titles.held, body)
on conflict (holder, area, item) do update set ({_COLUMNS}) = row (excluded.{_COLUMNS.replace(", ", ", excluded.")})
"""
# An item that has an outcome already was an old title when the wave began: only those have one.
_INTAKE = """
with taken as (
    update titles.held set
        intake_as = case when outcome is null then scheme else 'discoams08' end,
        intake_hash = case when scheme = 'free-text' and outcome is null
            then encode(sha256(convert_to(text, 'UTF8')), 'hex') end
    where slice = %(slice)s and area = any(%(areas)s) and scheme is not null
        and first_recorded_at < %(midnight)s and (removed_at is null or removed_at >= %(midnight)s)
    returning area, intake_hash
)
insert into titles.wave_intake (area, wave, slice, held, free_text, free_text_hash)
select area, %(wave)s, %(slice)s, count(t.area), count(intake_hash),
    encode(sha256(convert_to(coalesce(string_agg(intake_hash, '' order by intake_hash), ''), 'UTF8')), 'hex')
from unnest(%(areas)s) area left join taken t using (area) group by area
"""
_RECONCILIATION = "select {} from titles.reconciliation order by wave, area"

Key = tuple[str, str, str]


class Row(NamedTuple):
    """One area of a wave (TIT-10). `intake` is the sum of the fields up to `withdrawn`, except for `difference`.

    `alias_dropped` is a part of `converted`. `texts_…`: free text before the wave and now (TIT-7). Both hashes are the
    same as long as no text has changed, except for the `texts_edited` that their holders recorded anew.
    """

    wave: int
    area: str
    intake: int
    converted: int
    alias_dropped: int
    must_choose: int
    retired: int
    free_text: int
    esco_star: int
    withdrawn: int
    difference: int
    texts_before: int
    texts_now: int
    texts_edited: int
    texts_hash_before: str
    texts_hash_now: str


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Fold facts and changes into their items. When a wave's day has begun, write its intake."""
    for day, some in groupby(incoming_events, lambda incoming: incoming.topic is DAY_BEGUN):
        if not day:
            _fold(connection, [incoming.event for incoming in some])
            continue
        for incoming in some:
            assert isinstance(incoming.event, DayBegun)  # by its topic; only mypy needs to be told
            assert incoming.slice is not None, "a day begins in a slice"
            _take_in(connection, incoming.event, incoming.slice)


def reconcile(connection: Connection) -> list[Row]:
    """The reconciliation of the waves that have begun, by wave and area; empty before the first."""
    found = connection.execute(_RECONCILIATION.format(", ".join(Row._fields)))
    return [Row(*row) for row in found.fetchall()]


def _fold(connection: Connection, events: Iterable[object]) -> None:
    about = apply_first_changes(connection, [event for event in events if isinstance(event, About)])
    if not about:
        return
    begun = set(connection.execute(_BEGUN).fetchall())
    items = _read(connection, {(event.holder, event.area, event.item) for event in about})
    for event in about:
        key = (event.holder, event.area, event.item)
        item = items.get(key)
        if item is None:
            item = items[key] = _new(event)  # also when it is removed: its granted choice may still come, and is older
        wave_begun = (item.slice, WAVE_OF.get(item.area)) in begun
        if isinstance(event, TitleChanged):
            item.change(event)
        elif isinstance(event, AdvertExpired):
            item.expire(event)
        elif isinstance(event, TitleChosen):
            item.record(event.as_held(), wave_begun, requested=True)
        else:
            item.record(event, wave_begun)
    connection.execute(_WRITE, (jsons(item.model_dump_json().encode() for item in items.values()),))


def _new(event: About) -> Item:
    slice_ = slice_of(event.key.encode(), SLICES)
    kind = "employer" if isinstance(event, AdvertExpired) else event.holder_kind
    return Item(holder=event.holder, area=event.area, item=event.item, slice=slice_, holder_kind=kind)


def _read(connection: Connection, keys: set[Key]) -> dict[Key, Item]:
    columns = [texts(key[n] for key in keys) for n in range(3)]
    rows = connection.execute(_READ, columns).fetchall()
    items = [Item.model_validate_json(row) for (row,) in rows]
    return {(item.holder, item.area, item.item): item for item in items}


def _take_in(connection: Connection, event: DayBegun, slice_: int) -> None:
    """The intake of each wave that has begun, once; also of one whose own day this slice never saw."""
    begun = set(connection.execute(_BEGUN).fetchall())
    for wave, day in WAVES.items():
        if day <= event.day_begun and (slice_, wave) not in begun:
            areas = areas_of(wave)
            known = {"slice": slice_, "wave": wave, "areas": areas, "midnight": midnight(day)}
            connection.execute(_INTAKE, known)


sink = Sink("title-register", READS, OWNS, apply)
