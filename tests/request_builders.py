"""Requests and their answers with good defaults, told in Copenhagen's local time."""

from datetime import date
from typing import Any, TypeVar

from schemas.dates import copenhagen_day
from schemas.notices import NoticeIssued
from schemas.requests import Answer, Request
from schemas.texts import render, said
from tests.builders import moment

USER, REQUEST = "user-1", "request-1"

R = TypeVar("R", bound=Request)
A = TypeVar("A", bound=Answer)


def asked(kind: type[R], at: str, **fields: Any) -> R:
    """user-1 asks with request-1, unless told otherwise."""
    return kind(occurred_at=moment(at), **{"requester": USER, "request": REQUEST} | fields)


def answer(
    kind: type[A], at: str, *, granted: bool, rule: str, text: str, details: dict[str, str] | None = None, **fields: Any
) -> A:
    """The answer to that request with the text of that id."""
    danish, version = render(text, details or {})
    known = {"requester": USER, "request": REQUEST} | fields
    return kind(occurred_at=moment(at), granted=granted, rule=rule, text=danish, text_version=version, **known)


def told(
    at: str, recipient: str, reason: str, rule: str, details: dict[str, str], *, about: str = USER, **fields: Any
) -> NoticeIssued:
    """The user `recipient` is told something from that day on; its text has every detail that it needs."""
    from_day: date = fields.get("from_day", copenhagen_day(moment(at)))
    said(reason, from_day, details)
    return NoticeIssued(
        occurred_at=moment(at),
        about=about,
        recipient_kind="user",
        recipient=recipient,
        reason=reason,
        rule=rule,
        from_day=from_day,
        details=details,
    )
