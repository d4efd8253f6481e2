"""A recorded fact about one item of a holder: a title, free text, or that the item is removed."""

from collections.abc import Sequence

from schemas.dates import next_day
from schemas.event import Event
from schemas.titles import TitleHeldRecorded
from streams.policies.title_areas import BY_CODE
from streams.policies.title_conversion import Now, hold
from streams.policies.title_state import HeldTitles


def record(state: HeldTitles, fact: TitleHeldRecorded, now: Now) -> tuple[HeldTitles, Sequence[Event]]:
    """The holder's titles with the item as recorded. The title that it had when it went is no new start."""
    if fact.area not in BY_CODE:
        return state, ()
    before = state.find(fact.area, fact.item)
    if before is not None and before.outlives(fact.occurred_at, by_request=False):
        if before.jobcentre is None and fact.jobcentre is not None:  # the choice that was read first named none
            state = state.having([before.model_copy(update={"jobcentre": fact.jobcentre})])
        return state, ()
    if fact.removed:
        if before is None:
            return state, ()
        return (state.remembering([before], now.day) if before.asked else state.without([before])), ()
    if fact.scheme == "free-text":
        return state.cleared(fact.area, fact.item), ()
    gone = state.find_gone(fact.area, fact.item)
    if gone is not None and gone.says(fact):
        if gone.status == "expired":
            return state.remembering([gone], now.day), ()
        before, state = gone, state.but(wakes_on=next_day(now.day))  # a table of meanwhile judges it then
    held, out = hold(before, fact, now)
    return state.having([held]), out
