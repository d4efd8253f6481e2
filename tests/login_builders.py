"""Logins and VITAS users with good defaults, told in Copenhagen's local time, and what is said of them."""

from datetime import date
from typing import Any

from schemas.logins import BrowserAdviceGiven, LoginRecorded, System
from schemas.texts.links import LINKS
from schemas.vitas_users import (
    VitasLoginAnswered,
    VitasLoginRequested,
    VitasUserChanged,
    VitasUserReactivatedRecorded,
    VitasUserRecorded,
)
from tests.builders import JOBCENTRE, moment

USER = "user-1"

IE_11 = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:89.0) Gecko/20100101 Firefox/89.0"
NAMES = {"jobnet": "Jobnet", "jobag": "JobAG", "jobkon": "JobKon", "vitas": "VITAS"}
REFUSED = (
    "Du kan ikke logge på VITAS, fordi din bruger er inaktiv: Den har ikke været logget på i 18 måneder."
    " Kontakt jobcenteret, som kan gøre brugeren aktiv igen."
)


def login(at: str, system: str = "vitas", **fields: Any) -> LoginRecorded:
    return LoginRecorded(occurred_at=moment(at), **{"user": USER, "system": system} | fields)


def ie_11(at: str, system: System = "jobnet", **fields: Any) -> LoginRecorded:
    return login(at, system, user_agent=IE_11, **fields)


def advice(at: str, system: System = "jobnet", **fields: Any) -> BrowserAdviceGiven:
    text = (
        f"Du bruger Internet Explorer 11, som {NAMES[system]} ikke længere understøtter. Dele af systemet vil ikke"
        f" fungere efter hensigten. Se, hvordan du skifter browser: {LINKS['change_browser'].address}"
    )
    known = {"user": USER, "rule": "WEB-1", "link": LINKS["change_browser"].address, "text": text, "text_version": 1}
    return BrowserAdviceGiven(occurred_at=moment(at), system=system, **known | fields)


def recorded(at: str, created_on: str, **fields: Any) -> VitasUserRecorded:
    known = {"user": USER, "jobcentre": JOBCENTRE, "created_on": date.fromisoformat(created_on)}
    return VitasUserRecorded(occurred_at=moment(at), **known | fields)


def reactivated(at: str, user: str = USER) -> VitasUserReactivatedRecorded:
    return VitasUserReactivatedRecorded(occurred_at=moment(at), user=user)


def listed(at: str, *, active: bool, rule: str, since: str | None = None, **fields: Any) -> VitasUserChanged:
    """Since the day of `at`, unless told otherwise."""
    known = {"user": USER, "jobcentre": JOBCENTRE, "active": active, "rule": rule}
    return VitasUserChanged(occurred_at=moment(at), since=date.fromisoformat(since or at[:10]), **known | fields)


def asks(at: str, request: str = "request-1") -> VitasLoginRequested:
    return VitasLoginRequested(occurred_at=moment(at), user=USER, request=request)


def answered(at: str, *, granted: bool, request: str = "request-1") -> VitasLoginAnswered:
    text = "Du kan logge på VITAS." if granted else REFUSED
    known = {"user": USER, "request": request, "rule": "VIT-3", "text": text, "text_version": 1}
    return VitasLoginAnswered(occurred_at=moment(at), granted=granted, **known)
