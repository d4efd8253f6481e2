"""A record past its deadline is deleted, unless a hold or a missing receipt blocks it (RET-1 … RET-4, RET-6, RET-7).

The deadline, the archive receipt and the hold are checked again here, whatever was found when the record was picked.
**Chosen**: a record that a hold blocks is deleted by itself when its last hold is released, on the day of the release.
A record without its archive receipt is not remembered here, for it is picked again when a receipt covers it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from schemas.event import Event, Moment
from schemas.retention import DeletionBlocked, DeletionOrdered, LegalHoldRecorded, Reason, RecordAged
from schemas.retention_areas import areas_on, due_on, latest_due_anchor
from streams.policies.state import MOST_OF_A_HOLDER, MOST_OF_A_PERSON, State


class Block(NamedTuple):
    """A reason that stops a deletion."""

    rule: str
    reason: Reason
    what: str


BLOCKS = (
    Block("RET-6", "hold", "a legal hold on the citizen or on the record"),
    Block("RET-6", "no-receipt", "the area is archived first, and no approved delivery covers the record"),
)
"""In this order: the first that applies is the reason given."""


class Hold(NamedTuple):
    """`record`: the record that is held; None holds all records of the citizen."""

    id: str
    record: str | None


class Aged(NamedTuple):
    """A record that waits for the end of a hold."""

    area: str
    record: str
    anchor: date
    updated_at: Moment
    reference: str | None


class Retained(State):
    """A citizen's holds, and the records that wait for their end. A citizen without a hold has no state."""

    citizen: str
    holds: tuple[Hold, ...] = ()
    waiting: tuple[Aged, ...] = ()
    """In the order of area and record, each of them once."""

    def has_room(self, event: Event) -> bool:
        if isinstance(event, LegalHoldRecorded) and len(self.holds) >= MOST_OF_A_PERSON:
            return event.released or any(hold.id == event.hold for hold in self.holds)
        return len(self.waiting) < MOST_OF_A_HOLDER or not isinstance(event, RecordAged)


Decided = tuple[Retained | None, Sequence[Event]]


def decide(state: Retained | None, event: Event) -> Decided:
    """A record was found past its deadline, or a hold was placed, corrected or released."""
    if isinstance(event, RecordAged):
        return _aged(state, event)
    if isinstance(event, LegalHoldRecorded):
        return _held(state, event)
    raise TypeError(f"retention does not read {type(event).__name__}")


def _aged(state: Retained | None, event: RecordAged) -> Decided:
    aged = Aged(event.area, event.record, event.anchor, event.updated_at, event.reference)
    outcome = _outcome(event.citizen, aged, state.holds if state else (), event)
    if state is None:
        return None, outcome
    key = (aged.area, aged.record)
    at = bisect_left(state.waiting, key)
    is_there = [(each.area, each.record) for each in state.waiting[at : at + 1]] == [key]
    waits = (aged,) if outcome and _is_held(aged, state.holds) else ()
    return _kept(state, state.holds, state.waiting[:at] + waits + state.waiting[at + is_there :]), outcome


def _held(state: Retained | None, event: LegalHoldRecorded) -> Decided:
    known = state or Retained(citizen=event.citizen)
    holds = [hold for hold in known.holds if hold.id != event.hold]
    if not event.released:
        holds.append(Hold(event.hold, event.record))
    free = [aged for aged in known.waiting if not _is_held(aged, holds)]
    out = [each for aged in free for each in _outcome(event.citizen, aged, holds, event)]
    return _kept(known, sorted(holds), tuple(aged for aged in known.waiting if _is_held(aged, holds))), out


def _kept(state: Retained, holds: Iterable[Hold], waiting: tuple[Aged, ...]) -> Retained | None:
    if not (kept := tuple(holds)):
        return None
    return Retained.trusted(wakes_on=None, citizen=state.citizen, holds=kept, waiting=waiting)


def _is_held(aged: Aged, holds: Iterable[Hold]) -> bool:
    return any(hold.record in (None, aged.record) for hold in holds)


def _outcome(citizen: str, aged: Aged, holds: Iterable[Hold], event: Event) -> list[Event]:
    """RET-7: nothing at all before the deadline by the rule that applies on the day of the event."""
    area = areas_on(event.day).get(aged.area)
    if area is None or aged.anchor > latest_due_anchor(event.day, area.years):
        return []
    known = {
        "occurred_at": event.occurred_at,
        "citizen": citizen,
        "area": aged.area,
        "record": aged.record,
        "anchor": aged.anchor,
        "due": due_on(area, aged.anchor),
        "updated_at": aged.updated_at,
    }
    blocked = {"hold": _is_held(aged, holds), "no-receipt": area.archive is not None and aged.reference is None}
    for block in BLOCKS:
        if blocked[block.reason]:
            return [DeletionBlocked.trusted(**known, rule=block.rule, reason=block.reason)]
    return [DeletionOrdered.trusted(**known, rule=area.rule, reference=aged.reference)]
