"""What has not the written form of its field is refused, on lines and in records alike: never taken for another value.

To JSON readers and to pydantic itself every number is a moment of 1970, every "yes" a truth, and of a key that stands
twice the last one counts. The first ones of each kind were seen in other systems' files.
"""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from producers.classification import TITLE_COLUMNS, BadFileError, read_titles
from producers.lines import BadLine, Line, read_lines
from schemas.codec import UnreadableError, decode
from schemas.joblog import JoblogEntryRecorded
from schemas.sample import EXAMPLES
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED, JOBLOG_ENTRY_RECORDED, SITUATION_RECORDED, TOPICS

ENTRY = {
    "citizen": "c-1", "record": "r-1", "occurred_at": "2021-06-14T08:00:00+02:00", "applied_on": "2021-06-10",
    "employer": "Bageri", "position": "Bager", "how_applied": "mail", "note": "ring igen",
}  # fmt: skip
SITUATION = {"citizen": "c-1", "occurred_at": "2021-06-14T08:00:00Z", "target_group": "employed", "jobcentre": "j-1"}
MOMENT = "must be a moment with its time zone, as 2021-06-14T08:00:00+02:00"
DAY = "must be a day, as 2021-06-14"
NO_MOMENTS = [
    20210615, 1623628800, 44362, 0, 0.5, -1, True, "20210615", "44362", "0", "1623628800", "1623628800000", "",
    "2021-06-14", "2021-06-14T08:00:00", "20210614T080000Z", "2021-W24-1T08:00:00Z", "2021-06-14T08Z", "14-06-2021",
    "2021-06-31T08:00:00Z", "2021-06-14T25:00:00Z", "٢٠٢١-06-14T08:00:00Z", "2021-06-14T08:00:00Z\n",
    " 2021-06-14T08:00Z", ["2021-06-14T08:00:00Z"], {},
]  # fmt: skip
NO_DAYS = [
    20210615, 1623628800, 44362, 0, 0.0, True, "20210615", "44362", "0", "1623628800", "", "2021-06", "2021-W24-1",
    "2021-06-14T00:00:00", "2021-06-14T00:00:00Z", "2021-06-31", "14-06-2021", "2021-6-1", "٢٠٢١-06-14", "2021-06-14\n",
]  # fmt: skip


class Nobody:
    def subjects(self, cprs: Any) -> dict[str, str]:
        raise AssertionError(f"no line has a number that is looked up, but {len(cprs)}")


def read(line: Any, topic: Topic = JOBLOG_ENTRY_RECORDED) -> Line | BadLine:
    raw = line if isinstance(line, bytes) else json.dumps(line).encode()
    (found,) = read_lines(topic, io.BytesIO(raw), Nobody())
    return found


def told(line: Any, topic: Topic = JOBLOG_ENTRY_RECORDED) -> list[tuple[str, str]]:
    found = read(line, topic)
    assert isinstance(found, BadLine), found
    return [(field, reason) for field, reason in found.faults]


@pytest.mark.parametrize("value", NO_MOMENTS, ids=repr)
def test_what_is_no_written_moment_is_refused_with_field_and_form(value: Any) -> None:
    assert told(ENTRY | {"occurred_at": value}) == [("occurred_at", MOMENT)]


@pytest.mark.parametrize("value", NO_DAYS, ids=repr)
def test_what_is_no_written_day_is_refused_with_field_and_form(value: Any) -> None:
    assert told(ENTRY | {"applied_on": value}) == [("applied_on", DAY)]
    assert told(ENTRY | {"follow_up_on": value}) == [("follow_up_on", DAY)], "also where the field may be left out"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2021-06-14T08:00:00+02:00", "2021-06-14T06:00:00"),
        ("2021-06-14T06:00Z", "2021-06-14T06:00:00"),
        ("2021-06-14t06:00:00.123456789z", "2021-06-14T06:00:00.123456"),
        ("2021-06-14 08:00:00.5+0200", "2021-06-14T06:00:00.500000"),
        ("1999-12-31T23:30:00-01:00", "2000-01-01T00:30:00"),
    ],
)
def test_every_written_form_of_a_moment_is_read_as_what_it_says(written: str, meant: str) -> None:
    found = read(ENTRY | {"occurred_at": written})
    assert isinstance(found, Line)
    assert found.event.occurred_at == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize("value", ["true", "false", "yes", "on", "1", 1, 0, 1.0, "", [], None], ids=repr)
def test_a_truth_is_true_or_false_and_nothing_that_reads_like_it(value: Any) -> None:
    assert [field for field, _ in told(SITUATION | {"initial": value}, SITUATION_RECORDED)] == ["initial"]


@pytest.mark.parametrize("value", [7, 7.0, True, ["x"], {"x": 1}], ids=repr)
def test_a_text_is_a_text(value: Any) -> None:
    assert [field for field, _ in told(ENTRY | {"note": value})] == ["note"]


