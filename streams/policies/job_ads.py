"""Adverts through JobAD: which clients may submit, and which numbers an anonymous advert must carry (AD-1, AD-2).

The newsletter says only that these checks change, so all rules are **chosen**. From release 2021-2 on they are made;
adverts submitted before are accepted as before. An anonymous advert that shows its own numbers is always refused.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from schemas.companies import is_cvr, is_p_number
from schemas.cpr import normal_form
from schemas.dates import copenhagen_day
from schemas.event import Event, Frozen
from schemas.jobad import AdvertPublished, ClientSystemRecorded, JobAdAnswered, JobAdNumbersToCheck, JobAdSubmitted
from schemas.release_dates import RELEASE_2021_2
from schemas.texts import render
from streams.policies.state import MOST_OF_A_PERSON, State

CVR_DIGITS = 8
"""Fewer digits are no number of a company, and stand in many a headline."""


class Registration(Frozen):
    """From that day on the client is registered, or is not."""

    from_day: date
    registered: bool


class ClientSystem(State):
    """All registrations of a client, by day: the day of a submission decides, also of one that is read late."""

    client: str
    registrations: tuple[Registration, ...] = ()

    def has_room(self, event: Event) -> bool:
        if len(self.registrations) < MOST_OF_A_PERSON or not isinstance(event, ClientSystemRecorded):
            return True
        return any(each.from_day == event.from_day for each in self.registrations)

    def may_submit(self, day: date) -> bool:
        before = [each for each in self.registrations if each.from_day <= day]
        return bool(before) and before[-1].registered


class Check(NamedTuple):
    """From `from_day` on a submission is refused with `text` when `fails` is true of it."""

    rule: str
    from_day: date
    fails: Callable[[JobAdSubmitted, ClientSystem | None], bool]
    text: str


def _is_stranger(advert: JobAdSubmitted, client: ClientSystem | None) -> bool:
    return client is None or not client.may_submit(advert.day)


def _lacks_cvr(advert: JobAdSubmitted, _client: ClientSystem | None) -> bool:
    return advert.anonymous and not is_cvr(advert.cvr or "")


def _lacks_p_number(advert: JobAdSubmitted, _client: ClientSystem | None) -> bool:
    return advert.anonymous and not is_p_number(advert.p_number or "")


def _shows_a_number(advert: JobAdSubmitted, _client: ClientSystem | None) -> bool:
    """True when a text that becomes public contains a number that was given, however the two are written."""
    if not advert.anonymous:
        return False
    numbers = [_digits(given or "") for given in (advert.cvr, advert.p_number)]
    public = [_digits(text) for text in (advert.headline, advert.advert, advert.request)]
    return any(number in text for number in numbers if len(number) >= CVR_DIGITS for text in public)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", normal_form(text))


CHECKS = (
    Check("AD-1", RELEASE_2021_2, _is_stranger, "job-ad-refused-client"),
    Check("AD-2", RELEASE_2021_2, _lacks_cvr, "job-ad-refused-cvr"),
    Check("AD-2", RELEASE_2021_2, _lacks_p_number, "job-ad-refused-p-number"),
    Check("AD-2", date.min, _shows_a_number, "job-ad-refused-shows-number"),
)
"""In this order; the answer names the first that fails. `job_ad_numbers` checks that the P-number is the company's."""

Decided = tuple[ClientSystem | None, Sequence[Event]]


def decide(state: ClientSystem | None, event: Event) -> Decided:
    """A registration, or the answer to a submission: at once, or once its numbers are checked."""
    if isinstance(event, ClientSystemRecorded):
        return _recorded(state, event), ()
    if not isinstance(event, JobAdSubmitted):
        raise TypeError(f"JobAD does not read {type(event).__name__}; only the decision's READS belong here")
    failed = next((check for check in CHECKS if event.day >= check.from_day and check.fails(event, state)), None)
    if failed is not None:
        answer = refused(event.occurred_at, event.client, event.request, event.advert, failed.rule, failed.text)
        return state, (answer,)
    if event.anonymous and event.day >= RELEASE_2021_2:
        return state, (_to_check(event),)
    employer = None if event.anonymous else event.employer
    return state, accepted(
        event.occurred_at, event.client, event.request, event.advert, event.headline, employer=employer,
        anonymous=event.anonymous,
    )  # fmt: skip


def accepted(
    at: datetime, client: str, request: str, advert: str, headline: str, *, employer: str | None, anonymous: bool
) -> tuple[JobAdAnswered, AdvertPublished]:
    """The answer, and the advert for the public, by the rule that was checked last."""
    rule = "AD-2" if anonymous else "AD-1"
    published = AdvertPublished.trusted(
        occurred_at=at,
        advert=advert,
        headline=headline,
        anonymous=anonymous,
        employer=employer,
        from_day=copenhagen_day(at),
        rule=rule,
    )
    return _answer(at, client, request, advert, rule, "job-ad-granted", granted=True), published


def refused(at: datetime, client: str, request: str, advert: str, rule: str, text: str) -> JobAdAnswered:
    """The answer, with the reason."""
    return _answer(at, client, request, advert, rule, text, granted=False)


def _answer(
    at: datetime, client: str, request: str, advert: str, rule: str, text: str, *, granted: bool
) -> JobAdAnswered:
    danish, version = render(text, {})
    return JobAdAnswered.trusted(
        occurred_at=at,
        requester=client,
        request=request,
        granted=granted,
        rule=rule,
        text=danish,
        text_version=version,
        advert=advert,
    )


def _to_check(event: JobAdSubmitted) -> JobAdNumbersToCheck:
    return JobAdNumbersToCheck.trusted(
        occurred_at=event.occurred_at,
        cvr=event.cvr,
        p_number=event.p_number,
        client=event.client,
        request=event.request,
        advert=event.advert,
        headline=event.headline,
    )


def _recorded(state: ClientSystem | None, fact: ClientSystemRecorded) -> ClientSystem:
    others = [each for each in (state.registrations if state else ()) if each.from_day != fact.from_day]
    registrations = [*others, Registration(from_day=fact.from_day, registered=fact.registered)]
    registrations.sort(key=lambda each: each.from_day)
    return ClientSystem(client=fact.client, registrations=tuple(registrations))
