"""Notices about bi.star.dk: the mail about NemLog-in, and the decisions about access (BI-1, BI-4)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from schemas.bi import Status
from schemas.dates import copenhagen_day
from schemas.notices import NoticeIssued
from schemas.release_dates import BI_NEMLOGIN, NOTICES_FROM
from schemas.texts.days import danish_day

MAIL_DAY = max(NOTICES_FROM, BI_NEMLOGIN - timedelta(weeks=1))
"""BI-1: no later than a week before, and no earlier than notices go out (chosen)."""

_GRANTED = {True: "yes", False: "no"}


def concerns(status: Status, today: date) -> bool:
    """BI-1: whether the mail says what is so: NemLog-in is to come, or the user has rights to move still."""
    return today < BI_NEMLOGIN or status != "nemlogin"


def nemlogin_comes(user: str, at: datetime) -> Iterator[NoticeIssued]:
    """BI-1: the mail to a user, with the quick guide."""
    yield from _notice(user, user, "bi-nemlogin-comes", "BI-1", at, {"day": danish_day(BI_NEMLOGIN)}, BI_NEMLOGIN)


def module_asked(user: str, responsible: str, module: str, at: datetime) -> Iterator[NoticeIssued]:
    """BI-4: the person responsible receives the request."""
    yield from _notice(user, responsible, "bi-module-asked", "BI-4", at, {"module": module})


def module_decided(user: str, responsible: str, module: str, at: datetime, *, granted: bool) -> Iterator[NoticeIssued]:
    """BI-4: the user and the person responsible are told."""
    reason = "bi-module-granted" if granted else "bi-module-refused"
    yield from _notice(user, user, reason, "BI-4", at, {"module": module})
    details = {"module": module, "granted": _GRANTED[granted]}
    yield from _notice(user, responsible, "bi-module-decided", "BI-4", at, details)


def access_created(user: str, responsible: str, modules: list[str], at: datetime) -> Iterator[NoticeIssued]:
    """BI-4: the user and the person responsible are told."""
    details = {"modules": ", ".join(modules) or "–"}
    yield from _notice(user, user, "bi-access-created", "BI-4", at, details)
    yield from _notice(user, responsible, "bi-access-created-by-you", "BI-4", at, details)


def _notice(
    user: str,
    recipient: str,
    reason: str,
    rule: str,
    at: datetime,
    details: dict[str, str],
    from_day: date | None = None,
) -> Iterator[NoticeIssued]:
    """A notice about the user, to that recipient; nothing that happened before notices go out is announced."""
    day = copenhagen_day(at)
    if day >= NOTICES_FROM:
        yield NoticeIssued.trusted(
            occurred_at=at,
            about=user,
            recipient_kind="user",
            recipient=recipient,
            reason=reason,
            rule=rule,
            from_day=from_day or day,
            details=details,
        )
