"""The expected result of a country, worked out independently: day by day and citizen by citizen, from the newsletter's
rules.

It shares no code with `streams`, `consumers` or the ledger: no states, no wakes, no ids, no batches. It looks at every
citizen on every day, which is slow and hard to get wrong. Only the classes of events come from `schemas`.
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
from tests.faults.load.country import DELIVERED, JOBLOGS_FROM, PARKED, Country
from tests.faults.oracles.expected_access import Windows
from tests.faults.oracles.expected_cv import Duties
from tests.faults.oracles.expected_titles import Wishes
from tests.faults.oracles.result import ONE_DAY, RELEASE, ExpectedResult, Notice


class DatedEvent(NamedTuple):
    """An event with the day on which it is recorded."""

    day: date
    event: Event


class Matter(Protocol):
    """One matter of one citizen. A day begins before the events that are recorded on it."""

    def begins(self, day: date) -> None: ...

    def recorded(self, event: Any, today: date) -> None: ...


def expected_result(country: Country) -> ExpectedResult:
    found = ExpectedResult()
    last = country.days[-1][0] if country.days else RELEASE - ONE_DAY
    by_citizen: dict[str, list[DatedEvent]] = defaultdict(list)
    for day, fact in country.incoming_events:
        by_citizen[fact.event.key].append(DatedEvent(day, fact.event))
    for citizen, dated in by_citizen.items():
        _live(Duties(found, citizen), (SituationRecorded, CvExemptionRecorded), dated, last)
        _live(Windows(found, citizen), (ReferralRecorded,), dated, last)
        _live(Wishes(found, citizen), (TitleHeldRecorded, RegistrationRequested), dated, last)
        _retention(found, citizen, [each.event for each in dated], last)
    return found


def _days(dated: Sequence[DatedEvent], last: date) -> Iterator[tuple[date, list[Event]]]:
    """Every day from the first fact on, with the events that are recorded on it."""
    day = min(each.day for each in dated)
    while day <= last or any(each.day >= day for each in dated):
        yield day, [each.event for each in dated if each.day == day]
        day += ONE_DAY


def _live(matter: Matter, kinds: tuple[type[Event], ...], dated: list[DatedEvent], last: date) -> None:
    for day, facts in _days(dated, last):
        matter.begins(day)
        for event in facts:
            if isinstance(event, kinds):
                matter.recorded(event, day)


def _retention(found: ExpectedResult, citizen: str, events: list[Event], last: date) -> None:
    """Nothing is deleted for a citizen with a hold, nor for one whom garbage parks. Records that are archived first are
    deleted only in areas that the Archives have approved."""
    held = citizen in PARKED or any(isinstance(event, LegalHoldRecorded) for event in events)
    for event in events:
        if isinstance(event, JoblogEntryRecorded):
            _joblog(found, citizen, event.day, last)
            _goes(found, "joblog-voluntary", event.record, event.day, 4, last, not held, JOBLOGS_FROM)
            may_go = not held and "joblog" in DELIVERED
            _goes(found, "joblog-mandatory", event.record, event.day, 6, last, may_go, JOBLOGS_FROM)
        elif isinstance(event, JobSuggestionCheckRecorded):
            may_go = not held and "job-suggestion-checks" in DELIVERED
            _goes(found, "job-suggestion-checks", event.record, event.checked_on, 6, last, may_go, RELEASE)


def _goes(
    found: ExpectedResult, area: str, record: str, anchor: date, years: int, last: date, may_go: bool, first: date
) -> None:
    due = anchor.replace(year=anchor.year + years)
    if may_go and max(due, first) <= last:
        found.receipts.add((area, record, due))


def _joblog(found: ExpectedResult, citizen: str, updated: date, last: date) -> None:
    """RET-5, for an entry that is not updated any more: a notice 30 days ahead, then closed after 4 years, of which
    nobody is told where nothing is left by then. No slice of a load lags so much that it would say less."""
    after_4 = updated.replace(year=updated.year + 4)
    told_on = max(after_4 - timedelta(days=30), RELEASE)
    closes_on = max(after_4, told_on + timedelta(days=30))
    if told_on <= last:
        details = (("closes_on", f"{closes_on:%d.%m.%Y}"), ("updated_on", f"{updated:%d.%m.%Y}"))
        found.of_joblogs[citizen].append(Notice(citizen, "joblog-closes-soon", closes_on, details))
    if closes_on <= last and updated.replace(year=updated.year + 6) > closes_on:
        found.of_joblogs[citizen].append(Notice(citizen, "joblog-closed", closes_on, ()))
