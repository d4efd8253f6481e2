"""Job titles: the outcome of a held title when its area's wave comes, and the notices about it.

TIT-1 to TIT-10, TIT-13 and TIT-15, in the areas of `title_areas`. `title_adverts` has the notices to employers about
adverts, `title_choices` the titles that may be chosen.

Free text is not kept in the state at all, so nothing here can touch it (TIT-7). Of a title that was replaced only the
`TitleReplaced` event knows the original (TIT-9). **Chosen**, where the newsletter is silent:

* A fact with an old title that comes after the wave is never refused; it is converted at once.
* Without a conversion table nothing is guessed: an old title waits, day by day.
* Notices speak of a choice that stands open, so one that opened before `NOTICES_FROM` is asked for on that day. A
  holder is asked again only when the outcome or the candidates change.
* The jobcentre is told of "no valid title left" among the job wishes once; again only after a valid title has stood
  there in between.
* A retired title with which a citizen is registered refuses re-registration too, until another is chosen.
"""

from collections.abc import Sequence
from datetime import date

from schemas.cv import SituationRecorded
from schemas.dates import midnight, next_day
from schemas.event import Event
from schemas.registration import RegistrationAnswered, RegistrationRequested
from schemas.release_dates import NOTICES_FROM
from schemas.texts import render
from schemas.title_choice import TitleChoiceRequested
from schemas.title_table import TitleTable
from schemas.titles import TitleHeldRecorded, TitleReconversionDue
from streams.policies.title_adverts import days_to_come
from streams.policies.title_areas import AREAS, BY_CODE
from streams.policies.title_choices import choose
from streams.policies.title_conversion import Now, reconvert, settle
from streams.policies.title_facts import record
from streams.policies.title_notices import tell, would_tell
from streams.policies.title_state import HeldTitle, HeldTitles

__all__ = ["AREAS", "HeldTitles", "decide", "wake"]

NOT_UNEMPLOYED = ("employed", "other")

Decided = tuple[HeldTitles | None, Sequence[Event]]


def decide(state: HeldTitles | None, event: Event, table: TitleTable | None, today: date) -> Decided:
    """A fact of a holder, or a citizen's request to be registered again."""
    now = Now(event.day, event.occurred_at, today)
    if isinstance(event, RegistrationRequested):
        return state, (_answer(state, event, now),)
    known = state or HeldTitles(holder=event.key)
    out: Sequence[Event] = ()
    if isinstance(event, TitleHeldRecorded):
        known, out = record(known, event, now)
    elif isinstance(event, TitleChoiceRequested):
        known, out = choose(known, event, now, table)
    elif isinstance(event, TitleReconversionDue):
        known, out = reconvert(known, event, now)
    elif isinstance(event, SituationRecorded):
        known = known.model_copy(
            update={"jobcentre": event.jobcentre, "unemployed": event.target_group not in NOT_UNEMPLOYED}
        )
    else:
        raise TypeError(f"titles does not read {type(event).__name__}")
    known, changes = _settle(known, _waiting(known, now, table), now, table)
    return _go_on(known, now, table, [*out, *changes])


def wake(state: HeldTitles, day: date, table: TitleTable | None, today: date) -> Decided:
    """A wave's day, the day from which notices go out, or any day on which a new version of the table holds."""
    now = Now(day, midnight(day), today)
    state = state.forgetting(day)
    due = _waiting(state, now, table)
    if table is not None:
        due += state.indexed.to_judge(table, lambda area: day >= BY_CODE[area].wave_day)
    state, changes = _settle(state, sorted(due, key=lambda held: (held.area, held.item)), now, table)
    return _go_on(state, now, table, changes)


def _waiting(state: HeldTitles, now: Now, table: TitleTable | None) -> list[HeldTitle]:
    """The old titles that lack their outcome though their wave has come; none while no table could give it."""
    if table is None:
        return []
    return state.indexed.where(lambda case: case.status == "held" and now.day >= BY_CODE[case.area].wave_day)


def _settle(
    state: HeldTitles, titles: Sequence[HeldTitle], now: Now, table: TitleTable | None
) -> tuple[HeldTitles, list[Event]]:
    """Apply the table to these titles. Only a wake judges open choices again, so never as of a day gone by."""
    events: list[Event] = []
    settled: list[HeldTitle] = []
    if table is None:
        return state, events
    for held in titles:
        after, changes = settle(held, state.holder, now, table)
        if changes:
            settled.append(after)
            events += changes
    return (state.having(settled) if settled else state), events


def _go_on(state: HeldTitles, now: Now, table: TitleTable | None, events: list[Event]) -> Decided:
    """Issue the notices that are due, and wait for the next day that matters."""
    if now.day >= NOTICES_FROM:
        state, notices = tell(state, now, table)
        events += notices
    if not state.titles and not state.gone and state.jobcentre is None:
        return None, events
    return state.but(wakes_on=_wakes_on(state, now.day)), events


def _wakes_on(state: HeldTitles, day: date) -> date | None:
    """The first of: the wave of a title still held (tomorrow when the wave has come but no table has), adverts' days.

    A late fact must not forget the wake by which an open choice meets a new version of the table.
    """
    cases = state.indexed.cases
    days = [
        max(BY_CODE[area].wave_day, next_day(day)) for area in {case.area for case in cases if case.status == "held"}
    ]
    asked = any(case.asked for case in cases)
    if state.wakes_on is not None and state.wakes_on > day and asked:
        days.append(state.wakes_on)
    days += days_to_come(state, day)
    if state.forgets_on is not None and state.forgets_on > day:
        days.append(state.forgets_on)
    if day < NOTICES_FROM and asked and would_tell(state, NOTICES_FROM):
        days.append(NOTICES_FROM)
    return min(days, default=None)


def _answer(state: HeldTitles | None, request: RegistrationRequested, now: Now) -> RegistrationAnswered:
    """TIT-4: refused while a retired title stands where it blocks. The answer is public and names no title (TIT-9)."""
    retired = {case.area for case in (state.indexed.cases if state else ()) if case.status == "retired"}
    refusals = [
        area.refuses_registration
        for area in AREAS
        if area.refuses_registration and area.code in retired and now.day >= area.wave_day
    ]
    text, version = render(refusals[0] if refusals else "registration-granted", {})
    return RegistrationAnswered.trusted(
        occurred_at=now.moment,
        citizen=request.citizen,
        request=request.request,
        granted=not refusals,
        rule="TIT-4",
        text=text,
        text_version=version,
    )
