"""How long each area is kept, and from when on (RET-1 … RET-4, RET-7): the one reviewed table."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from schemas.dates import add_years
from schemas.release_dates import JOBLOG_DELETIONS_FROM, RELEASE_2021_2


class Area(NamedTuple):
    """The part of a table that is deleted, when, and by which rule. A changed rule is one more row, with its own
    `applies_from`.

    `anchor`: the day that the years are counted from, in words and as SQL over the table's columns. `archive`: the
    area's name in archive deliveries; with one, an approved delivery must cover the record first (RET-6).
    """

    rule: str
    code: str
    years: int
    anchor: str
    anchor_sql: str
    table: str
    deletes: Literal["record", "voluntary-fields"]
    archive: str | None
    applies_from: date

    @property
    def still(self) -> str:
        """SQL that is true for the rows that the area still has."""
        return "true" if self.deletes == "record" else "not emptied"


JOBLOG = "register.joblog_entry"

AREAS = (
    Area("RET-1", "job-suggestion-checks", 6, "day of the check (chosen)", "checked_on",
         "register.job_suggestion_check", "record", "job-suggestion-checks", RELEASE_2021_2),
    Area("RET-2", "referrals", 6, "last day of the period (chosen); the day before a cancellation that came earlier",
         "ends", "access.referral", "record", "referrals", RELEASE_2021_2),
    Area("RET-3", "joblog-voluntary", 4, "last update", "updated_on", JOBLOG, "voluntary-fields", None,
         JOBLOG_DELETIONS_FROM),
    Area("RET-4", "joblog-mandatory", 6, "last update (chosen)", "updated_on", JOBLOG, "record", "joblog",
         JOBLOG_DELETIONS_FROM),
)  # fmt: skip
"""`retention.area` holds the same rows for SQL; a test compares them."""


@cache
def areas_on(day: date, rows: tuple[Area, ...] = AREAS) -> Mapping[str, Area]:
    """The row of each area that applies on that day, by code (RET-7): the latest of those that have begun."""
    begun = sorted((row for row in rows if row.applies_from <= day), key=lambda row: row.applies_from)
    return {row.code: row for row in begun}


def due_on(area: Area, anchor: date) -> date:
    """The first day on which a record with that anchor may be deleted."""
    return add_years(anchor, area.years)


@cache
def latest_due_anchor(day: date, years: int) -> date:
    """The last anchor that is due on `day`: no later anchor is due, so an index on the anchor finds all."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February: an anchor of 1 March is due tomorrow only
        return date(day.year - years, 2, 28)
