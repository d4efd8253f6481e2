"""docs/texts.md shows every Danish text as it is, and its words are Danish."""

import pytest

from infra.cli.texts import VALUES, page
from schemas.cv import EXEMPTIONS
from schemas.texts import TEXTS
from schemas.texts.text import NOTHING, Text
from schemas.texts.words import WORDS, in_words
from streams.policies.jobkon import ROWS
from tests.tidy.tree import ROOT


def test_the_page_shows_every_text_as_it_is() -> None:
    document = (ROOT / "docs" / "texts.md").read_text(encoding="utf-8")
    assert document == page(), "`make texts` writes it anew"
    assert [text_id for text_id in TEXTS if f"* `{text_id}`, version" not in document] == []
    assert {detail for text in TEXTS.values() for detail in text.details} == set(VALUES)


@pytest.mark.parametrize(
    ("detail", "codes"),
    [
        ("must_register", ["yes", "no"]),
        ("exemption", EXEMPTIONS),
        ("exemption_ended", EXEMPTIONS),
        ("function", [row.code for row in ROWS]),
        ("module", ["early-retirement-cases", "self-booking-reports", "company-overview"]),
    ],
)
def test_no_code_that_has_a_name_stands_in_a_danish_text(detail: str, codes: list[str]) -> None:
    for code in codes:
        text = Text(1, f"Det gælder {{{detail}}}.").filled({detail: code})
        assert text == f"Det gælder {WORDS[detail][code]}."
        assert code not in text


def test_a_code_without_a_name_is_quoted_as_it_is_and_nothing_but_codes_is_put_into_words() -> None:
    assert in_words("functions", "messages, front-page") == "beskedmodulet, »front-page«"
    assert in_words("items", "no, yes") == "no, yes"
    assert NOTHING not in page().partition("## links")[0]
