"""The base of a decision's state of a subject, with the day that it waits for, and how much a state may hold."""

from datetime import date, datetime, timedelta

from schemas.dates import copenhagen_day
from schemas.event import Event, Frozen

MOST_OF_A_HOLDER = 20_000
"""Titles of one holder, adverts that wait for one company, records behind one citizen's holds (**chosen**): no honest
subject has more, and a fact of one with so many costs what any fact costs."""

MOST_OF_A_PERSON = 1_000
"""Referrals, exemptions and holds of one citizen, modules and requests of one user, and the like (**chosen**)."""

REMEMBERED = timedelta(days=400)
"""So long after it was recorded, what has ended or is withdrawn is remembered (**chosen**), lest a fact that is older
and read later brings it back, or one that says it again starts it anew."""


def forgotten_on(at: datetime | None) -> date:
    """The day on which a fact of that moment is remembered no longer, once what it tells of is over."""
    return date.min if at is None else copenhagen_day(at) + REMEMBERED


class State(Frozen):
    """Base of every decision's state. `wakes_on` is the next day on which time alone changes something, or None."""

    wakes_on: date | None = None

    def has_room(self, _event: Event) -> bool:
        """False when the event would add to something of which the subject has more than is honest already."""
        return True
