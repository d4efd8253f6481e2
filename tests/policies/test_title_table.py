"""TIT-2: what becomes of an old title, by its relations to ESCO-STAR."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.policies.title_table import Relation, TitleTable, outcome_of, same_label

Kind = Literal["exactMatch", "closeMatch", "broadMatch", "narrowMatch"]
GROUP = Relation("broadMatch", None, "Køkkenarbejde")
"""A target that is only an ISCO group."""


def to(kind: Kind, title: str, label: str = "") -> Relation:
    return Relation(kind, title, label or title)


def test_one_exact_match_converts_even_beside_nearer_named_close_ones() -> None:
    found = outcome_of([to("closeMatch", "2", "kok"), to("exactMatch", "1", "Souschef"), GROUP], "kok")
    assert (found.outcome, found.title, found.candidates) == ("converted", "1", ())
    assert found.rule == "TIT-2: one exact match"


def test_among_several_exact_matches_the_one_with_the_same_label_converts() -> None:
    found = outcome_of([to("exactMatch", "2", "Bagerlærling"), to("exactMatch", "1", "Bager")], "bager")
    assert (found.outcome, found.title) == ("converted", "1")


def test_several_exact_matches_without_the_same_label_must_be_chosen_among_nearest_first() -> None:
    relations = [to("closeMatch", "1", "Lektor"), to("exactMatch", "3", "Adjunkt"), to("exactMatch", "2", "Docent")]
    found = outcome_of(relations, "lektor")
    assert (found.outcome, found.title, found.candidates) == ("must-choose", None, ("2", "3", "1"))


def test_several_exact_matches_that_all_have_the_same_label_must_be_chosen() -> None:
    found = outcome_of([to("exactMatch", "1", "Bager"), to("exactMatch", "2", "BAGER")], "bager")
    assert found.outcome == "must-choose"


@pytest.mark.parametrize("kind", ["closeMatch", "broadMatch"])
def test_a_single_title_by_close_or_broad_match_converts(kind: Kind) -> None:
    found = outcome_of([to(kind, "1"), GROUP], "kok")
    assert (found.outcome, found.title) == ("converted", "1")


@pytest.mark.parametrize(
    "relations",
    [
        [to("narrowMatch", "1")],
        [to("closeMatch", "1"), to("closeMatch", "2")],
        [to("closeMatch", "1"), to("broadMatch", "2")],
        [to("broadMatch", "1"), to("narrowMatch", "2")],
        [to("closeMatch", "1"), to("narrowMatch", "1")],
    ],
)
def test_a_narrow_match_or_several_titles_must_be_chosen(relations: list[Relation]) -> None:
    found = outcome_of(relations, "kok")
    assert (found.outcome, found.title) == ("must-choose", None)
    assert set(found.candidates) == {relation.title for relation in relations}


@pytest.mark.parametrize("relations", [[], [GROUP], [GROUP, GROUP]])
def test_without_any_title_to_choose_it_is_retired(relations: list[Relation]) -> None:
    found = outcome_of(relations, "kok")
    assert (found.outcome, found.title, found.candidates) == ("retired", None, ())


RELATIONS = st.lists(
    st.builds(
        Relation,
        st.sampled_from(["exactMatch", "closeMatch", "broadMatch", "narrowMatch"]),
        st.sampled_from([None, "1", "2", "3"]),
        st.sampled_from(["kok", "Kok", "tjener"]),
    )
)


@given(RELATIONS)
def test_every_old_title_has_one_outcome_with_what_belongs_to_it_in_any_order_of_its_relations(
    relations: list[Relation],
) -> None:
    found = outcome_of(relations, "kok")
    assert found == outcome_of(relations[::-1], "kok")
    titles = {relation.title for relation in relations} - {None}
    assert (found.title is not None) == (found.outcome == "converted")
    assert set(found.candidates) == (titles if found.outcome == "must-choose" else set())
    assert (found.outcome == "retired") == (not titles)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gulvlægger \u0097 fleksibel", "Gulvlægger – fleksibel"),
        ("murer — gips", "murer - gips"),
        ("murer\u2011gips", "murer-gips"),
        (" tømrer\u00a0 svend ", "Tømrer svend"),
        ("kok\uff21", "kokA"),
        ("smørrebrødsjomfrØ", "smørrebrødsjomfrø"),
        ("pa\u030aklæder", "påklæder"),
    ],
)
def test_case_width_spacing_and_kinds_of_dash_do_not_make_another_label(one: str, other: str) -> None:
    assert same_label(one, other)


@pytest.mark.parametrize(("one", "other"), [("bager", "bagerlærling"), ("kok", "kök"), ("murer-gips", "murer gips")])
def test_other_words_letters_and_missing_dashes_make_another_label(one: str, other: str) -> None:
    assert not same_label(one, other)


def test_a_code_that_the_table_does_not_list_is_retired_and_never_guessed() -> None:
    table = TitleTable("v1", {}, {"5120.1": "Kok"})
    assert table.outcome("1234567").outcome == "retired"
    assert (table.label("5120.1"), table.label("1234567")) == ("Kok", "1234567")
