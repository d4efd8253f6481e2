"""What no screen shows: titles that were replaced, the auditors' alone (TIT-9), CPR numbers, who is behind an anonymous
advert (AD-2), and browser strings."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schemas.event import Event

AUDITORS_ONLY = "(auditors only)"
NOT_SHOWN = "(not shown)"
_OLD_SCHEME = "discoams08"


def looks_like_cpr(text: str) -> bool:
    """True if the text could be a CPR number: such input is refused and not repeated."""
    from schemas.cpr import SEPARATORS, normal_form

    return re.fullmatch(rf"[0-9]{{6}}{SEPARATORS}[0-9]{{4}}", normal_form(text).strip()) is not None


def without_cpr(text: str | None) -> str | None:
    """The text, which some other system wrote; not shown when it contains what may be a CPR number."""
    from schemas.cpr import looks_like_cpr as contains_cpr

    return NOT_SHOWN if text and contains_cpr(text) else text


def shown(event: "Event") -> dict[str, Any]:
    """The event's fields as JSON values, without titles that were replaced or will be, companies behind anonymous
    adverts, and browser strings."""
    from schemas.jobad import JobAdNumbersToCheck, JobAdSubmitted
    from schemas.logins import LoginRecorded
    from schemas.titles import TitleReplaced

    fields: dict[str, Any] = event.model_dump(mode="json", exclude_defaults=True)
    if isinstance(event, TitleReplaced):
        return fields | {"original": AUDITORS_ONLY} | ({"alias": AUDITORS_ONLY} if event.alias else {})
    if isinstance(event, LoginRecorded) and event.user_agent:
        return fields | {"user_agent": NOT_SHOWN}
    if isinstance(event, JobAdNumbersToCheck) or (isinstance(event, JobAdSubmitted) and event.anonymous):
        return _hidden(fields, "cvr", "p_number", "employer")
    return _veiled(fields)


def shown_state(body: dict[str, Any]) -> dict[str, Any]:
    """A decision's state likewise: a title that waits for its replacement is shown, one that was retired is not; and an
    anonymous advert that waits for its company's register is not."""
    if "cvr" in body and "waiting" in body:
        hidden = ("p_number", "client", "request", "advert", "headline")
        return body | {"waiting": [_hidden(advert, *hidden) for advert in body["waiting"]]}
    titles = body.get("titles")
    if not isinstance(titles, list):
        return body
    return body | {"titles": [held if held.get("status") == "held" else _veiled(held) for held in titles]}


def _veiled(fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("scheme") != _OLD_SCHEME:
        return fields
    return fields | {name: AUDITORS_ONLY for name in ("title", "alias") if fields.get(name)}


def _hidden(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return fields | {name: NOT_SHOWN for name in names if fields.get(name)}
