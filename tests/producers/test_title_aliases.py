"""Aliases: constructed from ESCO's labels, never the name of a title, and marked as constructed (TIT-11)."""

from pathlib import Path

import pytest

from infra.reference.tables import Alias, Old, Title
from producers.published_csv import BadFileError
from producers.title_aliases import construct_aliases, read_labels
from schemas.title_table import Relation, TitleOutcome

HEAD = "concept_uri,concept_type,kind,label\n"
COOK, CHEF = Title("5120.1", "http://x/1", "Kok", "5120"), Title("5120.2", "http://x/2", "Køkkenchef", "5120")
EXACT, NEAR = Relation("exactMatch", "5120.1", "Kok"), Relation("closeMatch", "5120.2", "Køkkenchef")


def old(code: str, label: str) -> Old:
    return Old(code, f"http://x/{label}", TitleOutcome("retired", "TIT-2", label=label), constructed=True)


def test_a_new_title_has_the_labels_of_its_exact_matches_and_an_old_one_those_of_its_concept() -> None:
    olds = [old("5120001", "gryderører"), old("5120002", "tjener")]
    labels = {
        "http://x/gryderører": ["gryderører", "gourmetkok", "GOURMETKOK", "kok", "køkkenchef", "tjener"],
        "http://x/elsewhere": ["nobody"],
    }
    relations = {"http://x/gryderører": [EXACT, NEAR], "http://x/tjener": [NEAR]}
    assert construct_aliases([COOK, CHEF], olds, relations, labels) == [
        Alias("discoams08", "5120001", "gourmetkok", constructed=True),
        Alias("discoams08", "5120001", "kok", constructed=True),
        Alias("discoams08", "5120001", "køkkenchef", constructed=True),
        Alias("esco-star", "5120.1", "gourmetkok", constructed=True),
        Alias("esco-star", "5120.1", "gryderører", constructed=True),
        Alias("esco-star", "5120.1", "tjener", constructed=True),
    ]


def test_labels_of_groups_are_passed_over_and_spaces_are_single(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"{HEAD}http://x/g,isco_group,preferred,Kokke\nhttp://x/1,occupation,alt, kold  jomfru \n")
    assert read_labels(path) == {"http://x/1": ["kold jomfru"]}


@pytest.mark.parametrize(
    "row",
    [
        "nowhere,occupation,alt,kok",
        "http://x/1,job,alt,kok",
        "http://x/1,occupation,other,kok",
        "http://x/1,occupation,alt, ",
    ],
)
def test_a_bad_line_is_told_with_its_place(tmp_path: Path, row: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"{HEAD}{row}\n")
    with pytest.raises(BadFileError, match="line 2, column"):
        read_labels(path)
