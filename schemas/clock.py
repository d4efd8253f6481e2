"""The clock's event: a Copenhagen day has begun (DESIGN 2.3)."""

from typing import ClassVar

from schemas.event import Day, Event


class DayBegun(Event):
    """The day `day_begun` has begun in Copenhagen. Each slice gets one record.

    `ends` are the end offsets that the slice's topics had then. A consumer that has not read that far holds the day
    back, so that lag never deletes a record that was just updated.
    """

    SCHEMA: ClassVar[str] = "day-begun.v1"
    KEY: ClassVar[str] = "day_begun"

    day_begun: Day
    ends: dict[str, int]
