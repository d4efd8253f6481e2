"""Advice at a login with a browser that is no longer supported (WEB-1).

**Chosen**, where the newsletter is silent:

* Once per user, system and day. A login is never refused for its browser.
* Advice answers a login in the moment, and tells of nothing past: so it is given from 12 June on, though notices go out
  from 14 June on. It reaches the user on the login page of the system, which subscribes to it, not in a mailbox.
* A login that arrives after a login of a later day was advised gets no advice: nobody is there to read it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from schemas.event import Event
from schemas.logins import BrowserAdviceGiven, LoginRecorded
from schemas.release_dates import WAVE_1
from schemas.texts import render
from schemas.texts.links import LINKS
from schemas.topic import INTERNAL_RETENTION_DAYS
from streams.policies.browsers import is_internet_explorer_11
from streams.policies.state import State


class Unsupported(NamedTuple):
    """A system that no longer supports Internet Explorer 11; `name` is how the user knows it."""

    rule: str
    system: str
    name: str
    from_day: date
    source: str


NEWSLETTER = "newsletter 23/2021"

UNSUPPORTED = (
    Unsupported("WEB-1", "jobnet", "Jobnet", WAVE_1, NEWSLETTER),
    Unsupported("WEB-1", "jobag", "JobAG", WAVE_1, NEWSLETTER),
    Unsupported("WEB-1", "jobkon", "JobKon", WAVE_1, NEWSLETTER),
    Unsupported("WEB-1", "vitas", "VITAS", WAVE_1, NEWSLETTER),
)
"""bi.star.dk is not among the systems that the newsletter lists."""

REMEMBERED = timedelta(days=INTERNAL_RETENTION_DAYS)
"""How long advice is remembered, so that a late login gets it once. Older logins are no longer on the topic."""

_BY_SYSTEM = {row.system: row for row in UNSUPPORTED}


class Advised(State):
    """The last day on which the user was advised, by system."""

    advised: dict[str, date]


Outcome = tuple[Advised | None, Sequence[Event]]


def decide(state: Advised | None, event: Event) -> Outcome:
    """WEB-1: advice when the system no longer supports the browser, unless it was given that day or later."""
    if not isinstance(event, LoginRecorded):
        raise TypeError(f"no advice follows from {type(event).__name__}; only the decision's READS belong here")
    row, day = _BY_SYSTEM.get(event.system), event.day
    if row is None or day < row.from_day or event.user_agent is None or not is_internet_explorer_11(event.user_agent):
        return state, ()
    advised = {} if state is None else state.advised
    if event.system in advised and day <= advised[event.system]:
        return state, ()
    advised = {system: last for system, last in advised.items() if last + REMEMBERED > day} | {event.system: day}
    after = Advised.trusted(wakes_on=max(advised.values()) + REMEMBERED, advised=advised)
    return after, (_advice(row, event),)


def wake(_state: Advised, _day: date) -> Outcome:
    """All advice is forgotten."""
    return None, ()


def _advice(row: Unsupported, login: LoginRecorded) -> BrowserAdviceGiven:
    text, version = render("browser-advice", {"system": row.name})
    return BrowserAdviceGiven.trusted(
        occurred_at=login.occurred_at,
        user=login.user,
        system=login.system,
        rule=row.rule,
        link=LINKS["change_browser"].address,
        text=text,
        text_version=version,
    )
