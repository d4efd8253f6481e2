"""What code and documents cite is there: sections and invariants of the design, and each requirement with its story."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tidy.tree import ROOT, files, place

DESIGN = ROOT / "docs" / "design.md"
REQUIREMENTS = ROOT / "docs" / "requirements.md"
IDS = (ROOT / "tests" / "tidy" / "requirement_ids.txt").read_text(encoding="utf-8").split()

BREAK = r"\s+(?:(?:#|--)\s*)?"
"""Between two words of a sentence, which may go on in the next line of a comment."""
SECTION = re.compile(rf"\bDESIGN(?:{BREAK}section)?{BREAK}(\d+(?:\.\d+)*)")
INVARIANTS = re.compile(rf"\binvariants?{BREAK}(\d+(?:(?:, |{BREAK}(?:and|to){BREAK})\d+)*)", re.I)
HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? \S", re.M)
ITEM = re.compile(r"^(\d+)\. \S", re.M)

GROUND_RULE = re.compile(r"\bREQUIREMENTS, ((?:ground rules|[a-z]+(?: and [a-z]+)?))\b")

SPAN = re.compile(r"`([^`\n]+)`")
TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
PLACE = re.compile(r"[\w-]+(/[\w.-]+)+")
RELATION = re.compile(r"[a-z_]+\.[a-z_]+")
MADE = re.compile(r"^create (?:or replace )?(?:table|view|function) (\w+\.\w+)", re.M)


class Row(NamedTuple):
    """A requirement as the document has it, cell by cell."""

    id: str
    text: str
    rule: str
    where: str
    story: str


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def prose() -> Iterator[tuple[Path, str]]:
    return ((path, read(path)) for path in files() if path.suffix in (".md", ".py", ".sql"))


def spans(cell: str, shape: re.Pattern[str]) -> list[re.Match[str]]:
    """The code in a cell that has this shape."""
    return [found for span in SPAN.findall(cell) if (found := shape.fullmatch(span))]


@cache
def rows() -> list[Row]:
    """Every row of the tables that have a story; the last table of the document compares with the newsletter."""
    lines = read(REQUIREMENTS).partition("## Where the newsletter leaves room")[0].splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if re.match(r"\| [A-Z]+-\d", line)
    ]
    return [Row(*row) for row in cells]


each_row = pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)


def numbers(text: str) -> set[int]:
    """`1 to 3` names 2 as well."""
    found: set[int] = set()
    for part in re.split(r", |\band\b", text):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        found.update(range(ends[0], ends[-1] + 1))
    return found


def test_every_section_of_the_design_that_is_cited_is_there() -> None:
    there = set(HEADING.findall(read(DESIGN)))
    cited = [(path, found[1]) for path, text in prose() for found in SECTION.finditer(text)]
    assert len(cited) > 20, "the citations are not found any more"
    assert [f"{place(path)}: DESIGN {number}" for path, number in cited if number not in there] == []


def test_every_invariant_that_is_cited_is_an_item_of_the_design() -> None:
    there = {int(number) for number in ITEM.findall(read(DESIGN).partition("## 3. ")[2].partition("\n## ")[0])}
    cited = [(path, numbers(found[1])) for path, text in prose() for found in INVARIANTS.finditer(text)]
    assert len(cited) > 10, "the citations are not found any more"
    assert [f"{place(path)}: invariants {wanted}" for path, wanted in cited if wanted - there] == []


def test_the_design_counts_its_sections_and_invariants_without_a_gap() -> None:
    sections = HEADING.findall(read(DESIGN))
    assert [number for number in sections if "." not in number] == [str(n) for n in range(1, 7)]
    assert [number for number in sections if number.startswith("2.")] == [f"2.{n}" for n in range(1, 7)]
    items = ITEM.findall(read(DESIGN).partition("## 3. ")[2].partition("\n## ")[0])
    assert items == [str(n) for n in range(1, 9)]


def test_every_requirement_has_exactly_one_row_in_the_requirements() -> None:
    assert sorted(row.id for row in rows()) == sorted(IDS)


@each_row
def test_a_row_names_a_rule_whose_files_and_names_are_there(row: Row) -> None:
    paths = [found[0] for found in spans(row.rule, PLACE)]
    assert paths, "no file is named"
    assert [path for path in paths if not (ROOT / path).is_file()] == []
    source = "\n".join(read(ROOT / path) for path in paths)
    names = [found[0] for found in spans(row.rule, re.compile(r"\w+"))]
    assert [name for name in names if not re.search(rf"\b{name}\b", source)] == []


@each_row
def test_a_row_names_its_topics_or_tables_and_they_are_made(row: Row) -> None:
    made = {name for path in files() if path.suffix == ".sql" for name in MADE.findall(read(path))}
    relations = [found[0] for found in spans(row.where, RELATION)]
    assert [name for name in relations if name not in made] == []
    # That a topic is declared is test_documents' matter, for every document.
    assert relations or spans(row.where, re.compile(r"dfdg\.[a-z-]+-v\d+")), "neither topic nor table is named"


@each_row
def test_a_row_tells_its_requirement_and_names_a_story_that_is_there(row: Row) -> None:
    assert len(row.text.split()) > 5
    stories = [found.group(1, 2) for found in spans(row.story, TEST)]
    assert stories, "no test is named"
    assert len(stories) == len(SPAN.findall(row.story)), "what is in code there must be a test"
    assert [
        f"{file}::{name}"
        for file, name in stories
        if not (ROOT / file).is_file() or not re.search(rf"^def {name}\(", read(ROOT / file), re.M)
    ] == []


def test_every_ground_rule_that_is_cited_stands_in_the_requirements() -> None:
    rules = read(REQUIREMENTS).partition("## Ground rules")[2].partition("\n## ")[0].lower()
    cited = [(path, found[1]) for path, text in prose() for found in GROUND_RULE.finditer(text)]
    assert len(cited) > 5
    assert [
        f"{place(path)}: {rule}" for path, rule in cited if rule != "ground rules" and f"**{rule}" not in rules
    ] == []
