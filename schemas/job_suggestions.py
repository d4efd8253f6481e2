"""Checks of job suggestions: the duty ended in December 2019, the data remains until it is due (RET-1)."""

from collections.abc import Mapping
from typing import ClassVar

from schemas.event import Day, Event, Id, Text


class JobSuggestionCheckRecorded(Event):
    """A citizen's job suggestions were checked on a day. The same `record` again corrects it.

    `record` is random: nothing about the person follows from it, and it is never used again.
    """

    SCHEMA: ClassVar[str] = "job-suggestion-check-recorded.v1"
    KEY: ClassVar[str] = "citizen"
    AHEAD_YEARS: ClassVar[Mapping[str, int]] = {"checked_on": 0}

    citizen: Id
    record: Id
    checked_on: Day
    outcome: Text
