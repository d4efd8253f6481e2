"""JSON lines as events: checked, with a subject id for the CPR number, and an id that a repetition has too."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, Protocol

from pydantic import ValidationError

from producers.line_faults import Fault, faults_of
from producers.line_fields import (
    PERSON_KEYS,
    FaultError,
    cpr_of,
    edge_fields,
    misplaced_in,
    nulls_of,
    own_id_of,
    parsed,
    person_field,
    unknown_in,
)
from schemas.codec import MAX_RECORD_BYTES
from schemas.event import Event
from schemas.ids import derived_id
from schemas.topic import Topic

MAX_LINE_BYTES = MAX_RECORD_BYTES // 2
"""A line that fits as JSON fits twice over as Avro, which writes no field names; absent fields take a byte each."""

CHUNK_LINES = 5_000
"""Lines whose CPR numbers are looked up by one statement, and held in memory at once."""

SHOWN_FAULTS = 20
"""Of one line; the rest is only counted."""

_NOBODY = "c-" + "0" * 32  # stands in for the subject id while the rest is checked


class Subjects(Protocol):
    """Gives subject ids by CPR number (`producers.identity.Identity`)."""

    def subjects(self, cprs: Sequence[str]) -> dict[str, str]: ...


class Line(NamedTuple):
    """An event and its `ce_id`, the same whenever the line is read again."""

    number: int
    id: str
    event: Event


@dataclasses.dataclass(frozen=True)
class BadLine:
    """All that is wrong with line `number` (from 1); `text` is the line itself, which may hold a CPR number."""

    number: int
    faults: tuple[Fault, ...]
    text: str = dataclasses.field(repr=False)

    def __str__(self) -> str:
        shown = [f"line {self.number}, {field}: {reason}" for field, reason in self.faults[:SHOWN_FAULTS]]
        more = len(self.faults) - len(shown)
        return "\n".join([*shown, *([f"line {self.number}: {more} more faults"] if more else [])])


class PublishError(Exception):
    """Nothing was sent. `bad` are the first of the bad lines, if those are the reason."""

    def __init__(self, text: str, bad: tuple[BadLine, ...] = ()) -> None:
        super().__init__(text)
        self.bad = bad


class Checked(NamedTuple):
    number: int
    own_id: str | None
    cpr: str | None
    content: dict[str, Any]
    event: Event


def read_lines(
    topic: Topic, stream: BinaryIO, identity: Subjects, client: str | None = None, latest: date | None = None
) -> Iterator[Line | BadLine]:
    """The events of a stream of JSON lines, in order; empty lines are passed over.

    A line holds the event's fields, perhaps an `id` of its own, and for events about a person `cpr` instead of the key,
    or of the field `citizen`. Without an `id` the content decides the event's id: the same content twice is the same
    event. Only CPR numbers of lines that are good otherwise reach `identity`. `client` is the one connected, for
    topics whose events name it; a line must not name it (AD-1). `latest` is the last day that a fact may be of.
    """
    checked = check_lines(topic, stream, client, latest)
    while chunk := list(islice(checked, CHUNK_LINES)):
        cprs = [item.cpr for item in chunk if isinstance(item, Checked) and item.cpr is not None]
        subjects = identity.subjects(cprs) if cprs else {}
        for item in chunk:
            yield item if isinstance(item, BadLine) else _identified(topic, item, subjects, client)


def check_lines(
    topic: Topic, stream: BinaryIO, client: str | None = None, latest: date | None = None
) -> Iterator[Checked | BadLine]:
    """The first half of `read_lines`: needs no database and changes nothing.

    Raises `PublishError` at a line beyond `MAX_LINE_BYTES`: that is no file of JSON lines. So too when `client`
    is missing where the topic needs it, or given where it does not.
    """
    _check_client(topic, client)
    for number, raw in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), 1):
        if len(raw) > MAX_LINE_BYTES:
            raise PublishError(f"Nothing was sent: line {number} has more than {MAX_LINE_BYTES} bytes.")
        if not raw.strip():
            continue
        try:
            yield _check(topic, number, raw, client, latest)
        except FaultError as error:
            yield BadLine(number, (error.fault,), raw.decode("utf-8", "surrogateescape"))
        except RecursionError:
            yield BadLine(number, (Fault("line", "has brackets within brackets without end"),), raw.decode())


def _identified(topic: Topic, line: Checked, subjects: dict[str, str], client: str | None) -> Line:
    event = line.event
    if line.cpr is not None:
        event = event.model_copy(update={person_field(topic): subjects[line.cpr]})
        line.content[person_field(topic)] = subjects[line.cpr]
    # The content has the subject id by now: a hash of the CPR number would give it away to anyone who tries all.
    own = line.own_id.encode() if line.own_id is not None else _fingerprint(line.content)
    parts = (topic.name.encode(), own) if client is None else (topic.name.encode(), client.encode(), own)
    return Line(line.number, derived_id(*parts).hex(), event)


def _fingerprint(content: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()


def _check_client(topic: Topic, client: str | None) -> None:
    if topic.event.CONNECTED is not None and client is None:
        raise PublishError(
            f"Nothing was sent: {topic.name} takes who is connected from outside the lines: --client NAME."
        )
    if topic.event.CONNECTED is None and client is not None:
        raise PublishError(
            f"Nothing was sent: the events of {topic.name} do not say who is connected; leave --client out."
        )


def _check(topic: Topic, number: int, raw: bytes, client: str | None, latest: date | None) -> Checked | BadLine:
    content = parsed(raw)
    faults: list[Fault] = []
    fields = _stand_ins(topic, content, client)
    own_id, cpr = _tried(faults, own_id_of, content), _tried(faults, cpr_of, topic, content)
    misplaced = misplaced_in(topic, content)
    faults += [*misplaced.values(), *unknown_in(topic, content)]
    event = None
    try:
        event = topic.event.model_validate(content | fields)
    except ValidationError as error:
        faults += faults_of(topic, error, edge_fields(topic), misplaced)
    else:
        faults += nulls_of(event)
        if latest is not None and (field := event.ahead(latest)) is not None:
            faults.append(Fault(field, f"lies too far ahead: the last day that a fact may be of is {latest}"))
    if faults or event is None:
        return BadLine(number, tuple(dict.fromkeys(faults)), raw.decode("utf-8", "surrogateescape"))
    return Checked(number, own_id, cpr, content, event)


def _stand_ins(topic: Topic, content: dict[str, Any], client: str | None) -> dict[str, Any]:
    """Fields that the event will have, and the line need not: nobody's id for a CPR number, and who is connected."""
    fields: dict[str, Any] = {}
    if "cpr" in content and person_field(topic) in PERSON_KEYS:
        fields[person_field(topic)] = _NOBODY
    if topic.event.CONNECTED is not None:
        fields[topic.event.CONNECTED] = client
    return fields


def _tried(faults: list[Fault], take: Callable[..., str | None], *given: Any) -> str | None:
    try:
        return take(*given)
    except FaultError as error:
        faults.append(error.fault)
        return None
