"""The Joblog: a citizen's applications for jobs, and which fields of them are mandatory (RET-3, RET-4, RET-5)."""

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

from schemas.event import Day, Event, Id, Text


class Field(NamedTuple):
    """A field of an entry. A field that is not listed here is an error, never carried by default."""

    name: str
    kind: Literal["mandatory", "voluntary"]
    source: str


CONSTRUCTED = "constructed: no public list of the fields is at hand"
VOLUNTARY = "constructed; free to fill in, so it goes first (newsletter 23/2021)"

FIELDS = (
    Field("applied_on", "mandatory", CONSTRUCTED),
    Field("employer", "mandatory", CONSTRUCTED),
    Field("position", "mandatory", CONSTRUCTED),
    Field("how_applied", "mandatory", CONSTRUCTED),
    Field("contact_person", "voluntary", VOLUNTARY),
    Field("advert_link", "voluntary", VOLUNTARY),
    Field("note", "voluntary", VOLUNTARY),
    Field("follow_up_on", "voluntary", VOLUNTARY),
    Field("answer", "voluntary", VOLUNTARY),
)
"""The reviewed table. A new field of an entry gets its row here, its field below and its column."""

VOLUNTARY_FIELDS = tuple(field.name for field in FIELDS if field.kind == "voluntary")


class JoblogEntryRecorded(Event):
    """An entry of a citizen's Joblog as it is now. The same `record` again updates it, all fields at once.

    `record` is random: nothing about the person follows from it, and it is never used again. Old entries of a first
    load bear the moment of their own last update in `occurred_at`.
    """

    SCHEMA: ClassVar[str] = "joblog-entry-recorded.v1"
    KEY: ClassVar[str] = "citizen"
    AHEAD_YEARS: ClassVar[Mapping[str, int]] = {"applied_on": 0}

    citizen: Id
    record: Id
    applied_on: Day
    employer: Text
    position: Text
    how_applied: Text
    contact_person: Text | None = None
    advert_link: Text | None = None
    note: Text | None = None
    follow_up_on: Day | None = None
    answer: Text | None = None


class JoblogStandingChanged(Event):
    """From `from_day` on a citizen's Joblog is closed to the citizen, or open again (RET-5)."""

    SCHEMA: ClassVar[str] = "joblog-standing-changed.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    open: bool
    from_day: Day
    rule: str
