"""The state of a user of bi.star.dk."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from schemas.bi import BiAccessRecorded, BiModuleDecidedRecorded, BiModuleRequested, Status
from schemas.event import Event, Moment
from schemas.release_dates import BI_NEMLOGIN
from streams.policies.state import MOST_OF_A_PERSON, State


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a module that waits for its decision, and who is asked: None in states of before that was kept."""

    request: str
    module: str
    responsible: str | None = None

    def may_be_decided_by(self, user: str, who: str) -> bool:
        """BI-4: by the person who is asked, and never by the user."""
        return who != user and self.responsible in (None, who)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was read before its request: topics have no common order."""

    request: str
    responsible: str
    granted: bool
    at: Moment
    day: date


class BiUser(State):
    """`status` and `responsible` are None for a user without access. `mailed`: was told of NemLog-in (BI-1).

    `moved_at`: moved the rights then; None for one who has not, or never had to.
    """

    user: str
    status: Status | None = None
    responsible: str | None = None
    modules: tuple[str, ...] = ()
    mailed: bool = False
    moved_at: datetime | None = None
    asked: tuple[Asked, ...] = ()
    decided: tuple[Decided, ...] = ()

    def has_room(self, event: Event) -> bool:
        if isinstance(event, BiAccessRecorded) and not event.removed:
            return len(self.modules) < MOST_OF_A_PERSON or {*event.modules} <= {*self.modules}
        if isinstance(event, BiModuleRequested):
            return len(self.asked) < MOST_OF_A_PERSON
        return len(self.decided) < MOST_OF_A_PERSON or not isinstance(event, BiModuleDecidedRecorded)

    def stood(self, moment: datetime) -> Self:
        """The user as he or she stood at that moment, if the rights were moved only later."""
        if self.moved_at is None or self.moved_at <= moment:
            return self
        return self.model_copy(update={"status": "rights-to-move", "moved_at": None})

    def usable(self, day: date) -> tuple[str, ...]:
        """BI-3: from the day of NemLog-in on, only modules that were moved or never had to be."""
        return self.modules if self.status == "nemlogin" or day < BI_NEMLOGIN else ()