@pytest.mark.parametrize("topic", TOPICS, ids=str)
def test_no_event_takes_a_number_for_a_day_or_moment_nor_a_text_for_a_number_or_truth(topic: Topic) -> None:
    """Of the models themselves: the same holds for a line, and for a record whoever wrote it."""
    event = topic.event
    good = json.loads((EXAMPLES / event.SCHEMA / "ordinary.json").read_text(encoding="utf-8"))
    event.model_validate(good)
    for name in good:
        known = event.model_validate(good)
        value = getattr(known, name)
        wrong: list[Any] = []
        if isinstance(value, date):
            wrong = [20210615, "20210615", "44362", 44362, "0", 0]
        elif isinstance(value, bool):
            wrong = ["true", 1, "yes"]
        elif isinstance(value, int):
            wrong = [str(value), float(value), True]
        elif isinstance(value, str):
            wrong = [1, b"text"]
        elif isinstance(value, list):
            wrong = [tuple(value), set(value)]
        for each in wrong:
            with pytest.raises(ValidationError):
                event.model_validate(good | {name: each})


def test_a_record_whose_writer_left_the_day_a_bare_number_is_unreadable() -> None:
    """A contract of another system, with the same names, and days that are numbers: they are no days of 1970."""
    import fastavro

    fields = [{"name": name, "type": "string"} for name in ENTRY if name not in ("occurred_at", "applied_on")]
    fields += [{"name": "occurred_at", "type": "long"}, {"name": "applied_on", "type": "int"}]
    record = {"type": "record", "name": "JoblogEntryRecorded", "namespace": "dk.dfdg", "fields": fields}
    writer = fastavro.parse_schema(record)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, writer, ENTRY | {"occurred_at": 1623628800000000, "applied_on": 44362})
    with pytest.raises(UnreadableError, match="occurred_at: must be a moment"):
        decode(memoryview(out.getvalue()), writer, JoblogEntryRecorded)


@pytest.mark.parametrize(
    "null",
    ["1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00+01:00", "1969-12-31T23:59:59Z",
     "1900-01-01T00:00:00+01:00", "1904-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_moment_that_is_another_systems_null_is_refused(null: str) -> None:
    ((field, words),) = told(ENTRY | {"occurred_at": null})
    assert field == "occurred_at"
    assert "know no day" in words or "outside the years" in words


@pytest.mark.parametrize("null", ["1900-01-01", "1970-01-01", "0001-01-01", "1899-12-30", "1601-01-01", "1753-01-01"])
def test_a_day_that_is_another_systems_null_is_refused(null: str) -> None:
    exemption = {
        "citizen": "c-1", "occurred_at": "2021-06-14T08:00:00Z", "exemption": "e-1", "kind": "from-registering",
    }  # fmt: skip
    line = exemption | {"first_day": null, "last_day": "2021-12-31"}
    ((field, words),) = told(line, CV_EXEMPTION_RECORDED)
    assert field == "first_day"
    assert "leave the field out, or give the day" in words
    assert isinstance(read(line | {"first_day": "1970-01-02"}, CV_EXEMPTION_RECORDED), Line), "the day after is a day"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b'{"cpr":"7001019999","cpr":"7002019999","target_group":"job-ready"}', "cpr"),
        (b'{"target_group":"job-ready","target_group":"job-ready"}', "target_group"),
        (b'{"id":"1","id":"1"}', "id"),
        (b'{"citizen":"c-1","note":{"a":1,"b":[{"c":1,"c":2}]}}', "c"),
        (b'{"c\\u0070r":"1","cpr":"2"}', "cpr"),
    ],
)  # fmt: skip
def test_no_key_stands_twice_in_a_line_also_not_inside_of_it(line: bytes, named: str) -> None:
    assert told(line, SITUATION_RECORDED) == [
        ("line", f"has `{named}` twice: which is meant cannot be told; give it once")
    ]


def test_a_key_that_stands_twice_and_may_be_a_persons_number_is_not_repeated() -> None:
    assert told(b'{"7001019999":1,"7001019999":2}') == [
        ("line", "has a key twice: which is meant cannot be told; give it once")
    ]


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_is_no_json_is_refused_though_readers_take_it(value: bytes) -> None:
    ((field, words),) = told(b'{"citizen":"c-1","note":' + value + b"}")
    assert (field, "NaN" in words) == ("line", True)


TITLES = [
    "1345.1,1345,1,http://x.invalid/star/1,http://x.invalid/eures/1,Drageskoleleder",
    "2166.1,2166,1,http://x.invalid/star/2,http://x.invalid/eures/2,Regnbuetegner",
]
HEADER = ",".join(TITLE_COLUMNS)


def test_a_published_file_that_a_spreadsheet_has_saved_is_read_as_what_it_was(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *TITLES, ""])
    path = tmp_path / "titles.csv"
    path.write_text(text, encoding="utf-8")
    plain = read_titles(path)
    assert [title.label for title in plain] == ["Drageskoleleder", "Regnbuetegner"]
    for saved in ("\ufeff" + text, text.replace(",", ";"), ("\ufeff" + text.replace(",", ";")).replace("\n", "\r\n")):
        path.write_bytes(saved.encode())
        assert read_titles(path) == plain


def test_blanks_around_a_code_and_line_breaks_in_a_label_are_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    row = '5120.1 ,5120,1,http://x.invalid/1,http://x.invalid/e,"  Kok\nsouschef\u00a0 "'
    path.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    assert [(title.code, title.label) for title in read_titles(path)] == [("5120.1", "Kok souschef")]


def test_a_column_twice_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text(f"{HEADER},label\n{TITLES[0]},x\n", encoding="utf-8")
    with pytest.raises(BadFileError, match=f"label, label; expected {', '.join(TITLE_COLUMNS)}"):
        read_titles(path)
