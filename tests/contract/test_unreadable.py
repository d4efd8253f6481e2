"""Whatever bytes arrive: an event, or `UnreadableError` that quotes none of them; nothing else."""

import io
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import MAX_RECORD_BYTES, UnreadableError, contract, decode, encode, frame
from schemas.cv import SituationRecorded
from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.titles import TitleHeldRecorded
from tests.contract.catalogue import EVENTS, KINDS, example

VALID = [(event, encode(example(event, kind), 7)) for event in EVENTS for kind in KINDS]
HEAD = b"\x00\x00\x00\x00\x07"
SITUATION = encode(example(SituationRecorded, "ordinary"), 7)
MOMENT = SITUATION[5:13]
SECRET = "0101701234 æ"


def read(value: bytes | None, event: type[Event]) -> Event:
    return decode(frame(value).body, contract(event.SCHEMA), event)


def avro(event: type[Event], **fields: Any) -> bytes:
    """A well-framed record of the event whose fields need not be valid."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, contract(event.SCHEMA), example(event, "ordinary").__dict__ | fields)
    return HEAD + out.getvalue()


CORPUS: dict[str, bytes | None] = {
    "null value": None,
    "empty": b"",
    "frame cut off": HEAD[:4],
    "frame alone": HEAD,
    "wrong magic": b"\x01" + SITUATION[1:],
    "JSON": SECRET.join(('{"citizen": "', '"}')).encode(),
    "garbage": HEAD + bytes(range(255, 0, -1)),
    "one byte too long to be read": HEAD + b"\x00" * (MAX_RECORD_BYTES - len(HEAD) + 1),
    "as long as is read, but garbage": HEAD + b"\xff" * (MAX_RECORD_BYTES - len(HEAD)),
    "last byte missing": SITUATION[:-1],
    "one trailing byte": SITUATION + b"\x00",
    "the record twice": SITUATION + SITUATION[5:],
    "varint of 31 bytes": HEAD + b"\x80" * 30 + b"\x01",
    "varint without end": HEAD + b"\x80" * 1000,
    "string of negative length": HEAD + MOMENT + b"\x01",
    "string longer than the record": HEAD + MOMENT + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f",
    "invalid UTF-8": HEAD + MOMENT + b"\x04\xc3\x28" + SITUATION[20:],
    "union branch that is not there": SITUATION.replace(b"\x02\x08f-12", b"\x04\x08f-12"),
    "a moment in the year 290,000": HEAD + b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01" + SITUATION[13:],
    "an id with a blank": avro(SituationRecorded, citizen=SECRET),
    "a target group that nobody knows": avro(SituationRecorded, target_group=SECRET),
}


@pytest.mark.parametrize("case", CORPUS)
def test_what_is_no_situation_is_unreadable_and_the_message_quotes_nothing_of_it(case: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(CORPUS[case], SituationRecorded)
    assert 0 < len(str(caught.value)) < 500
    assert not any(part in str(caught.value) for part in ("0101701234", "c-1001", "f-12", "\\x"))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("count", [2**62, -(2**62), -(2**63)])
def test_a_map_that_promises_more_than_the_record_has_is_unreadable_at_once(count: int) -> None:
    end = encode(example(NoticeIssued, "minimal"), 7)
    assert end.endswith(b"\x00")
    promise = io.BytesIO()
    fastavro.schemaless_writer(promise, "long", count)
    with pytest.raises(UnreadableError):
        read(end[:-1] + promise.getvalue(), NoticeIssued)


def test_a_valid_record_of_any_event_is_read() -> None:
    known = [example(event, kind) for event in EVENTS for kind in KINDS]
    assert [read(value, event) for event, value in VALID] == known


@settings(deadline=None)  # no claim about time
@given(
    record=st.sampled_from(VALID),
    cut=st.tuples(st.integers(0, 400), st.integers(0, 9)),
    put=st.one_of(st.binary(max_size=12), st.sampled_from([b"\xff" * 9 + b"\x01", b"\x80" * 31, b"\xc3"])),
)
def test_a_record_with_bytes_changed_is_read_or_unreadable_and_nothing_else(
    record: tuple[type[Event], bytes], cut: tuple[int, int], put: bytes
) -> None:
    event, value = record
    start = cut[0] % (len(value) + 1)
    try:
        read(value[:start] + put + value[start + cut[1] :], event)
    except UnreadableError as error:
        assert str(error)  # noqa: PT017 - reading may also succeed, so there is nothing to expect


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Kok\x00"),
        ("alias", "\x00"),
        ("occurred_at", datetime(2046, 1, 1, tzinfo=UTC)),
        ("occurred_at", datetime(1899, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_no_table_can_keep_and_no_day_can_be_computed_from_is_unreadable(field: str, value: object) -> None:
    with pytest.raises(UnreadableError, match=field):
        read(avro(TitleHeldRecorded, **{field: value}), TitleHeldRecorded)


def test_a_record_whose_schema_cannot_be_resolved_into_ours_is_unreadable_and_quotes_nothing() -> None:
    ours = contract(SituationRecorded.SCHEMA)
    fields = [field | ({"type": "string"} if field["name"] == "occurred_at" else {}) for field in ours["fields"]]
    theirs = fastavro.parse_schema({"type": "record", "name": ours["name"], "fields": fields})
    out = io.BytesIO()
    known = example(SituationRecorded, "ordinary").__dict__ | {"occurred_at": SECRET}
    fastavro.schemaless_writer(out, theirs, known)
    with pytest.raises(UnreadableError, match=r"is not Avro of .* \(SchemaResolutionError\)") as raised:
        decode(memoryview(out.getvalue()), theirs, SituationRecorded)
    assert SECRET not in str(raised.value)
