"""Lines become events: which are good, which id they get, and that no CPR number passes."""

import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from producers.cpr import made_up_cpr
from producers.lines import CHUNK_LINES, MAX_LINE_BYTES, BadLine, Line, PublishError, read_lines
from schemas.codec import contract, decode, encode, frame
from schemas.ids import derived_id
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED as EXEMPTION_RECORDED
from schemas.topics import JOB_SUGGESTION_CHECK_RECORDED as CHECK_RECORDED
from schemas.topics import (
    JOBLOG_ENTRY_RECORDED,
    NOTICE_ISSUED,
    REFERRAL_RECORDED,
    SITUATION_RECORDED,
    TITLE_HELD_RECORDED,
    TITLE_TABLE_PUBLISHED,
)

CPR = made_up_cpr(1)
SITUATION = {"occurred_at": "2021-06-14T08:00:00+02:00", "target_group": "job-ready", "jobcentre": "jobcentre-1"}


class Register:
    """Knows everybody as `c-` and a number, in the order in which they are asked for, and remembers the questions."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self._known: dict[str, str] = {}

    def subjects(self, cprs: Sequence[str]) -> dict[str, str]:
        self.asked.append(len(cprs))
        return {cpr: self._known.setdefault(cpr, f"c-{len(self._known)}") for cpr in cprs}


def stream(*lines: Any) -> io.BytesIO:
    return io.BytesIO(
        b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    )


def read(
    *lines: Any, topic: Topic = SITUATION_RECORDED, register: Register | None = None, latest: date | None = None
) -> list[Line | BadLine]:
    return list(read_lines(topic, stream(*lines), register or Register(), latest=latest))


def good(*lines: Any, topic: Topic = SITUATION_RECORDED) -> list[Line]:
    found = read(*lines, topic=topic)
    assert all(isinstance(line, Line) for line in found), found
    return [line for line in found if isinstance(line, Line)]


def bad(line: Any, topic: Topic = SITUATION_RECORDED) -> BadLine:
    register = Register()
    (found,) = read(line, topic=topic, register=register)
    assert isinstance(found, BadLine)
    assert register.asked == [], "the number of a bad line reaches nobody"
    assert CPR not in repr(found)
    assert CPR not in str(found)
    return found


def test_a_cpr_number_becomes_the_subject_id_in_the_events_key_field() -> None:
    first, other, again = good(
        SITUATION | {"cpr": CPR},
        SITUATION | {"citizen": "c-known"},
        SITUATION | {"cpr": f"{CPR[:6]}-{CPR[6:]}", "jobcentre": "jobcentre-2"},
    )
    assert [line.event.key for line in (first, other, again)] == ["c-0", "c-known", "c-0"]
    assert [line.number for line in (first, other, again)] == [1, 2, 3]


def test_the_same_line_always_has_the_same_id_and_another_line_another() -> None:
    line = SITUATION | {"cpr": CPR}
    (one,), (same,) = good(line), good(dict(reversed(line.items())))
    assert one.id == same.id
    assert {good(line | change)[0].id for change in ({}, {"jobcentre": "jobcentre-2"}, {"cpr": made_up_cpr(2)})} > {
        one.id
    }


def test_a_lines_own_id_decides_and_the_topic_belongs_to_it() -> None:
    (line,) = good(SITUATION | {"citizen": "c-1", "id": "registration 17"})
    assert line.id == derived_id(b"dfdg.citizen-situation-recorded-v1", b"registration 17").hex()
    assert line.id == good(SITUATION | {"citizen": "c-2", "id": "registration 17"})[0].id


def test_an_id_does_not_give_the_number_away() -> None:
    """Who knows the rest of a line could otherwise try all numbers until the hash fits."""
    by_number, by_subject = good(SITUATION | {"cpr": CPR}), good(SITUATION | {"citizen": "c-0"})
    assert by_number[0].id == by_subject[0].id


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"{\n", "line", "is not JSON"),
        (b"\xff\xfe\n", "line", "is not UTF-8"),
        (b"[" * 100_000 + b"\n", "line", "without end"),
        (b'{"fund": 1' + b"0" * 5_000 + b"}\n", "line", "is not JSON that we read"),
        (["a"], "line", "is not a JSON object"),
        (SITUATION, "citizen", "is missing"),
        (SITUATION | {"cpr": CPR, "citizen": "c-1"}, "cpr", "which is given as well"),
        (SITUATION | {"cpr": "3102901234"}, "cpr", "does not begin with a date"),
        (SITUATION | {"cpr": int(CPR)}, "cpr", "must be a text"),
        (SITUATION | {"cpr": CPR, "target_group": "astronaut"}, "target_group", "is no target group that we know"),
        (SITUATION | {"cpr": CPR, "shoe_size": 43}, "shoe_size", "is no field of these events"),
        (SITUATION | {"cpr": CPR, "occurred_at": "2021-06-14T08:00:00"}, "occurred_at", "time zone"),
        (SITUATION | {"cpr": CPR, "occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at", "outside the years"),
        (SITUATION | {"cpr": CPR, "id": ""}, "id", "printable"),
        (SITUATION | {"cpr": CPR, "id": "\ud800"}, "id", "printable"),
    ],
)
def test_a_bad_line_names_its_field_and_the_reason(line: Any, field: str, reason: str) -> None:
    found = bad(line)
    assert [found.number, *(fault.field for fault in found.faults)] == [1, field]
    assert reason in found.faults[0].reason


SOMEBODY = SITUATION | {"citizen": "c-1"}
CHECK = {"citizen": "c-1", "record": "r-1", "outcome": "applied", "occurred_at": "2021-06-14T08:00:00Z"}
ENTRY = {
    "citizen": "c-1",
    "record": "r-1",
    "occurred_at": "2021-06-14T08:00:00Z",
    "employer": "Bakery",
    "position": "Bager",
    "how_applied": "advert",
}
REFERRAL = {"citizen": "c-1", "record": "r-1", "provider": "p-1", "occurred_at": "2021-06-14T08:00:00Z"}
EXEMPTION = {
    "citizen": "c-1",
    "exemption": "e-1",
    "kind": "from-registering",
    "occurred_at": "2021-06-14T08:00:00Z",
    "first_day": "2021-06-14",
}


@pytest.mark.parametrize(
    ("topic", "line", "field", "last", "ahead"),
    [
        # The last moment of a Copenhagen day, and the first of the next one.
        (SITUATION_RECORDED, SOMEBODY, "occurred_at", "2021-06-15T21:59:59Z", "2021-06-15T22:00Z"),
        (SITUATION_RECORDED, SOMEBODY, "occurred_at", "2021-06-15T21:00Z", "2031-06-14T08:00Z"),
        (CHECK_RECORDED, CHECK, "checked_on", "2021-06-15", "2021-06-16"),
        (JOBLOG_ENTRY_RECORDED, ENTRY, "applied_on", "2021-06-15", "2021-06-16"),
        (REFERRAL_RECORDED, REFERRAL | {"first_day": "2021-06-14"}, "last_day", "2026-06-15", "2026-06-16"),
        (EXEMPTION_RECORDED, EXEMPTION, "last_day", "2071-06-15", "9999-12-31"),
        (EXEMPTION_RECORDED, EXEMPTION, "first_day", "2026-06-15", "2026-06-16"),
    ],
)
def test_a_day_that_lies_too_far_ahead_is_refused_with_its_field_and_the_last_one_is_taken(
    topic: Topic, line: dict[str, Any], field: str, last: str, ahead: str
) -> None:
    (taken, refused) = read(line | {field: last}, line | {field: ahead}, topic=topic, latest=date(2021, 6, 15))
    assert isinstance(taken, Line)
    assert isinstance(refused, BadLine)
    assert str(refused) == f"line 2, {field}: lies too far ahead: the last day that a fact may be of is 2021-06-15"
    (unjudged,) = read(line | {field: ahead}, topic=topic)
    assert isinstance(unjudged, Line), "before a simulated calendar has a day nothing is ahead"


@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        ("1899-12-31T23:59:59Z", False),
        ("1900-01-01T00:30:00+01:00", False),
        ("2045-12-31T23:59:59Z", True),
        ("2045-12-31T23:30:00-01:00", False),
        ("2046-01-01T00:30:00+01:00", True),
        ("9999-12-31T23:59:59-14:00", False),
    ],
)
def test_at_the_ends_of_the_years_the_edge_takes_exactly_what_the_engine_reads(moment: str, fits: bool) -> None:
    (found,) = read(SITUATION | {"citizen": "c-1", "occurred_at": moment})
    assert isinstance(found, Line) == fits
    if isinstance(found, Line):
        body = frame(encode(found.event, 1)).body
        assert decode(body, contract(SITUATION_RECORDED.event.SCHEMA), SITUATION_RECORDED.event) == found.event


@pytest.mark.parametrize(
    ("topic", "line", "field"),
    [
        (SITUATION_RECORDED, SITUATION | {"citizen": CPR}, "citizen"),
        (SITUATION_RECORDED, SITUATION | {"cpr": CPR, "id": f"x-{CPR}"}, "id"),
        (SITUATION_RECORDED, SITUATION | {"cpr": CPR, CPR: "x"}, "line"),
        (SITUATION_RECORDED, SITUATION | {"cpr": CPR, "fund": f"{CPR[:6]}-{CPR[6:]}"}, "fund"),
        (TITLE_HELD_RECORDED, {"holder": "c-1", "scheme": "free-text", "text": f"kok, {CPR[:6]} {CPR[6:]}"}, "text"),
        (NOTICE_ISSUED, {"about": "c-1", "details": {"who": CPR}}, "details"),
        (TITLE_TABLE_PUBLISHED, {"outcomes": int(CPR), "version": "1"}, "outcomes"),
        (TITLE_TABLE_PUBLISHED, {"outcomes": 101901234}, "outcomes"),
        (TITLE_TABLE_PUBLISHED, {"outcomes": 101901234.0}, "outcomes"),
        (TITLE_TABLE_PUBLISHED, {"cpr": CPR}, "cpr"),
    ],
)
def test_a_cpr_number_where_none_belongs_is_refused_without_being_quoted(topic: Topic, line: Any, field: str) -> None:
    assert bad(line, topic).faults[0].field == field


def test_a_bad_line_keeps_its_text_and_the_others_keep_their_order() -> None:
    found = read(SITUATION | {"cpr": CPR}, b'{"cpr": "\xff"}\n', b"\n", SITUATION | {"citizen": "c-9"})
    assert [(type(line), line.number) for line in found] == [(Line, 1), (BadLine, 2), (Line, 4)]
    assert isinstance(found[1], BadLine)
    assert found[1].text.encode("utf-8", "surrogateescape") == b'{"cpr": "\xff"}\n'


def test_numbers_are_looked_up_in_bulk() -> None:
    register = Register()
    lines = read(*(SITUATION | {"cpr": made_up_cpr(n)} for n in range(CHUNK_LINES + 2)), register=register)
    assert register.asked == [CHUNK_LINES, 2]
    assert [line.number for line in lines] == list(range(1, CHUNK_LINES + 3))


def test_what_is_no_file_of_lines_at_all_is_refused_as_a_whole() -> None:
    with pytest.raises(PublishError, match=f"line 2 has more than {MAX_LINE_BYTES} bytes"):
        read(SITUATION | {"cpr": CPR}, b"x" * (MAX_LINE_BYTES + 1))
