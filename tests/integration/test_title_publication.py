"""The classification for anyone: on its topic, whole in every version, and in a file (TIT-14)."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from psycopg import Connection

from infra.postgres import connect
from infra.reference.publication import BYTE_ORDER_MARK, HEADER, Title, titles_of, version_in_use, write_csv
from producers.classification import Published, import_titles
from producers.title_table import announce
from schemas.codec import contract, decode, frame
from schemas.ids import slice_of
from schemas.title_publication import TitlePublished
from schemas.topic import SLICES
from schemas.topics import TITLE_PUBLISHED, TITLE_TABLE_PUBLISHED
from streams.policies.title_table import outcome_of
from tests.builders import moment
from tests.integration.edge import IDS, ids, records
from tests.integration.looking import FINE, Desk, desk
from tests.integration.test_reference import RELATIONS, SAMPLE, TITLES, corrected

__all__ = ["desk"]

LABELS = SAMPLE / "labels_da.csv"
AT, LATER = moment("2021-05-19 10:00"), moment("2021-06-20 23:30")


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database, "test-titles") as connection:
        connection.autocommit = True
        yield connection


def imported(connection: Connection, mapping: Path = RELATIONS) -> tuple[Published, list[Title]]:
    published = import_titles(connection, TITLES, mapping, outcome_of, aliases=LABELS)
    return published, titles_of(connection, published.version)


def on_topic(kafka: str) -> list[TitlePublished]:
    found = []
    for record in records(kafka, TITLE_PUBLISHED):
        event = decode(frame(record.value()).body, contract(TitlePublished.SCHEMA), TitlePublished)
        assert isinstance(event, TitlePublished)
        assert record.partition() == slice_of(event.key.encode(), SLICES)
        found.append(event)
    return found


def test_tit_14_each_version_is_on_the_topic_whole_and_a_corrected_one_says_which_it_is(
    kafka: str, connection: Connection, tmp_path: Path
) -> None:
    announce(kafka, IDS, *imported(connection), AT)
    first = on_topic(kafka)
    assert sorted(event.place for event in first) == list(range(1, 12 + 14 + 1))
    assert {(event.titles, event.from_day) for event in first} == {(26, date(2021, 6, 12))}
    assert Counter((event.scheme, event.status) for event in first) == {
        ("esco-star", "active"): 12,
        ("discoams08", "converted"): 7,
        ("discoams08", "must-choose"): 4,
        ("discoams08", "retired"): 3,
    }
    stirrer, moon = (next(event for event in first if event.title == code) for code in ("5120002", "7512001"))
    assert (stirrer.label, stirrer.status, stirrer.candidates) == ("kedelrører", "must-choose", ["5120.2", "5120.1"])
    assert (stirrer.aliases, moon.candidates, moon.status) == (["grydevender"], [], "retired")

    announce(kafka, IDS, *imported(connection, corrected(tmp_path)), LATER)
    second = [event for event in on_topic(kafka) if event.version != first[0].version]
    assert sorted(event.place for event in second) == list(range(1, 26 + 1))
    assert {(event.version, event.from_day) for event in second} == {(version_in_use(connection), date(2021, 6, 20))}
    (baker,) = [event for event in second if event.title == "7512001"]
    assert (baker.status, baker.candidates) == ("converted", ["5120.1"])


def test_publishing_a_version_again_has_the_same_ids_and_comes_before_its_announcement(
    kafka: str, connection: Connection
) -> None:
    for at in (AT, LATER):
        announce(kafka, IDS, *imported(connection), at)
    for topic, once in ((TITLE_PUBLISHED, 26), (TITLE_TABLE_PUBLISHED, SLICES)):
        assert set(Counter(ids(records(kafka, topic))).values()) == {2}
        assert len(set(ids(records(kafka, topic)))) == once


def test_tit_14_the_file_opens_in_danish_excel_and_lists_the_retired_titles_first(desk: Desk, tmp_path: Path) -> None:
    with connect(desk.dsn, "test-titles") as connection:
        connection.autocommit = True
        published, titles = imported(connection)
    file = tmp_path / "stillingsbetegnelser.csv"
    assert desk.dfdg("titles", "export", str(file)).exit_code == FINE
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfKlassifikation;Kode;")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == 1 + len(titles)
    assert {row[-1] for row in rows[1:]} == {published.version}
    assert [row[4].startswith("udgået") for row in rows[1:]] == [True] * 7 + [False] * 19
    (stirrer,) = [row for row in rows if row[1] == "5120002"]
    assert stirrer[2:6] == [
        "kedelrører",
        "grydevender",
        "udgået, skal vælges",
        "Heksebrygger (5120.2), Troldekok (5120.1)",
    ]
    assert desk.dfdg("titles", "export", str(file)).exit_code == 2  # never over a file that is there


@pytest.mark.parametrize("evil", ['=HYPERLINK("x")', "+45", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_file_is_a_formula(evil: str) -> None:
    out = io.StringIO()
    write_csv([Title("esco-star", "5120.1", evil, "active", [], [evil])], evil, out)
    (_, row) = csv.reader(io.StringIO(out.getvalue().removeprefix(BYTE_ORDER_MARK), newline=""), delimiter=";")
    assert [row[n] for n in (2, 3, 6)] == [f"'{evil}"] * 3
    assert row[1] == "5120.1"


def test_the_tool_suggests_tells_labels_and_says_what_is_missing(desk: Desk, tmp_path: Path) -> None:
    missing = desk.dfdg("titles", "export", str(tmp_path / "x.csv"))
    assert (missing.exit_code, "titles import" in missing.stderr) == (4, True)
    with connect(desk.dsn, "test-titles") as connection:
        connection.autocommit = True
        imported(connection)
    found = desk.json("titles", "suggest", "hekse", "--on", "2021-06-12")
    assert found["suggestions"] == [{"code": "5120.2", "name": "Heksebrygger", "is_alias": False}]
    assert desk.json("titles", "suggest", "he")["more_needed"] is True
    assert "at least 3" in desk.dfdg("titles", "suggest", "he").stderr
    assert [each["label"] for each in desk.json("titles", "label", "5120002")] == ["kedelrører"]
    unknown = desk.dfdg("titles", "label", "0000000")
    assert (unknown.exit_code, "0000000" in unknown.stderr) == (1, True)
