"""The one answer to a request, with its Danish text."""

from typing import Any, TypeVar

from schemas.requests import Answer, Request
from schemas.texts import render

A = TypeVar("A", bound=Answer)


def answered(
    kind: type[A], request: Request, *, granted: bool, rule: str, text: str, details: dict[str, str], **fields: Any
) -> A:
    """An answer of that kind at the moment of the request. `text` is the text's id; `fields`: those of `kind` alone."""
    danish, version = render(text, details)
    return kind.trusted(
        occurred_at=request.occurred_at,
        requester=request.requester,
        request=request.request,
        granted=granted,
        rule=rule,
        text=danish,
        text_version=version,
        **fields,
    )
