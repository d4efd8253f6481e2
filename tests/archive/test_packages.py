"""A package conforms to the National Archives' own schemas, carries every text, and stays small in memory (RET-6)."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from consumers.archive.context import DOCUMENTS
from consumers.archive.errors import ArchiveError
from consumers.archive.package import STANDARD, write_package
from consumers.archive.table import read_delivered, read_rows
from consumers.archive.text import carried, markup, original
from consumers.archive.verify import verify
from schemas.archive_areas import AREAS, Area
from tests.archive.registers import AREA, DELIVERY, SCHEMAS, made_up_row, many, nothing_optional, package, visit

INDICES = ("archiveIndex", "tableIndex", "contextDocumentationIndex", "fileIndex")
TABLE = Path("Tables") / "table1"
needs_schemas = pytest.mark.skipif(not SCHEMAS.exists(), reason="the Archives' schemas are not on this machine")
each_area = pytest.mark.parametrize("area", [AREA, *AREAS], ids=lambda area: area.name)


def assert_valid(document: Path, schema: Path) -> None:
    etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(document))


def text_of(document: Path, tag: str) -> list[str]:
    found = ElementTree.parse(document).iterfind(f".//{{http://www.sa.dk/xmlns/diark/1.0}}{tag}")
    return [each.text or "" for each in found]


@needs_schemas
@each_area
def test_every_index_is_valid_by_the_archives_own_schema(area: Area, tmp_path: Path) -> None:
    row = made_up_row(area)
    made, _ = package(tmp_path, row, nothing_optional(area, row), area=area, schemas=SCHEMAS)
    for name in INDICES:
        assert_valid(made / "Indices" / f"{name}.xml", SCHEMAS / f"{name}.xsd")
        assert (made / "Schemas" / "standard" / f"{name}.xsd").read_bytes() == (SCHEMAS / f"{name}.xsd").read_bytes()
    assert verify(made) == (2, 5 + len(STANDARD) + 2, ())


@needs_schemas
def test_the_validation_would_find_an_index_that_does_not_conform(tmp_path: Path) -> None:
    made, _ = package(tmp_path, visit("r1"))
    index = made / "Indices" / "archiveIndex.xml"
    index.write_text(index.read_text(encoding="utf-8").replace("<cprNum>false</cprNum>", ""), encoding="utf-8")
    with pytest.raises(etree.DocumentInvalid):
        assert_valid(index, SCHEMAS / "archiveIndex.xsd")


@each_area
def test_the_rows_are_valid_by_the_schema_that_lies_beside_them(area: Area, tmp_path: Path) -> None:
    row = made_up_row(area)
    made, _ = package(tmp_path, row, nothing_optional(area, row), area=area)
    assert_valid(made / TABLE / "table1.xml", made / TABLE / "table1.xsd")


@each_area
def test_each_area_begins_with_its_record_ends_with_its_update_and_explains_every_column(area: Area) -> None:
    assert [area.columns[0].name, area.columns[-1].name] == ["record", "updated_at"]
    assert not any(column.nullable for column in (area.columns[0], area.columns[-1]))
    assert all(column.description for column in area.columns)
    assert not {column.name for column in area.columns} & set(area.left_out)
    assert all("cpr" not in column.name for column in area.columns)


def test_values_are_written_so_that_they_can_be_read_back_and_nothing_is_not_an_empty_text(tmp_path: Path) -> None:
    rows = [
        visit("a", "2016-02-29", "", "2016-02-29 23:30:00.000001"),
        visit("b", note="Æblegrød på Ø & <æ>\r\n\t 𝄞"),
        visit("c"),
    ]
    made, written = package(tmp_path, *rows)
    found = [dict(row) for row in read_rows(made / TABLE / "table1.xml")]
    assert [row["c4"] for row in found] == ["", "Æblegrød på Ø & <æ>\r\n\t 𝄞", None]
    assert found[0] == {
        "c1": "a", "c2": "citizen-a", "c3": "2016-02-29", "c4": "", "c5": "20", "c6": "true",
        "c7": "2016-02-29T23:30:00.000001Z",
    }  # fmt: skip
    assert next(iter(read_delivered(made / TABLE / "table1.xml"))) == ("a", datetime(2016, 2, 29, 23, 30, 0, 1, UTC))
    assert (written.first_day, written.last_day) == (date(2015, 6, 1), date(2016, 3, 1))  # 00:30 in Copenhagen


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2021-03-28 00:59:59", "2021-03-28"),
        ("2021-03-28 21:59:59", "2021-03-28"),  # summer time has begun: midnight is at 22 in UTC
        ("2021-03-28 22:00:00", "2021-03-29"),
        ("2022-10-30 22:59:59", "2022-10-30"),  # it has ended: midnight is at 23
        ("2022-10-30 23:00:00", "2022-10-31"),
        ("2020-02-28 23:00:00", "2020-02-29"),
        ("2020-02-29 23:00:00", "2020-03-01"),
    ],
)
def test_the_packages_period_is_in_copenhagen_days(moment: str, day: str, tmp_path: Path) -> None:
    made, _ = package(tmp_path, visit("a", updated=moment))
    assert text_of(made / "Indices" / "archiveIndex.xml", "archivePeriodStart") == [day]
    assert text_of(made / "Indices" / "archiveIndex.xml", "archivePeriodEnd") == [day]


@given(st.text(st.characters(codec=None)))
def test_any_text_comes_back_from_xml_as_it_was(text: str) -> None:
    read = ElementTree.fromstring(f"<a>{markup(carried(text))}</a>".encode()).text or ""
    assert original(read) == text


def test_what_xml_cannot_carry_is_escaped_and_the_index_says_in_how_many_values(tmp_path: Path) -> None:
    notes = ("lyd\x01løs", r"C:\u0001", "almindelig")
    made, written = package(tmp_path, *(visit(str(n), note=note) for n, note in enumerate(notes)))
    file = made / TABLE / "table1.xml"
    assert r"lyd\u0001løs" in (text := file.read_text(encoding="utf-8"))
    assert r"C:\u005cu0001" in text
    assert tuple(dict(row)["c4"] for row in read_rows(file)) == notes
    assert written.escaped[3] == 2
    descriptions = text_of(made / "Indices" / "tableIndex.xml", "description")
    assert [d for d in descriptions if "2 værdier" in d] == [
        "Bemærkning. Tegn, som XML ikke kan bære, er skrevet som \\u og fire cifre, og omvendt skråstreg som \\u005c:"
        " 2 værdier."
    ]
    assert verify(made).faults == ()


def test_the_table_index_gives_each_texts_longest_length_and_the_number_of_rows(tmp_path: Path) -> None:
    made, _ = package(tmp_path, visit("a", note="æøå"), visit("bb", note="æ"))
    index = made / "Indices" / "tableIndex.xml"
    assert text_of(index, "rows") == ["2"]
    assert text_of(index, "type") == [
        "CHARACTER VARYING(2)", "CHARACTER VARYING(10)", "DATE", "CHARACTER VARYING(3)", "INTEGER", "BOOLEAN",
        "TIMESTAMP WITH TIME ZONE",
    ]  # fmt: skip


def test_the_index_names_the_deliveries_before_and_says_that_citizens_stand_under_other_numbers(tmp_path: Path) -> None:
    made, _ = package(tmp_path, visit("a"))
    assert text_of(made / "Indices" / "archiveIndex.xml", "archiveInformationPackageIDPrevious") == ["AVID.STAR.3"]
    assert text_of(made / "Indices" / "archiveIndex.xml", "cprNum") == ["false"]
    assert "aldrig under CPR-nummer" in text_of(made / "Indices" / "tableIndex.xml", "description")[0]


def test_ret_1_the_archives_are_told_that_a_check_is_the_citizens_own_and_was_acknowledged(tmp_path: Path) -> None:
    (checks,) = (area for area in AREAS if area.rule == "RET-1")
    made, _ = package(tmp_path, made_up_row(checks), area=checks)
    (table,) = ElementTree.parse(made / "Indices" / "tableIndex.xml").iterfind(".//{*}tables/{*}table")
    described = [each.text for each in table.iterfind(".//{*}description")]
    assert described == [
        "Lediges egne tjek af jobforslag: De skulle mindst hver 7. dag logge på Jobnet for at tjekke deres jobforslag,"
        " og de kvitterede digitalt for det på Jobnet. Pligten udgik i december 2019. Borgere står under DFDG's"
        " tilfældige numre, aldrig under CPR-nummer.",
        "Registreringens tilfældige nummer, primærnøgle",
        "Borgerens tilfældige nummer i DFDG; ikke et CPR-nummer",
        "Dagen, hvor borgeren tjekkede sine jobforslag",
        "Hvordan tjekket endte, som Jobnet angav det; »acknowledged«: kvitteret",
        "Hvornår borgeren loggede på Jobnet (UTC)",
        "Hvornår borgeren kvitterede på Jobnet (UTC)",
        "Hvornår registreringen senest blev ændret (UTC)",
    ]


def test_every_document_is_an_image_and_has_the_text_that_it_was_drawn_from_beside_it() -> None:
    folder = Path("consumers") / "archive" / "context"
    root = Path(__file__).parents[2]
    for document in DOCUMENTS:
        assert document.image()[:4] == b"II*\0"  # TIFF
        assert (root / folder / document.file).with_suffix(".txt").exists()


def test_a_missing_value_that_no_record_may_lack_stops_the_package_and_names_it(tmp_path: Path) -> None:
    row = (*visit("r1")[:2], None, *visit("r1")[3:])
    with pytest.raises(ArchiveError, match="record r1 has no visited_on"):
        package(tmp_path, row)
    assert verify(tmp_path / "AVID.STAR.7.1").faults != ()


def test_a_folder_that_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    made, _ = package(tmp_path, visit("a"))
    with pytest.raises(ArchiveError, match="is there already"):
        package(tmp_path, visit("b"))
    assert verify(made) == (1, 7, ())


def test_a_folder_without_all_of_the_archives_schemas_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"lacks archiveIndex.xsd"):
        package(tmp_path / "out", visit("a"), schemas=tmp_path)
    assert not (tmp_path / "out").exists()


LIMIT_BYTES = 1_000_000
"""For 50,000 rows, which are 12 MB on disk: less than an empty element of each would take. A third was seen."""


@pytest.fixture
def traced() -> Iterator[Any]:
    tracemalloc.start()
    yield tracemalloc
    tracemalloc.stop()


def test_fifty_thousand_rows_are_written_verified_and_read_in_bounded_memory(tmp_path: Path, traced: Any) -> None:
    write_package(tmp_path, AREA, many(50_000), DELIVERY)
    assert verify(tmp_path / DELIVERY.folder) == (50_000, 7, ())
    assert traced.get_traced_memory()[1] < LIMIT_BYTES
