"""JSON lines as events: checked, with a subject id for the CPR number, and an id that a repetition has too."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, Protocol

from pydantic import ValidationError

from producers.cpr import contains_cpr, looks_like_cpr
from producers.line_fields import FaultError, cpr_of, is_p_number_of, own_id_of, person_field
from schemas.codec import MAX_RECORD_BYTES
from schemas.event import Event
from schemas.ids import derived_id
from schemas.topic import Topic

MAX_LINE_BYTES = MAX_RECORD_BYTES // 2
"""A line that fits as JSON fits twice over as Avro, which writes no field names; absent fields take a byte each."""

CHUNK_LINES = 5_000
"""Lines whose CPR numbers are looked up by one statement, and held in memory at once."""

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
    """The fault of line `number` (from 1); `text` is the line itself, which may hold a CPR number."""

    number: int
    field: str
    reason: str
    text: str = dataclasses.field(repr=False)

    def __str__(self) -> str:
        return f"line {self.number}, {self.field}: {self.reason}"


class PublishError(Exception):
    """Nothing was sent. `bad` are the first of the bad lines, if those are the reason."""

    def __init__(self, text: str, bad: tuple[BadLine, ...] = ()) -> None:
        super().__init__(text)
        self.bad = bad


class _Checked(NamedTuple):
    number: int
    own_id: str | None
    cpr: str | None
    content: dict[str, Any]
    event: Event


def read_lines(
    topic: Topic, stream: BinaryIO, identity: Subjects, client: str | None = None
) -> Iterator[Line | BadLine]:
    """The events of a stream of JSON lines, in order; empty lines are passed over.

    A line holds the event's fields, perhaps an `id` of its own, and for events about a person `cpr` instead of the key,
    or of the field `citizen`. Without an `id` the content decides the event's id: the same content twice is the same
    event. Only CPR numbers of lines that are good otherwise reach `identity`. `client` is the one connected, for
    topics whose events name it; a line must not name it (AD-1).
    """
    checked = check_lines(topic, stream, client)
    while chunk := list(islice(checked, CHUNK_LINES)):
        cprs = [item.cpr for item in chunk if isinstance(item, _Checked) and item.cpr is not None]
        subjects = identity.subjects(cprs) if cprs else {}
        for item in chunk:
            yield item if isinstance(item, BadLine) else _identified(topic, item, subjects, client)


def check_lines(topic: Topic, stream: BinaryIO, client: str | None = None) -> Iterator[_Checked | BadLine]:
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
            yield _check(topic, number, raw, client)
        except FaultError as fault:
            yield BadLine(number, fault.field, fault.reason, raw.decode("utf-8", "surrogateescape"))
        except RecursionError:
            yield BadLine(number, "line", "has brackets within brackets without end", raw.decode())


def _identified(topic: Topic, line: _Checked, subjects: dict[str, str], client: str | None) -> Line:
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


def _check(topic: Topic, number: int, raw: bytes, client: str | None) -> _Checked:
    content = _parsed(raw)
    own_id = own_id_of(content)
    connected = topic.event.CONNECTED
    if connected is not None and connected in content:
        raise FaultError(connected, "is who is connected, by authentication: the edge writes it, a line must not")
    cpr = cpr_of(topic, content)
    for name, value in content.items():
        if name not in topic.event.model_fields and looks_like_cpr(name):
            raise FaultError("line", "the name of a field contains what looks like a CPR number")
        if contains_cpr(value) and not is_p_number_of(topic, name, value):
            raise FaultError(name, "contains what looks like a CPR number, which belongs into `cpr` and nowhere else")
    fields = content if cpr is None else content | {person_field(topic): _NOBODY}
    fields = fields if connected is None else fields | {connected: client}
    try:
        return _Checked(number, own_id, cpr, content, topic.event.model_validate(fields))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise FaultError(".".join(map(str, faults[0]["loc"])) or "line", faults[0]["msg"] + more) from None
    except OverflowError:  # a moment at the ends of the calendar, moved to UTC
        raise FaultError("occurred_at", "lies outside the calendar") from None


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FaultError("line", "is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise FaultError("line", f"is not JSON: {error.msg} at character {error.colno}") from None
    except ValueError:  # numbers of thousands of digits
        raise FaultError("line", "is not JSON that we read") from None
    if not isinstance(content, dict):
        raise FaultError("line", "is not a JSON object")
    return content
