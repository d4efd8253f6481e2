"""Every recipient's notices with the Danish text that was sent, behind the flood guard (CV-3, CV-6, CV-7)."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, cast

from psycopg import Connection

from consumers.flood_guard import Flood, admit
from consumers.sink import Sink
from infra.arrays import dates, jsons, texts, uuids
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from schemas.notices import NoticeIssued
from schemas.texts import said
from schemas.topics import NOTICE_ISSUED

LOG = get_logger(__name__)

READS = (NOTICE_ISSUED,)
OWNS = ("mailbox.notice", "flood.count", "flood.alarm")

DISTINCT_TEXTS = 8_192
"""Rendered texts kept, a few megabytes: a night's notices are many, but few differ."""

NO_TEXT = 0
"""The version of a notice's text when there is none for its reason."""

_INSERT = """
insert into mailbox.notice (id, recipient_kind, recipient, about, reason, rule, day, from_day, details, text,
    text_version, status)
select *, 'delivered' from unnest(%b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::date[],
    %b::date[], %b::jsonb[], %b::text[], %b::text[]::int[])
"""
_NOT_DELIVERED = "update mailbox.notice set status = %s where id = any(%b::uuid[])"
_LATEST = """
select * from (
    select number, day, from_day, about, reason, rule, text, details from mailbox.visible_to(%(recipient)s)
    where recipient_kind = coalesce(%(kind)s, recipient_kind)
    order by number desc limit %(limit)s
) latest order by number
"""


class Rendered(NamedTuple):
    danish: str
    version: int
    details: bytes
    """As JSON."""


class Notice(NamedTuple):
    """A notice as its recipient sees it."""

    number: int
    day: date
    from_day: date
    about: str
    reason: str
    rule: str
    text: str
    details: dict[str, Any]


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Insert the notices in their order. The flood guard is asked last, because all slices share its lock.

    A notice whose reason has no text is not lost (chosen): its text is the reason, version 0, and it is alarmed.
    """
    notices = cast(list[NoticeIssued], [incoming.event for incoming in incoming_events])
    rendered = [_rendered(notice.reason, notice.from_day, tuple(notice.details.items())) for notice in notices]
    floods = [Flood(notice.reason, notice.day) for notice in notices]
    rows = (
        uuids([incoming.id for incoming in incoming_events]),
        texts(notice.recipient_kind for notice in notices),
        texts(notice.recipient for notice in notices),
        texts(notice.about for notice in notices),
        texts(notice.reason for notice in notices),
        texts(notice.rule for notice in notices),
        dates(flood.day for flood in floods),
        dates(notice.from_day for notice in notices),
        jsons(text.details for text in rendered),
        texts(text.danish for text in rendered),
        texts(str(text.version) for text in rendered),
    )
    connection.execute(_INSERT, rows)
    _alarm_of_no_text({text.danish for text in rendered if text.version == NO_TEXT})
    ids: dict[Flood, list[bytes]] = defaultdict(list)
    for flood, incoming in zip(floods, incoming_events, strict=True):
        ids[flood].append(incoming.id)
    for status, kept_back in _kept_back(connection, ids):
        connection.execute(_NOT_DELIVERED, (status, uuids(kept_back)))


def _kept_back(connection: Connection, ids: dict[Flood, list[bytes]]) -> Iterator[tuple[str, list[bytes]]]:
    admitted = admit(connection, {flood: len(of_flood) for flood, of_flood in ids.items()})
    for flood, (within, beyond) in admitted.items():
        if ids[flood][within:]:
            yield beyond, ids[flood][within:]


@lru_cache(maxsize=DISTINCT_TEXTS)
def _rendered(reason: str, from_day: date, items: tuple[tuple[str, str], ...]) -> Rendered:
    details = dict(items)
    encoded = json.dumps(details, ensure_ascii=False).encode()
    try:
        danish, version = said(reason, from_day, details)
    except KeyError:
        return Rendered(reason, NO_TEXT, encoded)
    return Rendered(danish, version, encoded)


def _alarm_of_no_text(reasons: set[str]) -> None:
    for reason in sorted(reasons):
        LOG.error(
            "ALARM notices of reason %s have no Danish text, or lack a detail that it needs: they are delivered with"
            " the reason itself as text, version 0. Add the text to schemas/texts/.",
            reason,
        )


def mailbox(connection: Connection, recipient: str, limit: int, kind: str | None = None) -> list[Notice]:
    """The latest notices, `limit` at most, that the recipient (of that kind) may see, oldest first.

    Do not read on from a number that was seen: a notice with a lower one may become visible later.
    """
    wanted = {"recipient": recipient, "limit": limit, "kind": kind}
    return [Notice(*row) for row in connection.execute(_LATEST, wanted).fetchall()]


sink = Sink("mailboxes", READS, OWNS, apply)
