"""Too many dead letters of one topic stop its slice: a bad deploy must not drain a topic (DESIGN 2.6). Pure.

Counted per topic, for a topic that goes wrong must not hide behind another that is busy. What waits behind a letter
counts neither way: nobody has tried to read it.
"""

from collections.abc import Sequence
from typing import NamedTuple

IN_A_ROW = 20
"""A source's slip spoils a record or a handful; so many in a row, of one topic in one slice, are a defect."""

OF_LATE, RECORDS = 100, 1_000
"""So many among so many records, counted from the first letter on: a tenth is beyond any source's ordinary errors."""


class Count(NamedTuple):
    """`row`: letters one after the other. `letters` among the `records` since the first. `allowed`: may still come."""

    row: int = 0
    letters: int = 0
    records: int = 0
    allowed: int = 0


NONE = Count()


class TooManyError(Exception):
    """The breaker has tripped; the text says at what."""


def counted(count: Count, letters: Sequence[bool]) -> Count:
    """The count after these records of one topic, in order; true: a dead letter. Raises `TooManyError`."""
    for letter in letters:
        if letter and count.allowed:
            count = Count(allowed=count.allowed - 1)
        elif letter:
            count = Count(count.row + 1, count.letters + 1, count.records + 1)
        elif count != NONE:
            count = count._replace(row=0, records=count.records + 1)
        if count.row > IN_A_ROW:
            raise TooManyError(f"{count.row} in a row")
        if count.letters > OF_LATE:
            raise TooManyError(f"{count.letters} among {count.records} records")
        if count.records >= RECORDS:
            count = Count(row=count.row)
    return count


def allowing(count: Count, letters: int) -> Count:
    """An operator lets so many more through. What of it is not used up ends with the next `RECORDS` good records."""
    return Count(allowed=count.allowed + letters)
