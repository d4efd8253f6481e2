"""Tjek jobforslag: citizens' own checks. The duty ended in December 2019, the data remains until it is due (RET-1)."""

from collections.abc import Mapping
from typing import ClassVar

from schemas.event import Day, Event, Id, Moment, Text


class JobSuggestionCheckRecorded(Event):
    """A citizen logged in to Jobnet, looked at the job suggestions there, and acknowledged it digitally.

    It was a duty at least every 7th day. The same `record` again corrects it. `record` is random: nothing about the
    person follows from it, and it is never used again. Version 1 has neither moment; its `outcome` is all that it says.
    """

    SCHEMA: ClassVar[str] = "job-suggestion-check-recorded.v2"
    KEY: ClassVar[str] = "citizen"
    AHEAD_YEARS: ClassVar[Mapping[str, int]] = {"checked_on": 0}

    citizen: Id
    record: Id
    checked_on: Day
    outcome: Text
    logged_in_at: Moment | None = None
    acknowledged_at: Moment | None = None
