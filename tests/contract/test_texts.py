"""Every text of the folder is found, under one id; its version counts from 1, and it says only what there is."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest

from schemas.notices import RecipientKind
from schemas.texts import AREAS, TEXTS, render
from schemas.texts.links import CONSTRUCTED, LINKS
from schemas.texts.text import NOTHING, Text
from streams.policies.title_adverts import CONTACT, REMINDER
from streams.policies.title_areas import AREAS as AREAS_OF_TITLES
from tests.tidy.tree import ROOT

each_text = pytest.mark.parametrize("text_id", TEXTS)


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


def absences(text: Text) -> Iterator[set[str]]:
    """Each set of the text's optional details."""
    names = sorted(text.optional)
    for many in range(len(names) + 1):
        yield from map(set, combinations(names, many))


@each_text
def test_a_text_has_only_sentences_about_what_there_is(text_id: str) -> None:
    text = TEXTS[text_id]
    known = {name: f"<{name}>" for name in text.details}
    assert set("[]{}") & set(render(text_id, known)[0]) == set()
    for absent in absences(text):
        said, version = render(text_id, {name: value for name, value in known.items() if name not in absent})
        assert (said, version) == render(text_id, known | dict.fromkeys(absent, NOTHING))
        assert (said, version) == render(text_id, known | dict.fromkeys(absent, ""))
        assert NOTHING not in said
        assert not {name for name in absent if f"<{name}>" in said}
        assert all(f"<{name}>" in said for name in text.details - text.optional)
        assert "  " not in said
        assert said.strip() == said
        assert all(sentence.strip() for sentence in said.removesuffix(".").split(". ")), "an empty sentence"


def test_an_employer_with_job_orders_only_reads_nothing_of_adverts() -> None:
    nothing = {"adverts": NOTHING, "last_day": NOTHING, "candidates": NOTHING, "from_day": "12.06.2021"}
    assert render("adverts-title-retired", nothing | {"job_orders": "o1"})[0] == (
        "I bruger stillingsbetegnelser, der er udgået pr. 12.06.2021. Jobordrer: o1. Der skal vælges en ny"
        f" stillingsbetegnelse, når de redigeres. Læs mere: {LINKS['told_employers'].address}"
    )


def test_every_link_comes_from_the_one_table_says_that_it_is_constructed_and_is_in_a_text() -> None:
    said = " ".join(text.filled({name: f"<{name}>" for name in text.details}) for text in TEXTS.values())
    assert {*re.findall(r"https?://\S+", said)} == {link.address for link in LINKS.values()}
    assert not any("://" in text.danish for text in TEXTS.values())
    for name, link in LINKS.items():
        assert "example" in link.address
        assert link.source == CONSTRUCTED, f"{name}: a public address is no example"


def test_who_was_told_beforehand_reads_where_and_the_guides_go_to_those_whom_they_are_for() -> None:
    linked = {name: {text_id for text_id in TEXTS if f"{{{name}}}" in TEXTS[text_id].danish} for name in LINKS}
    assert linked["quick_guide"] == {"bi-nemlogin-comes"}
    assert linked["user_guide"] == {"bi-login-no-modules", "bi-rights-refused-nothing", "bi-access-created"}
    assert linked["responsible_guide"] == {"bi-module-asked"}
    assert linked["change_browser"] == {"browser-advice"}
    told = {to.reason: to.recipient_kind for area in AREAS_OF_TITLES for to in area.tells}
    assert linked["told_citizens"] == {reason for reason, kind in told.items() if kind == "citizen"}
    assert linked["told_employers"] == {CONTACT, REMINDER} | {
        reason for reason, kind in told.items() if kind == "employer"
    }


def test_a_detail_that_is_missing_from_a_sentence_that_must_be_said_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("adverts-expire-soon", {"last_day": "07.08.2021"})
