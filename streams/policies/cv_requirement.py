"""CV duties: which citizens must register a CV, and which must make it searchable (CV-1, CV-2)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from schemas.cv import CvExemptionRecorded, SituationRecorded
from schemas.dates import midnight
from schemas.event import Event
from streams.policies.cv_notices import said
from streams.policies.cv_state import CvDuties, Exemption


class Duty(NamedTuple):
    """The duties of a target group about a CV when nothing exempts the citizen."""

    rule: str
    target_group: str
    register: bool
    searchable: bool
    source: str


class Lift(NamedTuple):
    """The duties that an exemption lifts while it lasts."""

    rule: str
    exemption: str
    register: bool
    searchable: bool
    source: str


STAR = "STAR's public documentation of target groups"

DUTIES = (
    Duty("CV-1", "insured-unemployed", register=True, searchable=True, source=STAR),
    Duty("CV-1", "job-ready", register=True, searchable=True, source=STAR),
    Duty("CV-1", "openly-education-ready", register=True, searchable=True, source=STAR),
    Duty("CV-1", "flex-job-unemployment-benefit", register=True, searchable=True, source=STAR),
    Duty("CV-1", "not-job-ready", register=True, searchable=False, source=f"{STAR}; searchable is voluntary"),
    Duty("CV-1", "employed", register=False, searchable=False, source=STAR),
    Duty("CV-1", "other", register=False, searchable=False, source=STAR),
)

LIFTS = (
    Lift("CV-2", "from-registering", register=True, searchable=True, source="chosen: without a CV nothing to search"),
    Lift("CV-2", "from-being-searchable", register=False, searchable=True, source="newsletter 23/2021"),
)

Outcome = tuple[CvDuties, Sequence[Event]]


class Situation(NamedTuple):
    """What the jobcentre or fund said last of the citizen, and when."""

    target_group: str | None = None
    jobcentre: str | None = None
    fund: str | None = None
    at: datetime | None = None


_DUTY_OF = {duty.target_group: (duty.rule, duty.register, duty.searchable) for duty in DUTIES}
_UNKNOWN = ("", False, False)


def decide(state: CvDuties | None, event: Event) -> Outcome:
    """CV-1, CV-2: the duties once a situation or an exemption was recorded, and the events about them.

    A fact that is recorded afterwards takes effect when recorded (chosen). A record that arrives late takes effect on
    the last day decided (chosen), so that it never opens a day gone by again. One that is older than the last known of
    the same situation or exemption changes nothing; of two of one moment the later on the topic counts.
    """
    day = event.day if state is None else max(event.day, state.as_of)
    situation, exemptions = (Situation(), ()) if state is None else (_situation(state), state.exemptions)
    if isinstance(event, SituationRecorded):
        known_at = situation.at
        situation = Situation(event.target_group, event.jobcentre, event.fund, event.occurred_at)
    elif isinstance(event, CvExemptionRecorded):
        known_at = next((each.at for each in exemptions if each.id == event.exemption), None)
        exemptions = _recorded(exemptions, event)
    else:
        raise TypeError(f"CV duties do not follow from {type(event).__name__}; only the decision's READS belong here")
    if state is not None and known_at is not None and event.occurred_at < known_at:
        return state, ()
    after = _duties(event.key, situation, exemptions, day)
    return after, said(state, after, event.occurred_at, initial=event.initial)


def wake(state: CvDuties, day: date) -> Outcome:
    """CV-2: an exemption begins on its first day, and no longer holds on the day after its last."""
    after = _duties(state.citizen, _situation(state), state.exemptions, day)
    return after, said(state, after, midnight(day), initial=False)


def _situation(state: CvDuties) -> Situation:
    return Situation(state.target_group, state.jobcentre, state.fund, state.situation_at)


def _recorded(exemptions: tuple[Exemption, ...], event: CvExemptionRecorded) -> tuple[Exemption, ...]:
    """CV-2: the same exemption again corrects it; withdrawn, it exempts from nothing."""
    others = tuple(each for each in exemptions if each.id != event.exemption)
    days = event.first_day, event.last_day
    return (*others, Exemption(event.exemption, event.kind, *days, event.occurred_at, event.withdrawn))


def _duties(citizen: str, situation: Situation, exemptions: tuple[Exemption, ...], day: date) -> CvDuties:
    """CV-1, CV-2: the duties on that day. Exemptions that are long over are forgotten."""
    group = situation.target_group
    rule, register, searchable = _UNKNOWN if group is None else _DUTY_OF[group]
    exempt: tuple[str, ...] = ()
    wakes_on = None
    if exemptions:
        exemptions = tuple(each for each in exemptions if not each.is_forgotten(day))
        exempt = tuple(each.kind for each in exemptions if each.holds_on(day))
        wakes_on = min((change for each in exemptions if (change := each.changes_after(day))), default=None)
    for lift in LIFTS if exempt else ():
        if lift.exemption in exempt and ((register and lift.register) or (searchable and lift.searchable)):
            rule = lift.rule
            register, searchable = register and not lift.register, searchable and not lift.searchable
    return CvDuties.trusted(
        wakes_on=wakes_on,
        citizen=citizen,
        as_of=day,
        target_group=group,
        jobcentre=situation.jobcentre,
        fund=situation.fund,
        situation_at=situation.at,
        exemptions=exemptions,
        must_register=register,
        must_be_searchable=searchable,
        exempt_from_registering="from-registering" in exempt,
        exempt_from_being_searchable="from-being-searchable" in exempt,
        rule=rule,
    )
