"""The state of a citizen's CV duties."""

from dataclasses import dataclass
from datetime import date

from schemas.cv import CvExemptionRecorded
from schemas.dates import next_day
from schemas.event import Event
from streams.policies.state import MOST_OF_A_PERSON, State


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption as last recorded, both days included."""

    id: str
    kind: str
    first_day: date
    last_day: date | None

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def changes_after(self, day: date) -> date | None:
        """CV-2: the next day on which it begins or has ended; None when there is none."""
        if self.first_day > day:
            return self.first_day
        if self.last_day is None or self.last_day == date.max:  # 9999-12-31 is some systems' way to say open-ended
            return None
        return next_day(self.last_day)


class CvDuties(State):
    """A citizen's situation and exemptions, and the duties that follow on `as_of`, the last day decided.

    `target_group` and `jobcentre` are None while only exemptions are known: topics have no common order.
    """

    citizen: str
    as_of: date
    target_group: str | None = None
    jobcentre: str | None = None
    fund: str | None = None
    exemptions: tuple[Exemption, ...] = ()
    must_register: bool = False
    must_be_searchable: bool = False
    exempt_from_registering: bool = False
    exempt_from_being_searchable: bool = False
    rule: str = ""

    def has_room(self, event: Event) -> bool:
        if len(self.exemptions) < MOST_OF_A_PERSON or not isinstance(event, CvExemptionRecorded):
            return True
        return event.withdrawn or any(each.id == event.exemption for each in self.exemptions)
