"""What must come of a country, worked out anew: day by day, citizen by citizen, from the newsletter's rules.

It shares no code with `streams`, `consumers` or the ledger: no states, no wakes, no ids, no batches. It looks at every
citizen on every day, which is slow and hard to get wrong. Only what an event *is* comes from `schemas`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

from schemas.cv import CvExemptionRecorded, SituationRecorded
from schemas.event import Event
from schemas.job_suggestions import JobSuggestionCheckRecorded
from schemas.joblog import JoblogEntryRecorded
from schemas.referrals import ReferralRecorded
from schemas.registration import RegistrationRequested
from schemas.retention import LegalHoldRecorded
from schemas.titles import TitleHeldRecorded
from tests.faults.country import DELIVERED, Country
from tests.faults.reference_access import Windows
from tests.faults.reference_cv import Duties
from tests.faults.reference_titles import Wishes
from tests.faults.right import ONE_DAY, RELEASE, Notice, Right


class Arrival(NamedTuple):
    """An event, and the day on which it is recorded."""

    day: date
    event: Event


class Life(Protocol):
    """One matter of one citizen. A day begins before what is recorded on it."""

    def begins(self, day: date) -> None: ...

    def recorded(self, event: Any, today: date) -> None: ...


def right(country: Country) -> Right:
    found = Right()
    last = country.days[-1][0] if country.days else RELEASE - ONE_DAY
    by_citizen: dict[str, list[Arrival]] = defaultdict(list)
    for day, fact in country.arrivals:
        by_citizen[fact.event.key].append(Arrival(day, fact.event))
    for citizen, arrivals in by_citizen.items():
        _live(Duties(found, citizen), (SituationRecorded, CvExemptionRecorded), arrivals, last)
        _live(Windows(found, citizen), (ReferralRecorded,), arrivals, last)
        _live(Wishes(found, citizen), (TitleHeldRecorded, RegistrationRequested), arrivals, last)
        _retention(found, citizen, [each.event for each in arrivals], last)
    return found


def _days(arrivals: Sequence[Arrival], last: date) -> Iterator[tuple[date, list[Event]]]:
    """Every day from the first fact on, and what is recorded on it."""
    day = min(each.day for each in arrivals)
    while day <= last or any(each.day >= day for each in arrivals):
        yield day, [each.event for each in arrivals if each.day == day]
        day += ONE_DAY


def _live(life: Life, kinds: tuple[type[Event], ...], arrivals: list[Arrival], last: date) -> None:
    for day, facts in _days(arrivals, last):
        life.begins(day)
        for event in facts:
            if isinstance(event, kinds):
                life.recorded(event, day)


def _retention(found: Right, citizen: str, events: list[Event], last: date) -> None:
    """Who has a hold keeps all; what is archived first goes only where the Archives have approved it."""
    held = any(isinstance(event, LegalHoldRecorded) for event in events)
    for event in events:
        if isinstance(event, JoblogEntryRecorded):
            _joblog(found, citizen, event.day, last)
            _goes(found, "joblog-voluntary", event.record, event.day, 4, last, not held)
            _goes(found, "joblog-mandatory", event.record, event.day, 6, last, not held and "joblog" in DELIVERED)
        elif isinstance(event, JobSuggestionCheckRecorded):
            may_go = not held and "job-suggestion-checks" in DELIVERED
            _goes(found, "job-suggestion-checks", event.record, event.checked_on, 6, last, may_go)


def _goes(found: Right, area: str, record: str, anchor: date, years: int, last: date, may_go: bool) -> None:
    due = anchor.replace(year=anchor.year + years)
    if may_go and max(due, RELEASE) <= last:
        found.receipts.add((area, record, due))


def _joblog(found: Right, citizen: str, updated: date, last: date) -> None:
    """RET-5, for an entry that is not updated any more: told 30 days ahead, closed after 4 years."""
    after_4 = updated.replace(year=updated.year + 4)
    told_on = max(after_4 - timedelta(days=30), RELEASE)
    closes_on = max(after_4, told_on + timedelta(days=30))
    if told_on <= last:
        details = (("closes_on", f"{closes_on:%d.%m.%Y}"),)
        found.of_joblogs[citizen].append(Notice(citizen, "joblog-closes-soon", closes_on, details))
    if closes_on <= last:
        found.of_joblogs[citizen].append(Notice(citizen, "joblog-closed", closes_on, ()))
