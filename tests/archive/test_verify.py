"""Whatever happens to a package on disk is found: a byte, a file too few, a file too many, a count (RET-6)."""

from collections.abc import Callable
from hashlib import md5
from pathlib import Path

import pytest

from consumers.archive.verify import verify
from tests.archive.registers import package, visit

TABLE = Path("Tables") / "table1" / "table1.xml"
TABLE_INDEX, FILE_INDEX = Path("Indices") / "tableIndex.xml", Path("Indices") / "fileIndex.xml"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return package(tmp_path, visit("a", note="æøå"), visit("b"))[0]


def flip_a_byte(made: Path) -> None:
    data = bytearray((made / TABLE).read_bytes())
    data[data.index(b"citizen-a") + 8] ^= 1  # still XML
    (made / TABLE).write_bytes(data)


def rewrite(made: Path, path: Path, old: str, new: str) -> None:
    """The change is also in the file index: only its meaning can tell."""
    before = (made / path).read_bytes()
    after = before.replace(old.encode(), new.encode(), 1)
    assert after != before
    (made / path).write_bytes(after)
    index, old_md5, new_md5 = made / FILE_INDEX, md5(before).hexdigest(), md5(after).hexdigest()
    assert old_md5.upper() in index.read_text(encoding="utf-8")
    index.write_text(index.read_text(encoding="utf-8").replace(old_md5.upper(), new_md5.upper()), encoding="utf-8")


DAMAGE: list[tuple[Callable[[Path], object], list[str]]] = [
    (flip_a_byte, [f"{TABLE} has another MD5 than the index says."]),
    (lambda made: (made / TABLE).unlink(), [f"{TABLE} is listed and missing.", "table1 cannot be read: "]),
    (lambda made: (made / TABLE_INDEX).unlink(), [f"{TABLE_INDEX} is listed and missing."]),
    (lambda made: (made / "more.txt").touch(), ["more.txt is there and not listed."]),
    (lambda made: (made / FILE_INDEX).unlink(), [f"{FILE_INDEX} is missing: the package is not finished."]),
    (lambda made: (made / FILE_INDEX).write_text("<fileIndex>"), [f"{FILE_INDEX} is not XML: "]),
    (
        lambda made: rewrite(made, TABLE_INDEX, "<rows>2<", "<rows>3<"),
        ["table1 has 2 rows and not 3, as the index says."],
    ),
    (
        lambda made: rewrite(made, TABLE, "<row><c1>b</c1>", "</table>"),
        [f"{TABLE} is not XML: ", "table1 cannot be read: "],
    ),
    (
        lambda made: rewrite(made, TABLE, "<c1>b</c1>", ""),
        ["table1: 1 rows have other columns than the index."],
    ),
    (
        lambda made: rewrite(made, TABLE, "<c1>b</c1>", '<c1 xsi:nil="true"/>'),
        ["table1: 1 rows lack a value that no row may lack."],
    ),
    (
        lambda made: rewrite(made, TABLE_INDEX, "<folder>table1</folder>", "<folder>table2</folder>"),
        ["table2 cannot be read: "],
    ),
    (
        lambda made: (made / FILE_INDEX).write_text(
            (made / FILE_INDEX).read_text().replace("AVID.STAR.7.1\\Tables", "AVID.STAR.8.1\\Tables")
        ),
        [
            f"{FILE_INDEX} lists AVID.STAR.8.1\\Tables\\table1\\table1.xml, which is not in this package.",
            f"{FILE_INDEX} lists AVID.STAR.8.1\\Tables\\table1\\table1.xsd, which is not in this package.",
            f"{TABLE} is there and not listed.",
            f"{TABLE.with_suffix('.xsd')} is there and not listed.",
        ],
    ),
]


def test_a_package_as_it_was_written_has_no_faults(made: Path) -> None:
    assert verify(made) == (2, 7, ())


@pytest.mark.parametrize(("damage", "told"), DAMAGE, ids=[told[0][:50] for _, told in DAMAGE])
def test_each_damage_is_found_and_nothing_else_is_told(
    damage: Callable[[Path], object], told: list[str], made: Path
) -> None:
    damage(made)
    faults = verify(made).faults
    assert len(faults) == len(told)
    assert [fault for fault, start in zip(faults, told, strict=True) if not fault.startswith(start)] == []


def test_a_file_listed_twice_and_one_outside_the_package_are_faults(made: Path) -> None:
    index = made / FILE_INDEX
    text = index.read_text(encoding="utf-8")
    entry = text[text.index("<f>") : text.index("</f>") + 4]
    outside = entry.replace("\\Tables\\table1", "\\..\\..")
    index.write_text(text.replace("</fileIndex>", f"{entry}{outside}</fileIndex>"), encoding="utf-8")
    assert sorted(verify(made).faults) == [
        f"{FILE_INDEX} lists AVID.STAR.7.1\\..\\..\\table1.xml, which is not in this package.",
        f"{TABLE} is listed twice.",
    ]


def test_a_package_may_be_moved_but_keeps_the_name_of_its_folder(made: Path, tmp_path: Path) -> None:
    moved = made.rename(tmp_path / "elsewhere.part")
    assert verify(moved).faults != ()
    back = tmp_path / "safe" / "AVID.STAR.7.1"
    back.parent.mkdir()
    assert verify(moved.rename(back)).faults == ()
