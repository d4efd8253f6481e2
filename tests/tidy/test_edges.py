"""The table of the edges (docs/security.md) names what is there: tests, sabotages, kinds of lies, scenarios.

That its paths are there is `test_documents.py`'s.
"""

import re
from typing import NamedTuple

from tests.faults.inject.scripted import ONE_BY_ONE, TOGETHER
from tests.faults.load.liar import KINDS
from tests.faults.sabotages_of_edges import SABOTAGES
from tests.tidy.tree import ROOT

IDS = [f"E{n}" for n in (*range(1, 18), 21, 22)]


class Row(NamedTuple):
    id: str
    claim: str
    tests: list[str]
    sabotages: list[str]
    fault: str


def rows() -> list[Row]:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| E\d+ \|", line)]
    return [
        Row(id_, claim, re.findall("`([^`]+)`", tests), its.split(" · "), fault)
        for id_, claim, tests, its, fault in cells
    ]


def test_each_row_stands_in_the_table_and_in_no_other_document() -> None:
    assert sorted({row.id for row in rows()}, key=IDS.index) == IDS
    others = [path for path in (ROOT / "docs").glob("*.md") if path.name != "security.md"]
    assert [path.name for path in others if re.search(r"^\| E\d+ \|", path.read_text(encoding="utf-8"), re.M)] == []


def test_each_sabotage_of_a_row_is_there_and_caught_by_a_test_that_the_row_names() -> None:
    caught_by = {each.what: each.caught_by.partition("::")[0] for each in SABOTAGES}
    wrong = [(row.id, what) for row in rows() for what in row.sabotages if caught_by.get(what) not in row.tests]
    assert wrong == []


def test_each_row_has_a_fault_that_is_there_or_says_why_not_and_each_kind_of_lie_has_a_row() -> None:
    lies = [set(re.findall(r"\*\*([\w ]+)\*\*", row.fault)) for row in rows()]
    assert set().union(*lies) == KINDS.keys()
    scenarios = {each.name for each in (*TOGETHER, *ONE_BY_ONE)}
    for row, lie in zip(rows(), lies, strict=True):
        named = re.findall(r"`([\w-]+)`", row.fault) if row.fault.startswith("scenarios ") else []
        assert set(named) <= scenarios, row.id
        assert lie or named or row.fault.startswith(("none of its own: ", "the hot citizen")), row.id
