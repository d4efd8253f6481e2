"""Referrals of citizens to providers, and the access that follows (ACC-1 … ACC-3)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.event import FIRST_YEAR, LAST_YEAR, Day, Event, Id, Text

ProviderId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""A provider's id, which also names its role in the database: `provider_<id>`."""


def _within_years(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


PeriodDay = Annotated[Day, AfterValidator(_within_years)]


class ProviderRecorded(Event):
    """A provider that citizens may be referred to. The same id again corrects the name."""

    SCHEMA: ClassVar[str] = "provider-recorded.v1"
    KEY: ClassVar[str] = "provider"

    provider: ProviderId
    name: Annotated[Text, Field(min_length=1, max_length=200)]


class ReferralRecorded(Event):
    """A citizen is referred to a provider from one day to another, both included. The same `record` again corrects it.

    Chosen: a referral always has a last day, for access is limited in time; one that goes on is extended. Chosen: a
    record stays with its citizen; one for the wrong person is cancelled.
    """

    SCHEMA: ClassVar[str] = "referral-recorded.v1"
    KEY: ClassVar[str] = "citizen"
    AHEAD_YEARS: ClassVar[Mapping[str, int]] = {"last_day": 5}

    citizen: Id
    record: Id
    provider: ProviderId
    first_day: PeriodDay
    last_day: PeriodDay
    cancelled_on: PeriodDay | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("last_day lies before first_day")
        return self

    @property
    def ends(self) -> date:
        """ACC-3: the last day of access. Cancelled, it no longer holds on that day (chosen), perhaps on none."""
        if self.cancelled_on is None or self.cancelled_on > self.last_day:
            return self.last_day
        return self.cancelled_on - timedelta(days=1)


class AccessChanged(Event):
    """Records that a provider's access to a citizen opens or closes (ACC-1, ACC-3). The database itself grants it."""

    SCHEMA: ClassVar[str] = "access-changed.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    provider: ProviderId
    opened: bool
    from_day: Day
    rule: str
