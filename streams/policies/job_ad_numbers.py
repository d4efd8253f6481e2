"""Checks that the P-number of an anonymous advert belongs to its CVR number (AD-2).

**Chosen**: an advert whose P-number is not known of the company waits for the register one whole day, the day after the
submission. It is refused when the day after that begins. An advert with another company's P-number waits likewise: no
search is made for the company that has it, and the answer is the same.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from schemas.companies import CompanyRegistered
from schemas.dates import midnight
from schemas.event import Event, Frozen, Moment
from schemas.jobad import JobAdNumbersToCheck
from streams.policies.job_ads import accepted, refused
from streams.policies.state import MOST_OF_A_HOLDER, State

REFUSED_AFTER = timedelta(days=2)
"""From the day of the submission to the day with whose beginning the advert is refused: one whole day lies between."""


class Waiting(Frozen):
    """An advert whose P-number is not known of the company yet."""

    at: Moment
    refused_on: date
    p_number: str
    client: str
    request: str
    advert: str
    headline: str


class Company(State):
    """The P-numbers that belong to a CVR number, and the adverts that wait for one."""

    cvr: str
    p_numbers: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    def has_room(self, event: Event) -> bool:
        return len(self.waiting) < MOST_OF_A_HOLDER or not isinstance(event, JobAdNumbersToCheck)


Decided = tuple[Company | None, Sequence[Event]]


def decide(state: Company | None, event: Event) -> Decided:
    """Takes in the register's P-numbers of a company, or an advert to check."""
    known = state or Company(cvr=event.key)
    if isinstance(event, CompanyRegistered):
        known = known.model_copy(update={"p_numbers": tuple(sorted(set(event.p_numbers)))})
        found = [each for each in known.waiting if each.p_number in known.p_numbers]
        waiting = [each for each in known.waiting if each.p_number not in known.p_numbers]
        return _left(known, waiting), [out for advert in found for out in _accepted(advert, event)]
    if not isinstance(event, JobAdNumbersToCheck):
        raise TypeError(f"companies have no {type(event).__name__}; only the decision's READS belong here")
    advert = _waiting(event)  # those that wait already have no number that is known
    if advert.p_number in known.p_numbers:
        return known, _accepted(advert, event)
    wakes_on = min(known.wakes_on or advert.refused_on, advert.refused_on)
    return known.model_copy(update={"waiting": (*known.waiting, advert), "wakes_on": wakes_on}), ()


def _accepted(advert: Waiting, event: Event) -> Sequence[Event]:
    at = max(advert.at, event.occurred_at)
    return accepted(at, advert.client, advert.request, advert.advert, advert.headline, employer=None, anonymous=True)


def wake(state: Company, day: date) -> Decided:
    """Refuses the adverts for which the register has had its whole day."""
    out = [
        refused(
            midnight(day), advert.client, advert.request, advert.advert, "AD-2", "job-ad-refused-not-of-the-company"
        )
        for advert in state.waiting
        if advert.refused_on <= day
    ]
    return _left(state, [each for each in state.waiting if each.refused_on > day]), out


def _waiting(event: JobAdNumbersToCheck) -> Waiting:
    return Waiting(
        at=event.occurred_at,
        refused_on=event.day + REFUSED_AFTER,
        p_number=event.p_number,
        client=event.client,
        request=event.request,
        advert=event.advert,
        headline=event.headline,
    )


def _left(state: Company, waiting: Sequence[Waiting]) -> Company | None:
    if not state.p_numbers and not waiting:
        return None
    wakes_on = min((each.refused_on for each in waiting), default=None)
    return state.model_copy(update={"waiting": tuple(waiting), "wakes_on": wakes_on})
