"""Users of VITAS, their logins and their re-activation (VIT-2, VIT-3)."""

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.event import Day, Event, Id


class VitasUserRecorded(Event):
    """A user of VITAS under the user administration of a jobcentre; recorded again, it replaces the earlier record.

    `created_on` is the day on which VITAS created the user. `company` is None for the jobcentre's own people.
    """

    SCHEMA: ClassVar[str] = "vitas-user-recorded.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    created_on: Day
    jobcentre: Id
    company: Id | None = None

    @model_validator(mode="after")
    def _is_created_already(self) -> Self:
        if self.created_on > self.day:
            raise ValueError("created_on lies after the day on which it was recorded")
        return self


class VitasUserReactivatedRecorded(Event):
    """The jobcentre has re-activated a user (VIT-3)."""

    SCHEMA: ClassVar[str] = "vitas-user-reactivated-recorded.v1"
    KEY: ClassVar[str] = "user"

    user: Id


class VitasUserChanged(Event):
    """How a user now stands on its jobcentre's list (VIT-2).

    `since` is the day on which it became inactive, or the day of the fact by which it is active.
    """

    SCHEMA: ClassVar[str] = "vitas-user-changed.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    active: bool
    since: Day
    jobcentre: Id
    company: Id | None = None
    rule: str


class VitasLoginRequested(Event):
    """VITAS asks whether a user may log in."""

    SCHEMA: ClassVar[str] = "vitas-login-requested.v1"
    KEY: ClassVar[str] = "user"
    ASKS: ClassVar[bool] = True

    user: Id
    request: Id


class VitasLoginAnswered(Event):
    """The one answer to that request: granted, or refused by the named rule, in Danish."""

    SCHEMA: ClassVar[str] = "vitas-login-answered.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    request: Id
    granted: bool
    rule: str
    text: str
    text_version: int
