"""Time is an event (DESIGN 2.3)."""

from datetime import date
from typing import ClassVar

from schemas.event import Event


class DayBegun(Event):
    """Copenhagen's `day_begun` has begun. One record a slice; `ends` are the offsets that the slice's topics had then:
    who has not read that far holds the day back, so that lag can never delete what was just updated."""

    SCHEMA: ClassVar[str] = "day-begun.v1"
    KEY: ClassVar[str] = "day_begun"

    day_begun: date
    ends: dict[str, int]
