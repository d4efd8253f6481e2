"""JobKon: a request, its answer, and the notice that functions end."""

from datetime import date

from schemas.jobkon import JobkonFunctionAnswered, JobkonFunctionRequested
from schemas.notices import NoticeIssued
from schemas.texts.days import danish_day
from schemas.texts.jobkon import REPLACEMENTS
from streams.policies.jobkon import row_of
from tests.request_builders import USER, answer, asked, told


def use(at: str, function: str, user: str = USER) -> JobkonFunctionRequested:
    return asked(JobkonFunctionRequested, at, function=function, requester=user)


def answered(at: str, function: str, *, granted: bool, rule: str = "JKO-2", user: str = USER) -> JobkonFunctionAnswered:
    """The last day and the replacement are those of the function's row."""
    row = row_of(function)
    details = {
        "function": function,
        "last_day": danish_day(row.last_day),
        "instead": REPLACEMENTS[row.replaced_by],
    }
    text = "jobkon-granted" if granted else "jobkon-refused-ended"
    return answer(
        JobkonFunctionAnswered, at, granted=granted, rule=rule, text=text, details=details, function=function,
        requester=user,
    )  # fmt: skip


def ends(at: str, functions: str, last_day: str, days: int, from_day: str) -> NoticeIssued:
    details = {"functions": functions, "last_day": last_day, "days": str(days)}
    return told(at, USER, "jobkon-function-ends", "JKO-3", details, from_day=date.fromisoformat(from_day))
