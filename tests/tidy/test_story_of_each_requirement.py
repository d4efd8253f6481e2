"""Every requirement has a story: a test whose name begins with its id, among the stories or where tables are tested."""

import re

from tests.tidy.tree import ROOT

STORIES = ("stories", "consumers", "archive", "integration")
LATER = {
    "OPS-1": "the pull over HTTP is a later release's",
    "OPS-2": "so is the operators' view",
}
"""Rows without a story here, and why."""


def test_each_requirement_has_a_story_that_bears_its_id() -> None:
    ids = (ROOT / "tests/tidy/requirement_ids.txt").read_text(encoding="utf-8").split()
    paths = [path for folder in STORIES for path in (ROOT / "tests" / folder).glob("test_*.py")]
    names = [name for path in paths for name in re.findall(r"^def test_(\w+)", path.read_text(encoding="utf-8"), re.M)]
    told = {id_ for id_ in ids if any(name.startswith(f"{id_.lower().replace('-', '_')}_") for name in names)}
    assert set(ids) - told - LATER.keys() == set(), "requirements without a story"
    assert told & LATER.keys() == set(), "has a story by now"
