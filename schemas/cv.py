"""CV duties: the facts recorded of a citizen, and the duties that follow (CV-1 … CV-7)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, model_validator

from schemas.event import Day, Event, Id

TARGET_GROUPS = (
    "insured-unemployed",
    "job-ready",
    "openly-education-ready",
    "flex-job-unemployment-benefit",
    "not-job-ready",
    "employed",
    "other",
)
"""Every target group that a situation may name; `streams/policies/cv_requirement` has the duties of each."""

EXEMPTIONS = ("from-registering", "from-being-searchable")


def _one_of(known: tuple[str, ...], what: str) -> AfterValidator:
    def check(code: str) -> str:
        if code not in known:
            raise ValueError(f"is no {what} that we know; known are {', '.join(known)}")
        return code

    return AfterValidator(check)


class SituationRecorded(Event):
    """A citizen's target group, jobcentre and fund, as the jobcentre or fund recorded them. `initial`: first load."""

    SCHEMA: ClassVar[str] = "situation-recorded.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    target_group: Annotated[str, _one_of(TARGET_GROUPS, "target group")]
    jobcentre: Id
    fund: Id | None = None
    initial: bool = False


class CvExemptionRecorded(Event):
    """An exemption from a CV duty, from one day to another, both included. The same `exemption` again corrects it.

    The reason is not taken in at all (CV-2).
    """

    SCHEMA: ClassVar[str] = "cv-exemption-recorded.v1"
    KEY: ClassVar[str] = "citizen"
    AHEAD_YEARS: ClassVar[Mapping[str, int]] = {"first_day": 5, "last_day": 50}

    citizen: Id
    exemption: Id
    kind: Annotated[str, _one_of(EXEMPTIONS, "kind of exemption")]
    first_day: Day
    last_day: Day | None = None
    withdrawn: bool = False
    initial: bool = False

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day is not None and self.last_day < self.first_day:
            raise ValueError("last_day lies before first_day")
        return self


class CvRequirementChanged(Event):
    """A citizen's duties about a CV, before `from_day` and from it on (CV-5). Carries no reason and no CPR number."""

    SCHEMA: ClassVar[str] = "cv-requirement-changed.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    must_register: bool
    must_be_searchable: bool
    must_register_before: bool
    must_be_searchable_before: bool
    exempt_from_registering: bool
    exempt_from_being_searchable: bool
    jobcentre: Id
    fund: Id | None = None
    from_day: Day
    rule: str
    initial: bool = False
