"""The outcome of one held title: by its wave (TIT-2, TIT-3), by a person's choice, by a corrected table (TIT-10)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from schemas.event import Event
from schemas.title_table import TitleTable
from schemas.titles import TitleChanged, TitleHeldRecorded, TitleReconversionDue, TitleReplaced
from streams.policies.title_areas import BY_CODE
from streams.policies.title_state import HeldTitle, HeldTitles


class Now(NamedTuple):
    """The Copenhagen day on which something takes effect, and the moment that its events bear. `today` is the slice's
    day, which is later when it is carried out late."""

    day: date
    moment: datetime
    today: date


Converted = tuple[HeldTitle, Sequence[Event]]


def settle(held: HeldTitle, holder: str, now: Now, table: TitleTable) -> Converted:
    """An old title from its wave on gets the table's outcome. Unchanged when it has that outcome already."""
    area = BY_CODE[held.area]
    if held.scheme != "discoams08" or now.day < area.wave_day:
        return held, ()
    found = table.outcome(held.title)
    if (held.status, held.candidates) == (found.outcome, found.candidates):
        return held, ()
    if found.title is None:
        asked = _asked(held, found.outcome, found.candidates, table.version, now)
        return asked, (_changed(asked, holder, now, "TIT-2"),)
    converted = _converted(held, found.title, table.version, now)
    rule = "TIT-2" if held.alias is None else "TIT-3"
    changed = _changed(converted, holder, now, rule, alias_dropped=held.alias is not None)
    return converted, (changed, _replaced(held, converted.title, holder, now, table.version))


def hold(before: HeldTitle | None, fact: TitleHeldRecorded, now: Now, *, by_request: bool = False) -> Converted:
    """The item as recorded, or as granted by request. **Chosen**: a choice that was asked for hands its original to the
    audit too."""
    assert fact.title is not None  # free text has been sorted out; only mypy needs to be told
    held = HeldTitle(
        area=fact.area,
        item=fact.item,
        scheme="discoams08" if fact.scheme == "discoams08" else "esco-star",
        title=fact.title,
        alias=fact.alias,
        status="held" if fact.scheme == "discoams08" else "chosen",
        jobcentre=fact.jobcentre,
        at=fact.occurred_at,
        by_request=by_request,
    )
    if before is None or before.scheme == "esco-star":
        return held, ()
    if before.says(fact):  # recorded again: its outcome and its notices stay
        now_said = {"alias": held.alias, "jobcentre": held.jobcentre, "at": held.at, "by_request": by_request}
        return before.but(gone_on=None, **now_said), ()
    if before.asked and before.table_version is not None and held.status == "chosen":
        return held, (_replaced(before, held.title, fact.holder, now, before.table_version),)
    return held, ()


def reconvert(state: HeldTitles, due: TitleReconversionDue, now: Now) -> tuple[HeldTitles, Sequence[Event]]:
    """A replaced title under a corrected table, unless a person chose it. An old title still standing is woken instead.

    The item shows its converted title until a person chooses; its original is not known here.
    """
    held = state.find(due.area, due.item)
    if held is None or held.scheme != "esco-star" or held.status == "chosen" or held.table_version == due.table_version:
        return state, ()
    candidates = tuple(due.candidates)
    if held.status == due.outcome and held.candidates == candidates and due.title in (None, held.title):
        return state.having([held.model_copy(update={"table_version": due.table_version})]), ()
    if due.title is not None:
        held = _converted(held, due.title, due.table_version, now)
    else:
        held = _asked(held, due.outcome, candidates, due.table_version, now)
    return state.having([held]), (_changed(held, state.holder, now, "TIT-10"),)


def _converted(held: HeldTitle, title: str, version: str, now: Now) -> HeldTitle:
    return HeldTitle.trusted(
        area=held.area,
        item=held.item,
        scheme="esco-star",
        title=title,
        status="converted",
        alias=None,
        candidates=(),
        table_version=version,
        since=now.day,
        told=(),
        jobcentre=held.jobcentre,
        at=held.at,
        by_request=held.by_request,
        until=None,
        gone_on=None,
    )


def _asked(held: HeldTitle, outcome: str, candidates: tuple[str, ...], version: str, now: Now) -> HeldTitle:
    """Recipients of an earlier outcome are told of this one; not of a search, which gave no results before either."""
    told = held.told if BY_CODE[held.area].search else ()
    return held.but(status=outcome, candidates=candidates, table_version=version, since=now.day, told=told, until=None)


def _changed(held: HeldTitle, holder: str, now: Now, rule: str, *, alias_dropped: bool = False) -> TitleChanged:
    area = BY_CODE[held.area]
    return TitleChanged.trusted(
        occurred_at=now.moment,
        holder=holder,
        holder_kind=area.holder,
        area=held.area,
        item=held.item,
        outcome=held.status,
        title=held.title if held.status == "converted" else None,
        candidates=list(held.candidates),
        alias_dropped=alias_dropped,
        wave=area.wave,
        table_version=held.table_version,
        from_day=now.day,
        rule=rule,
    )


def _replaced(before: HeldTitle, by: str, holder: str, now: Now, version: str) -> TitleReplaced:
    return TitleReplaced.trusted(
        occurred_at=now.moment,
        holder=holder,
        holder_kind=BY_CODE[before.area].holder,
        area=before.area,
        item=before.item,
        original=before.title,
        alias=before.alias,
        replaced_by=by,
        table_version=version,
    )
