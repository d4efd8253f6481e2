"""JobKon is phased out: when each function ends, and when its users are told beforehand (JKO-1, JKO-2, JKO-3; TIT-12).

**Chosen**, where the newsletter is silent:

* Days before the end are counted from a function's last day: 7 days before 31 December is 24 December.
* A use is a granted request; it counts for 90 days. A use on the very day of a notice comes too late for that one.
* One notice a user, day and date of ending, with all functions that he or she used.
* A function that no row names ends with JobKon itself.
* A use that is recorded late gets no notice afterwards, where the user was told of other functions on that day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from schemas.dates import midnight, next_day
from schemas.event import Event
from schemas.jobkon import USED_WITHIN_DAYS, JobkonFunctionAnswered, JobkonFunctionRequested
from schemas.notices import NoticeIssued
from schemas.release_dates import JOBKON_FIRST_PART_ENDS, JOBKON_LAST_PART_ENDS, NOTICES_FROM, WAVE_1
from schemas.texts.days import danish_day
from schemas.texts.jobkon import REPLACEMENTS
from streams.policies.answers import answered
from streams.policies.state import MOST_OF_A_PERSON, State


class Function(NamedTuple):
    """A function answers up to its last day; from then on it refuses, and names its replacement."""

    rule: str
    code: str
    last_day: date
    replaced_by: str
    source: str


NEWSLETTER = "newsletter 23/2021"
LIST = "STAR's list"
FIRST, LAST = JOBKON_FIRST_PART_ENDS, JOBKON_LAST_PART_ENDS
JOBAD = f"{NEWSLETTER}; STAR's integration guide of JobAD"
JOBLOG = f"{NEWSLETTER}; STAR's wiki names JoblogService"

ROWS = (
    Function("JKO-2", "preparation-form", FIRST, LIST, NEWSLETTER),
    Function("JKO-2", "tags-assign", FIRST, LIST, NEWSLETTER),
    Function("JKO-2", "tags-search", FIRST, LIST, NEWSLETTER),
    Function("JKO-2", "adverts-create", FIRST, "JobAD", JOBAD),
    Function("JKO-2", "adverts-view", FIRST, "JobAD", JOBAD),
    Function("JKO-2", "adverts-search", FIRST, "JobAD", JOBAD),
    Function("JKO-2", "messages", FIRST, LIST, NEWSLETTER),
    Function("JKO-2", "joblog-view", LAST, "JoblogService", JOBLOG),
    Function("JKO-2", "joblog-search", LAST, "JoblogService", JOBLOG),
    Function("TIT-12", "title-category-lookup", WAVE_1 - timedelta(days=1), "typeahead", NEWSLETTER),
)
OTHERS = Function(
    "JKO-1", "*", LAST, LIST, f"{NEWSLETTER}: JobKon closes; chosen: until then what no row names is open"
)

TOLD_DAYS_BEFORE = (90, 30, 7)

_ROW_OF = {row.code: row for row in ROWS}
_WINDOW = timedelta(days=USED_WITHIN_DAYS)


@dataclass(frozen=True, slots=True)
class Use:
    """The last use of a function."""

    function: str
    day: date


class JobkonUser(State):
    """Uses for which a notice may still become due; `as_of` is the last day decided."""

    user: str
    as_of: date
    uses: tuple[Use, ...] = ()

    def has_room(self, event: Event) -> bool:
        if len(self.uses) < MOST_OF_A_PERSON or not isinstance(event, JobkonFunctionRequested):
            return True
        return any(use.function == event.function for use in self.uses)


Decided = tuple[JobkonUser | None, Sequence[Event]]


def row_of(function: str) -> Function:
    """The row of law for a function, by its code."""
    return _ROW_OF.get(function, OTHERS)


def notice_days(row: Function) -> tuple[date, ...]:
    """The days on which users are told, in order; none lies before `NOTICES_FROM`."""
    days = (row.last_day - timedelta(days=before) for before in TOLD_DAYS_BEFORE)
    return tuple(day for day in days if day >= NOTICES_FROM)


def decide(state: JobkonUser | None, event: Event) -> Decided:
    """JKO-1, JKO-2: the answer; the day of the request decides, and the last day still works."""
    if not isinstance(event, JobkonFunctionRequested):
        raise TypeError(f"requests in JobKon are no {type(event).__name__}; only the decision's READS belong here")
    row = row_of(event.function)
    granted = event.day <= row.last_day
    text = "jobkon-granted" if granted else "jobkon-refused-ended"
    instead = REPLACEMENTS[row.replaced_by]
    details = {"function": event.function, "last_day": danish_day(row.last_day), "instead": instead}
    answer = answered(
        JobkonFunctionAnswered, event, granted=granted, rule=row.rule, text=text, details=details,
        function=event.function,
    )  # fmt: skip
    return (_used(state, event) if granted else state), (answer,)


def wake(state: JobkonUser, day: date) -> Decided:
    """JKO-3: the notices of that day."""
    due = [use for use in state.uses if day in notice_days(row_of(use.function)) and use.day >= day - _WINDOW]
    due.sort(key=lambda use: (row_of(use.function).last_day, use.function))
    notices = [
        _notice(state.user, day, last_day, [use.function for use in uses])
        for last_day, uses in groupby(due, lambda use: row_of(use.function).last_day)
    ]
    return _remembered(state.user, state.uses, day), notices


def _used(state: JobkonUser | None, request: JobkonFunctionRequested) -> JobkonUser | None:
    uses = {use.function: use.day for use in state.uses} if state else {}
    uses[request.function] = max(request.day, uses.get(request.function, request.day))
    as_of = request.day if state is None else max(request.day, state.as_of)
    return _remembered(request.requester, [Use(function, day) for function, day in uses.items()], as_of)


def _remembered(user: str, uses: Sequence[Use], day: date) -> JobkonUser | None:
    """Only the uses of which the user may still be told after that day, and the next such day."""
    next_of = {use: due for use in uses if (due := _next_notice(use, day)) is not None}
    if not next_of:
        return None
    return JobkonUser.trusted(wakes_on=min(next_of.values()), user=user, as_of=day, uses=tuple(next_of))


def _next_notice(use: Use, day: date) -> date | None:
    days = notice_days(row_of(use.function))
    return next((due for due in days if day < due <= use.day + _WINDOW), None)


def _notice(user: str, day: date, last_day: date, functions: Sequence[str]) -> NoticeIssued:
    details = {"functions": ", ".join(functions), "last_day": danish_day(last_day), "days": f"{(last_day - day).days}"}
    return NoticeIssued.trusted(
        occurred_at=midnight(day),
        about=user,
        recipient_kind="user",
        recipient=user,
        reason="jobkon-function-ends",
        rule="JKO-3",
        from_day=next_day(last_day),
        details=details,
    )
