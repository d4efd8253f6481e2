"""When a Joblog is closed to its citizen, and how the citizen is told (RET-5).

**Chosen**, where the newsletter is silent: no Joblog is closed before its citizen was told, `JOBLOG_LEAD` ahead. So one
that was too old already when the release began is announced on that day and closed `JOBLOG_LEAD` later, and can be read
until then (`JOBLOG_DELETIONS_FROM`). Each entry goes by its own deadline, whatever is announced. An update or a new
entry opens a closed one, and nobody is told of that, for the citizen has just done it. A Joblog without any entry left
is forgotten. An entry that is recorded again with the same content is no update, also for `REMEMBERED` after that. What
is carried out late announces no closing that is past; and nobody is told of one that leaves nothing.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from schemas.dates import add_years, copenhagen_day, midnight
from schemas.event import Event, Moment
from schemas.joblog import JoblogEntryRecorded, JoblogStandingChanged
from schemas.notices import NoticeIssued
from schemas.release_dates import JOBLOG_LEAD, RELEASE_2021_2
from streams.policies.state import MOST_OF_A_HOLDER, REMEMBERED, State


class Closing(NamedTuple):
    """Years after the last update that a Joblog is closed and forgotten, and how long before its citizen is told."""

    rule: str
    years: int
    lead: timedelta
    forgotten_years: int


CLOSING = Closing("RET-5", years=4, lead=JOBLOG_LEAD, forgotten_years=6)
"""4 years as the voluntary fields (RET-3), 6 as the mandatory ones (RET-4)."""

FROM_DAY = RELEASE_2021_2
"""A notice that would have been due before that day is given on it."""


class Entry(NamedTuple):
    """What an entry said last, and when. `content` tells it from others, and gives nothing away."""

    record: str
    content: str
    said_at: Moment


class Joblog(State):
    """`told_on`: the day on which the citizen was told of `closes_on`. `entries`: in the order of their records.
    `ended`: no entry is left, but the source still records some of them again.
    """

    citizen: str
    updated_on: date
    told_on: date | None = None
    closed: bool = False
    entries: tuple[Entry, ...] = ()
    ended: bool = False

    def has_room(self, event: Event) -> bool:
        return len(self.entries) < MOST_OF_A_HOLDER or self.place(event)[1] is not None

    def place(self, event: Event) -> tuple[int, Entry | None]:
        """Where the entry stands or belongs, and what it said last, if it is known."""
        record = event.__dict__.get("record", "")
        at = bisect_left(self.entries, (record,))
        found = self.entries[at] if at < len(self.entries) else None
        return at, found if found is not None and found.record == record else None


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Decided = tuple[Joblog | None, Sequence[Event]]


def decide(state: Joblog | None, event: Event, _today: date) -> Decided:
    """An entry was added or updated; one that is older than the last known update changes nothing."""
    if not isinstance(event, JoblogEntryRecorded):
        raise TypeError(f"joblog does not read {type(event).__name__}")
    at, known = state.place(event) if state is not None else (0, None)
    if known is not None and event.occurred_at < known.said_at:
        return state, ()
    said = Entry(event.record, event.but(occurred_at=_NEVER).content.hex(), event.occurred_at)
    before = () if state is None else state.entries
    entries = (*before[:at], said, *before[at + (known is not None) :])
    if state is not None and (event.day <= state.updated_on or (known is not None and known.content == said.content)):
        return state.but(entries=entries), ()
    opened = (_standing(event.citizen, event.occurred_at, event.day, is_open=True),) if state and state.closed else ()
    return _waiting(Joblog(citizen=event.citizen, updated_on=event.day, entries=entries)), opened


def wake(state: Joblog, day: date, today: date) -> Decided:
    """The day of the announcement, of the closing, or of the last entry's end; `today` is the slice's day."""
    if state.closed or state.ended:
        opened = (_standing(state.citizen, midnight(day), day, is_open=True),) if state.closed else ()
        again = tuple(entry for entry in state.entries if copenhagen_day(entry.said_at) + REMEMBERED > day)
        ended = state.but(closed=False, ended=True, entries=again, wakes_on=day + REMEMBERED)
        return (ended if again else None), opened
    if state.told_on is None:
        told = _waiting(state.model_copy(update={"told_on": day}))
        closes_on = _closes_on(told)
        if closes_on <= today:
            return told, ()
        details = {"closes_on": f"{closes_on:%d.%m.%Y}", "updated_on": f"{state.updated_on:%d.%m.%Y}"}
        return told, (_notice(state, day, "joblog-closes-soon", closes_on, details),)
    closed = _waiting(state.model_copy(update={"closed": True}))
    standing = _standing(state.citizen, midnight(day), day, is_open=False)
    if _ends_on(state) <= today:
        return closed, (standing,)
    return closed, (standing, _notice(state, day, "joblog-closed", day, {}))


def _waiting(state: Joblog) -> Joblog:
    return state.model_copy(update={"wakes_on": _next(state)})


def _next(state: Joblog) -> date:
    if state.closed:
        # Never on the day of the closing itself, also when that comes as late as the end of the last entry.
        return max(_ends_on(state), _closes_on(state) + timedelta(days=1))
    if state.told_on is None:
        return max(add_years(state.updated_on, CLOSING.years) - CLOSING.lead, FROM_DAY)
    return _closes_on(state)


def _ends_on(state: Joblog) -> date:
    """The day on which the last entry goes."""
    return add_years(state.updated_on, CLOSING.forgotten_years)


def _closes_on(state: Joblog) -> date:
    told_on = state.told_on or FROM_DAY
    return max(add_years(state.updated_on, CLOSING.years), told_on + CLOSING.lead)


def _standing(citizen: str, at: datetime, day: date, *, is_open: bool) -> JoblogStandingChanged:
    return JoblogStandingChanged.trusted(occurred_at=at, citizen=citizen, open=is_open, from_day=day, rule=CLOSING.rule)


def _notice(state: Joblog, day: date, reason: str, from_day: date, details: dict[str, str]) -> NoticeIssued:
    return NoticeIssued.trusted(
        occurred_at=midnight(day),
        about=state.citizen,
        recipient_kind="citizen",
        recipient=state.citizen,
        reason=reason,
        rule=CLOSING.rule,
        from_day=from_day,
        details=details,
    )
