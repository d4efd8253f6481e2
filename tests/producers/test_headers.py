"""The envelope: what a record's headers say, and which ones cannot be read."""

from typing import Any

import pytest

from infra.engine.record import OutgoingRecord
from schemas.codec import UnreadableError
from schemas.headers import MAX_HEADER_BYTES, MAX_HEADERS, headers, outgoing_headers, parse
from tests.builders import situation

ID, CAUSE = "0a" * 16, "0b" * 16
OURS = [("ce_id", b"1"), ("ce_source", b"edge")]


def test_an_event_is_enveloped_as_cloudevents_demand_and_no_more() -> None:
    event = situation("2021-06-14 08:00", citizen="c-1")
    assert dict(headers(ID, "producers/publisher", event)) == {
        "content-type": b"application/avro",
        "ce_specversion": b"1.0",
        "ce_type": b"situation-recorded.v1",
        "ce_source": b"producers/publisher",
        "ce_id": ID.encode(),
        "ce_time": b"2021-06-14T06:00:00+00:00",
        "ce_subject": b"c-1",
    }
    more = dict(headers(ID, "cv/3", event, CAUSE, 17)).items() - dict(headers(ID, "cv/3", event)).items()
    assert more == {("ce_causationid", CAUSE.encode()), ("ce_sequence", b"17")}


def test_what_the_outbox_sends_has_the_same_envelope_as_the_event_itself() -> None:
    event = situation("2021-06-14 08:00", citizen="c-1")
    time_us = int(event.occurred_at.timestamp()) * 1_000_000
    ids = bytes.fromhex(ID), bytes.fromhex(CAUSE)
    sent = OutgoingRecord("dfdg.citizen-situation-recorded-v1", 0, 17, *ids, time_us, b"c-1", b"")
    assert sorted(outgoing_headers(sent, "cv/3")) == sorted(headers(ID, "cv/3", event, CAUSE, 17))


def test_a_dead_letter_says_why_and_does_not_pass_its_key_on_as_text() -> None:
    letter = OutgoingRecord("cv.some-topic-dlq", 0, 1, bytes.fromhex(ID), bytes(16), 0, b"\xff", b"", b"{}")
    made = dict(outgoing_headers(letter, "cv/0"))
    assert (made["dlq"], made["content-type"]) == (b"{}", b"application/octet-stream")
    assert not {"ce_subject", "ce_causationid"} & made.keys()


def test_reading_gives_what_we_act_on_and_leaves_the_rest() -> None:
    written = headers(ID, "cv/3", situation("2021-06-14 08:00"), CAUSE, 17)
    assert parse([*written, ("x-other", b"\xff"), ("x-none", None)]) == {
        "ce_id": ID, "ce_source": "cv/3", "ce_causationid": CAUSE, "ce_sequence": "17",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "missing"),
        ([("ce_id", b"1")], "missing"),
        ([*OURS, ("ce_id", b"2")], "twice"),
        ([("ce_source", b"edge"), ("ce_id", b"")], "empty"),
        ([("ce_source", b"edge"), ("ce_id", None)], "empty"),
        ([*OURS, ("ce_sequence", b"\xff")], "not UTF-8"),
        ([*OURS, ("traceparent", b"0" * (MAX_HEADER_BYTES + 1))], "bytes"),
        ([*OURS, *[("x", b"")] * MAX_HEADERS], "headers"),
    ],
)
def test_headers_that_cannot_be_acted_on_make_the_record_unreadable(given: Any, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        parse(given)
