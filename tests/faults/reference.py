"""What must come of a country, worked out anew: day by day, citizen by citizen, from the newsletter's rules.

It shares no code with `streams`, `consumers` or the ledger: no states, no wakes, no ids, no batches. It looks at every
citizen on every day, which is slow and hard to get wrong. Only what an event *is* comes from `schemas`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from schemas.cv import CvExemptionRecorded, SituationRecorded
from schemas.event import Event
from schemas.job_suggestions import JobSuggestionCheckRecorded
from schemas.joblog import JoblogEntryRecorded
from schemas.referrals import ReferralRecorded
from schemas.retention import LegalHoldRecorded
from tests.faults.country import DELIVERED, Country

RELEASE = date(2021, 6, 14)
DUTIES = {
    "insured-unemployed": (True, True),
    "job-ready": (True, True),
    "openly-education-ready": (True, True),
    "flex-job-unemployment-benefit": (True, True),
    "not-job-ready": (True, False),
    "employed": (False, False),
    "other": (False, False),
}
YES_NO = {True: "yes", False: "no"}


class Standing(NamedTuple):
    """What is shown of a citizen's CV duties on a day."""

    register: bool
    searchable: bool
    exempt_from_registering: bool
    exempt_from_being_searchable: bool
    jobcentre: str
    fund: str | None
    rule: str

    @property
    def shown(self) -> tuple[object, ...]:
        return self[:-1]


class Change(NamedTuple):
    before: tuple[bool, bool]
    now: Standing
    from_day: date
    initial: bool


class Notice(NamedTuple):
    recipient: str
    reason: str
    from_day: date
    details: tuple[tuple[str, str], ...]


class Access(NamedTuple):
    provider: str
    opened: bool
    from_day: date


@dataclass
class Right:
    """The one right result. By citizen, in order; of one moment, access closes before it opens."""

    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    notices: dict[str, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    of_joblogs: dict[str, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    access: dict[str, list[Access]] = field(default_factory=lambda: defaultdict(list))
    receipts: set[tuple[str, str, date]] = field(default_factory=set)
    """(area, record, due)."""


def right(country: Country) -> Right:
    found = Right()
    last = country.days[-1][0] if country.days else RELEASE - timedelta(days=1)
    by_citizen: dict[str, list[Event]] = defaultdict(list)
    for fact in country.facts:
        by_citizen[fact.event.key].append(fact.event)
    for citizen, events in by_citizen.items():
        _cv(found, citizen, events, last)
        _access(found, citizen, [event for event in events if isinstance(event, ReferralRecorded)], last)
        _retention(found, citizen, events, last)
    return found


def _days(events: Sequence[Event], last: date) -> Iterator[tuple[date, list[Event]]]:
    day = min(event.day for event in events)
    while day <= last or any(event.day >= day for event in events):
        yield day, [event for event in events if event.day == day]
        day += timedelta(days=1)


def _cv(found: Right, citizen: str, events: list[Event], last: date) -> None:
    mine = [event for event in events if isinstance(event, SituationRecorded | CvExemptionRecorded)]
    situation: SituationRecorded | None = None
    exemptions: dict[str, CvExemptionRecorded] = {}
    before: Standing | None = None
    for day, facts in _days(mine, last) if mine else ():
        for event in (None, *facts):  # first what the day itself changes
            if isinstance(event, SituationRecorded):
                situation = event
            elif isinstance(event, CvExemptionRecorded):
                exemptions.pop(event.exemption, None)
                if not event.withdrawn:
                    exemptions[event.exemption] = event
            if situation is None:
                continue
            now = _standing(situation, list(exemptions.values()), day)
            if before is None or before.shown != now.shown:
                initial = event is not None and bool(getattr(event, "initial", False))
                had = (False, False) if before is None else (before.register, before.searchable)
                found.changes[citizen].append(Change(had, now, day, initial))
                if not initial and day >= RELEASE:
                    found.notices[citizen] += _notices(before, now, day)
            before = now


def _standing(situation: SituationRecorded, exemptions: list[CvExemptionRecorded], day: date) -> Standing:
    kinds = {
        each.kind for each in exemptions if each.first_day <= day and (each.last_day is None or day <= each.last_day)
    }
    duty = DUTIES[situation.target_group]
    register = duty[0] and "from-registering" not in kinds
    searchable = duty[1] and not kinds
    rule = "CV-1" if (register, searchable) == duty else "CV-2"
    flags = "from-registering" in kinds, "from-being-searchable" in kinds
    return Standing(register, searchable, *flags, situation.jobcentre, situation.fund, rule)


def _notices(before: Standing | None, now: Standing, day: date) -> list[Notice]:
    details = {"must_register": YES_NO[now.register], "must_be_searchable": YES_NO[now.searchable]}
    had = (False, False) if before is None else (before.register, before.searchable)
    if (now.register, now.searchable) != had:
        details |= {"must_register_before": YES_NO[had[0]], "must_be_searchable_before": YES_NO[had[1]]}
        reason, told = "cv-requirement-changed", [now.jobcentre, now.fund]
    elif before is not None:
        reason = "cv-status-on-move"
        told = [new for new, old in ((now.jobcentre, before.jobcentre), (now.fund, before.fund)) if new != old]
    else:
        return []
    return [Notice(who, reason, day, tuple(sorted(details.items()))) for who in told if who is not None]


def _access(found: Right, citizen: str, events: list[ReferralRecorded], last: date) -> None:
    known: dict[str, ReferralRecorded] = {}
    have: set[str] = set()
    for day, facts in _days(events, last) if events else ():
        for event in (None, *facts):
            if isinstance(event, ReferralRecorded):
                known[event.record] = event
            may = {each.provider for each in known.values() if referred(each, day)}
            turned = [Access(provider, provider in may, day) for provider in have ^ may]
            found.access[citizen] += sorted(turned, key=lambda turn: (turn.opened, turn.provider))
            have = may


def referred(referral: ReferralRecorded, day: date) -> bool:
    """ACC-3: whether the referral, as it is recorded there, opens the citizen to its provider on that day."""
    cancelled = referral.cancelled_on is not None and day >= referral.cancelled_on
    return referral.first_day <= day <= referral.last_day and not cancelled


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
