"""Employers with adverts and job orders on a retired title: contacted, reminded, and adverts that expire (TIT-6).

**Chosen**, where the newsletter is silent:

* "The first day after the release": the titles changed with release 2021-2 on 12 June; the first day after it on which
  notices go out is `NOTICES_FROM`. A title that is retired later is told of on that day.
* An advert expires when eight weeks are over since its title was retired: those of wave 1 when the day after
  `LAST_DAY_OF_RETIRED_ADVERTS` begins, one that a late record or a corrected table retires later on a day of its own.
  No advert expires before its employer was contacted, a week ahead: one contacted later has a week from the contact.
  Contacted in its last week, it is not reminded too.
* What is carried out late reminds of no last day that is past.
* A title that must be chosen acts as retired. Recording the same title again is no edit: what expired stays so until
  the advert has another title, and what was removed and is recorded again goes on where it stood (`HeldTitles.gone`).
"""

from datetime import date, timedelta
from functools import partial

from schemas.dates import next_day
from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.release_dates import WAVE_1
from schemas.texts.text import NOTHING
from schemas.title_table import TitleTable
from schemas.titles import AdvertExpired
from streams.policies.title_areas import BY_CODE
from streams.policies.title_conversion import Now
from streams.policies.title_index import Case
from streams.policies.title_state import HeldTitle, HeldTitles
from streams.policies.title_words import candidates, since

WEEKS_OF_GRACE, LEAST_NOTICE = timedelta(weeks=8), timedelta(weeks=1)

CONTACT, REMINDER = "adverts-title-retired", "adverts-expire-soon"
_CONTACTED, _REMINDED = "employer", "reminded"
"""In a title's `told`."""


def follow_up(state: HeldTitles, now: Now, table: TitleTable | None) -> tuple[HeldTitles, list[Event]]:
    """Events that are due for an employer now: expired adverts, one first contact about all, one reminder about all."""
    events: list[Event] = []
    if not any(is_due(case, now.day) for case in state.indexed.cases):
        return state, events
    if ended := state.indexed.where(partial(_is_over, day=now.day)):
        events += [_expired(state, held, now) for held in ended]
        state = state.remembering([held.but(status="expired") for held in ended], now.day)
    if new := state.indexed.where(_is_new):
        contacted = [_contacted(held, now.today) for held in new]
        events.append(_notice(state, CONTACT, contacted, now, table))
        state = state.having(contacted)
    if due := state.indexed.where(partial(_is_due, day=now.day)):
        if in_time := [held for held in due if now.today <= last_day(held)]:
            events.append(_notice(state, REMINDER, in_time, now, table))
        state = state.having([held.knowing(_REMINDED) for held in due])
    return state, events


def is_due(case: Case, day: date) -> bool:
    """Whether `follow_up` would issue anything about the titles of that case on that day."""
    return case.asked and (_is_over(case, day) or _is_new(case) or _is_due(case, day))


def last_day(held: HeldTitle | Case) -> date:
    """The last day on which the advert can still be edited before it expires."""
    return held.until or (held.since or WAVE_1) + WEEKS_OF_GRACE


def days_to_come(state: HeldTitles, day: date) -> list[date]:
    """The days after `day` on which an employer is reminded, or an advert expires."""
    adverts = [case for case in state.indexed.cases if _is_advert(case)]
    days = [next_day(last_day(case)) for case in adverts]
    days += [last_day(case) - LEAST_NOTICE for case in adverts if _REMINDED not in case.told]
    return [each for each in days if each > day]


def _is_advert(case: Case) -> bool:
    return case.asked and BY_CODE[case.area].expires


def _is_over(case: Case, day: date) -> bool:
    return _is_advert(case) and _CONTACTED in case.told and day > last_day(case)


def _is_new(case: Case) -> bool:
    return case.asked and BY_CODE[case.area].contacted and _CONTACTED not in case.told


def _is_due(case: Case, day: date) -> bool:
    return _is_advert(case) and day >= last_day(case) - LEAST_NOTICE and _REMINDED not in case.told


def _contacted(held: HeldTitle, today: date) -> HeldTitle:
    known = held.knowing(_CONTACTED)
    if not BY_CODE[held.area].expires or today + LEAST_NOTICE < last_day(held):
        return known
    return known.knowing(_REMINDED).but(until=today + LEAST_NOTICE)


def _notice(
    state: HeldTitles, reason: str, titles: list[HeldTitle], now: Now, table: TitleTable | None
) -> NoticeIssued:
    adverts = [held for held in titles if BY_CODE[held.area].expires]
    orders = [held.item for held in titles if not BY_CODE[held.area].expires]
    ends = min((last_day(held) for held in adverts), default=None)
    details = {
        "adverts": ", ".join(held.item for held in adverts) or NOTHING,
        "job_orders": ", ".join(orders) or NOTHING,
        "last_day": f"{ends:%d.%m.%Y}" if ends else NOTHING,
        "candidates": candidates(titles, table),
    }
    return NoticeIssued.trusted(
        occurred_at=now.moment,
        about=state.holder,
        recipient_kind="employer",
        recipient=state.holder,
        reason=reason,
        rule="TIT-6",
        from_day=since(titles, now),
        details=details,
    )


def _expired(state: HeldTitles, held: HeldTitle, now: Now) -> AdvertExpired:
    return AdvertExpired.trusted(
        occurred_at=now.moment,
        holder=state.holder,
        area=held.area,
        item=held.item,
        from_day=now.day,
        rule="TIT-6",
    )
