"""The state of a citizen's CV duties."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.cv import CvExemptionRecorded
from schemas.dates import next_day
from schemas.event import Event
from streams.policies.state import MOST_OF_A_PERSON, State, forgotten_on


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption as last recorded, both days included. `at`: the moment of that fact, None in states of form 1."""

    id: str
    kind: str
    first_day: date
    last_day: date | None
    at: datetime | None = None
    withdrawn: bool = False

    def holds_on(self, day: date) -> bool:
        return not self.withdrawn and self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def changes_after(self, day: date) -> date | None:
        """CV-2: the next day on which it begins, has ended, or is forgotten; None when there is none."""
        if self.first_day > day and not self.withdrawn:
            return self.first_day
        if self.holds_on(day):
            # 9999-12-31 is some systems' way to say open-ended
            return None if self.last_day in (None, date.max) else next_day(self.last_day)
        return forgotten_on(self.at)

    def is_forgotten(self, day: date) -> bool:
        """True when it is over, and has been remembered long enough."""
        is_over = self.withdrawn or (self.last_day is not None and self.last_day < day)
        return is_over and forgotten_on(self.at) <= day


class CvDuties(State):
    """A citizen's situation and exemptions, and the duties that follow on `as_of`, the last day decided.

    `target_group` and `jobcentre` are None while only exemptions are known: topics have no common order.
    `situation_at`: the moment of the situation, None in states of form 1.
    """

    citizen: str
    as_of: date
    target_group: str | None = None
    jobcentre: str | None = None
    fund: str | None = None
    situation_at: datetime | None = None
    exemptions: tuple[Exemption, ...] = ()
    must_register: bool = False
    must_be_searchable: bool = False
    exempt_from_registering: bool = False
    exempt_from_being_searchable: bool = False
    rule: str = ""

    def has_room(self, event: Event) -> bool:
        if len(self.exemptions) < MOST_OF_A_PERSON or not isinstance(event, CvExemptionRecorded):
            return True
        return any(each.id == event.exemption for each in self.exemptions)
