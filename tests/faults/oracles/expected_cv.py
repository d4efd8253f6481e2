"""CV-1 to CV-7 for one citizen, worked out day by day."""

from datetime import date

from schemas.cv import CvExemptionRecorded, SituationRecorded
from schemas.event import Event
from tests.faults.oracles.result import ONE_DAY, RELEASE, Change, ExpectedResult, Notice, Standing

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


class Duties:
    """`_decided`: the last day on which a fact, or the beginning or end of an exemption, decided anything. A fact that
    is recorded late takes effect then, so that it never changes a day that has passed."""

    def __init__(self, found: ExpectedResult, citizen: str) -> None:
        self._changes, self._notices = found.changes[citizen], found.notices[citizen]
        self._situation: SituationRecorded | None = None
        self._exemptions: dict[str, CvExemptionRecorded] = {}
        self._before: Standing | None = None
        self._decided = date.min

    def begins(self, day: date) -> None:
        """Makes the changes that the day itself brings, before any event that is recorded on it."""
        stand = [each for each in self._exemptions.values() if not each.withdrawn]
        if any(day == each.first_day or day - ONE_DAY == each.last_day for each in stand):
            self._decided = day
        self._look(day, initial=False)

    def recorded(self, event: SituationRecorded | CvExemptionRecorded, today: date) -> None:
        known: Event | None = self._situation
        if isinstance(event, CvExemptionRecorded):
            known = self._exemptions.get(event.exemption)
        if known is not None and event.occurred_at < known.occurred_at:
            return
        self._decided = day = max(event.day, self._decided)
        if isinstance(event, SituationRecorded):
            self._situation = event
        else:
            self._exemptions[event.exemption] = event
        self._look(day, event.initial)
        while day < today:
            day += ONE_DAY
            self.begins(day)

    def _look(self, day: date, initial: bool) -> None:
        if self._situation is None:
            return
        holding = [
            each
            for each in self._exemptions.values()
            if not each.withdrawn and each.first_day <= day and (each.last_day is None or day <= each.last_day)
        ]
        before, now = self._before, _standing(self._situation, {each.kind for each in holding})
        if before is None or before.shown != now.shown:
            had = (False, False) if before is None else (before.register, before.searchable)
            self._changes.append(Change(had, now, day, initial))
            if not initial and day >= RELEASE:
                self._notices += _notices(before, now, day, _named(before, now, holding))
        self._before = now


def _standing(situation: SituationRecorded, kinds: set[str]) -> Standing:
    duty = DUTIES[situation.target_group]
    register = duty[0] and "from-registering" not in kinds
    searchable = duty[1] and not kinds
    rule = "CV-1" if (register, searchable) == duty else "CV-2"
    flags = "from-registering" in kinds, "from-being-searchable" in kinds
    return Standing(register, searchable, *flags, situation.jobcentre, situation.fund, rule)


def _named(before: Standing | None, now: Standing, holding: list[CvExemptionRecorded]) -> dict[str, str]:
    """The exemption that lifts most of those that hold, with its last day if it has one, and the one that has ended."""
    named, had, has = {}, [] if before is None else _kinds(before), _kinds(now)
    for kind in has[:1]:
        named["exemption"] = kind
        ends = [each.last_day for each in holding if each.kind == kind]
        if None not in ends:
            named["exempt_until"] = f"{max(end for end in ends if end):%d.%m.%Y}"
    for kind in had[:1]:
        if kind not in has:
            named["exemption_ended"] = kind
    return named


def _kinds(standing: Standing) -> list[str]:
    flags = (standing.exempt_from_registering, standing.exempt_from_being_searchable)
    return [kind for kind, holds in zip(("from-registering", "from-being-searchable"), flags, strict=True) if holds]


def _notices(before: Standing | None, now: Standing, day: date, named: dict[str, str]) -> list[Notice]:
    details = named | {"must_register": YES_NO[now.register], "must_be_searchable": YES_NO[now.searchable]}
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
