"""The expected result of a country, in types that neither the streams nor the tables use."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

RELEASE = date(2021, 6, 14)
ONE_DAY = timedelta(days=1)


class Standing(NamedTuple):
    """A citizen's CV duties as they are shown on a day."""

    register: bool
    searchable: bool
    exempt_from_registering: bool
    exempt_from_being_searchable: bool
    jobcentre: str
    fund: str | None
    rule: str

    @property
    def shown(self) -> tuple[object, ...]:
        return self[:-1]


class Change(NamedTuple):
    before: tuple[bool, bool]
    now: Standing
    from_day: date
    initial: bool


class Notice(NamedTuple):
    recipient: str
    reason: str
    from_day: date
    details: tuple[tuple[str, str], ...]


class Access(NamedTuple):
    provider: str
    opened: bool
    from_day: date


class Turn(NamedTuple):
    """The outcome of a job wish's old title."""

    item: str
    outcome: str
    title: str | None
    candidates: tuple[str, ...]
    alias_dropped: bool
    from_day: date
    rule: str


class Original(NamedTuple):
    """For the audit: the item's title before, and the title that replaced it."""

    item: str
    original: str
    replaced_by: str


@dataclass
class ExpectedResult:
    """The one right result: for each citizen, in order. At one moment access closes before it opens."""

    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    notices: dict[str, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    of_joblogs: dict[str, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    access: dict[str, list[Access]] = field(default_factory=lambda: defaultdict(list))
    receipts: set[tuple[str, str, date]] = field(default_factory=set)
    """(area, record, due)."""
    turns: dict[str, list[Turn]] = field(default_factory=lambda: defaultdict(list))
    originals: dict[str, list[Original]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, list[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(list))
    """(request, granted)."""
