"""CV duties: which citizens must register a CV, and which must make it searchable (CV-1, CV-2)."""

from collections.abc import Sequence
from datetime import date
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

_DUTY_OF = {duty.target_group: (duty.rule, duty.register, duty.searchable) for duty in DUTIES}
_UNKNOWN = ("", False, False)


def decide(state: CvDuties | None, event: Event) -> Outcome:
    """CV-1, CV-2: the duties once a situation or an exemption was recorded, and the events about them.

    A fact that is recorded afterwards takes effect when recorded (chosen). A record that arrives late takes effect on
    the last day decided (chosen), so that it never opens a day gone by again.
    """
    day = event.day if state is None else max(event.day, state.as_of)
    exemptions = () if state is None else state.exemptions
    if isinstance(event, SituationRecorded):
        after = _duties(event.citizen, event.target_group, event.jobcentre, event.fund, exemptions, day)
    elif isinstance(event, CvExemptionRecorded):
        exemptions = _recorded(exemptions, event)
        if state is None:
            after = _duties(event.citizen, None, None, None, exemptions, day)
        else:
            after = _duties(state.citizen, state.target_group, state.jobcentre, state.fund, exemptions, day)
    else:
        raise TypeError(f"CV duties do not follow from {type(event).__name__}; only the decision's READS belong here")
    return after, said(state, after, event.occurred_at, initial=event.initial)


def wake(state: CvDuties, day: date) -> Outcome:
    """CV-2: an exemption begins on its first day, and no longer holds on the day after its last."""
    after = _duties(state.citizen, state.target_group, state.jobcentre, state.fund, state.exemptions, day)
    return after, said(state, after, midnight(day), initial=False)


def _recorded(exemptions: tuple[Exemption, ...], event: CvExemptionRecorded) -> tuple[Exemption, ...]:
    """CV-2: the same exemption again corrects it; withdrawn, it is gone."""
    others = [each for each in exemptions if each.id != event.exemption]
    if not event.withdrawn:
        others.append(Exemption(event.exemption, event.kind, event.first_day, event.last_day))
    return tuple(others)


def _duties(
    citizen: str,
    target_group: str | None,
    jobcentre: str | None,
    fund: str | None,
    exemptions: tuple[Exemption, ...],
    day: date,
) -> CvDuties:
    """CV-1, CV-2: the duties on that day. Exemptions that have ended by then are forgotten."""
    rule, register, searchable = _UNKNOWN if target_group is None else _DUTY_OF[target_group]
    exempt: tuple[str, ...] = ()
    wakes_on = None
    if exemptions:
        exemptions = tuple(each for each in exemptions if each.last_day is None or each.last_day >= day)
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
        target_group=target_group,
        jobcentre=jobcentre,
        fund=fund,
        exemptions=exemptions,
        must_register=register,
        must_be_searchable=searchable,
        exempt_from_registering="from-registering" in exempt,
        exempt_from_being_searchable="from-being-searchable" in exempt,
        rule=rule,
    )
