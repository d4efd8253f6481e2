"""Too many dead letters of one topic stop its slice: a bad deploy must not drain a topic (DESIGN 2.6). Pure.

Dead letters are counted for each topic: a topic that goes wrong must not hide behind another that is busy. A record
that waits behind a dead letter counts neither as good nor as bad, because nobody has tried to read it.
"""

from collections.abc import Sequence
from typing import NamedTuple

IN_A_ROW = 20
"""Dead letters in a row, of one topic in one slice. A source's slip spoils a record or a handful; more is a defect."""

OF_LATE, RECORDS = 100, 1_000
"""At most `OF_LATE` dead letters among `RECORDS` records, counted from the first dead letter on. A tenth is beyond any
source's ordinary errors."""


class Count(NamedTuple):
    """`row`: dead letters one after the other. `letters`: dead letters among the `records` since the first dead letter.
    `allowed`: dead letters that an operator still lets through."""

    row: int = 0
    letters: int = 0
    records: int = 0
    allowed: int = 0


NONE = Count()


class TooManyError(Exception):
    """There are too many dead letters; the text says how many."""


def counted(count: Count, letters: Sequence[bool]) -> Count:
    """The count after these records of one topic, in order; true stands for a dead letter. Raises `TooManyError`."""
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
    """The count once an operator lets so many more dead letters through. After `RECORDS` further good records the rest
    of that allowance ends."""
    return Count(allowed=count.allowed + letters)
