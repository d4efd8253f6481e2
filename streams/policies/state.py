"""The base of a decision's state of a subject, with the day that it waits for."""

from datetime import date

from schemas.event import Frozen


class State(Frozen):
    """Base of every decision's state. `wakes_on` is the next day on which time alone changes something, or None."""

    wakes_on: date | None = None
