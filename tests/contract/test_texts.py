"""Every text of the folder is found, under one id, and its version counts from 1."""

import re
from collections import Counter
from pathlib import Path
from typing import get_args

from schemas.notices import RecipientKind
from schemas.texts import AREAS, TEXTS
from tests.tidy.tree import ROOT


def test_every_module_of_the_folder_is_walked_and_no_two_give_the_same_id() -> None:
    files = {Path(path).stem for path in (ROOT / "schemas" / "texts").glob("[a-z]*.py")}
    assert set(AREAS) == files
    ids = Counter(name for area in AREAS.values() for name in getattr(area, "TEXTS", ()))
    assert [name for name, count in ids.items() if count > 1] == []
    assert set(ids) == set(TEXTS)
    assert min(text.version for text in TEXTS.values()) == 1


def test_the_kinds_of_recipients_are_those_that_the_rules_write_to() -> None:
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "streams" / "policies").glob("*.py"))
    assert {*re.findall(r'(?:recipient_kind=|Tell\(|\[\()"([a-z]+)"', rules)} == {*get_args(RecipientKind)}
