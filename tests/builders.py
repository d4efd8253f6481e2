"""Events with good defaults, told in Copenhagen's local time: `situation("2021-06-14 08:00")`."""

from datetime import UTC, date, datetime
from typing import Any

from schemas.cv import CvExemptionRecorded, CvRequirementChanged, SituationRecorded
from schemas.dates import COPENHAGEN, copenhagen_day
from schemas.notices import NoticeIssued

CITIZEN, JOBCENTRE, FUND = "citizen-1", "jobcentre-1", "fund-1"

NO_DUTY, REGISTER, BOTH = (False, False), (True, False), (True, True)
"""A requirement: (must register, must be searchable)."""


def moment(local: str) -> datetime:
    """ "YYYY-MM-DD HH:MM" (or a day alone: its midnight) in Copenhagen, as UTC."""
    return datetime.fromisoformat(local).replace(tzinfo=COPENHAGEN).astimezone(UTC)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def situation(at: str, **fields: Any) -> SituationRecorded:
    """Job-ready and uninsured at jobcentre-1, unless told otherwise."""
    known = {"citizen": CITIZEN, "target_group": "job-ready", "jobcentre": JOBCENTRE}
    return SituationRecorded(occurred_at=moment(at), **known | fields)


def exemption(at: str, first_day: str | None = None, last_day: str | None = None, **fields: Any) -> CvExemptionRecorded:
    """From registering, open-ended, from the day it is recorded, unless told otherwise."""
    known = {"citizen": CITIZEN, "exemption": "exemption-1", "kind": "from-registering"}
    begins = day(first_day) or copenhagen_day(moment(at))
    return CvExemptionRecorded(occurred_at=moment(at), first_day=begins, last_day=day(last_day), **known | fields)


def changed(
    at: str,
    *,
    before: tuple[bool, bool],
    now: tuple[bool, bool],
    exempt: tuple[bool, bool] = (False, False),
    **fields: Any,
) -> CvRequirementChanged:
    """What the decision says when a requirement changes: by CV-1, from the day of `at`, unless told otherwise."""
    known = {"citizen": CITIZEN, "jobcentre": JOBCENTRE, "rule": "CV-1", "from_day": copenhagen_day(moment(at))}
    return CvRequirementChanged(
        occurred_at=moment(at),
        must_register_before=before[0],
        must_be_searchable_before=before[1],
        must_register=now[0],
        must_be_searchable=now[1],
        exempt_from_registering=exempt[0],
        exempt_from_being_searchable=exempt[1],
        **known | fields,
    )


def change_notice(
    at: str,
    recipient: str = JOBCENTRE,
    *,
    before: tuple[bool, bool],
    now: tuple[bool, bool],
    named: dict[str, str] | None = None,
    **fields: Any,
) -> NoticeIssued:
    """CV-3: the recipient is told the old and the new requirement, and of the exemption, as `exempt` gives it."""
    details = {"must_register_before": _code(before[0]), "must_be_searchable_before": _code(before[1])} | _status(now)
    return _notice(at, recipient, "cv-requirement-changed", "CV-3", details | (named or {}), fields)


def exempt(last_day: str | None = None, kind: str = "from-registering") -> dict[str, str]:
    """What a notice names of an exemption that holds, with its last day as people read it."""
    return {"exemption": kind} | ({} if last_day is None else {"exempt_until": last_day})


ENDED = {"exemption_ended": "from-registering"}
"""What a notice names of an exemption that holds no more."""


def status_notice(
    at: str,
    recipient: str = JOBCENTRE,
    *,
    now: tuple[bool, bool],
    named: dict[str, str] | None = None,
    **fields: Any,
) -> NoticeIssued:
    """CV-4: the recipient that the citizen moved to is told the current status."""
    return _notice(at, recipient, "cv-status-on-move", "CV-4", _status(now) | (named or {}), fields)


def _status(now: tuple[bool, bool]) -> dict[str, str]:
    return {"must_register": _code(now[0]), "must_be_searchable": _code(now[1])}


def _code(duty: bool) -> str:
    return "yes" if duty else "no"


def _notice(
    at: str, recipient: str, reason: str, rule: str, details: dict[str, str], fields: dict[str, Any]
) -> NoticeIssued:
    known = {
        "about": CITIZEN,
        "recipient_kind": recipient.split("-")[0],
        "recipient": recipient,
        "from_day": copenhagen_day(moment(at)),
    }
    return NoticeIssued(occurred_at=moment(at), reason=reason, rule=rule, details=details, **known | fields)
