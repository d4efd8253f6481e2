"""The published classification: read strictly, its old side constructed and marked as such."""

from collections import Counter
from pathlib import Path

import pytest

from producers.classification import BadFileError, construct, read_concepts, read_titles
from streams.policies.title_table import outcome_of

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "infra" / "sample"
REAL = ROOT.parent / "shared" / "data" / "escostar-2021"
TITLES, RELATIONS = "escostar_occupations.csv", "esco_to_escostar.csv"


@pytest.mark.parametrize(
    ("folder", "titles", "relations", "counts"),
    [
        (SAMPLE, 12, 20, {"converted": 7, "must-choose": 4, "retired": 3}),
        pytest.param(
            REAL,
            1128,
            4112,
            {"converted": 2046, "must-choose": 555, "retired": 437},
            marks=pytest.mark.skipif(not REAL.exists(), reason=f"the real files are not at {REAL}"),
        ),
    ],
    ids=["sample", "real"],
)
def test_every_constructed_old_title_has_exactly_one_outcome(
    folder: Path, titles: int, relations: int, counts: dict[str, int]
) -> None:
    known = {title.code: title for title in read_titles(folder / TITLES)}
    concepts = read_concepts(folder / RELATIONS, known)
    assert len(known) == titles
    assert sum(len(concept.relations) for concept in concepts) == relations
    olds = construct(concepts, {}, outcome_of)
    assert len({old.code for old in olds}) == len({old.uri for old in olds}) == len(olds) == len(concepts)
    assert Counter(old.outcome.outcome for old in olds) == counts
    assert all(old.constructed and len(old.code) == 7 and old.code.isdigit() for old in olds)
    named = {old.outcome.title for old in olds} | {code for old in olds for code in old.outcome.candidates}
    assert named - {None} <= known.keys()


def test_the_sample_shows_every_rule() -> None:
    concepts = read_concepts(SAMPLE / RELATIONS, {title.code: title for title in read_titles(SAMPLE / TITLES)})
    assert len({old.outcome.rule for old in construct(concepts, {}, outcome_of)}) == 5


def test_a_concept_keeps_its_code_when_the_mapping_is_corrected_and_a_new_one_takes_the_next() -> None:
    concepts = read_concepts(SAMPLE / RELATIONS, {title.code: title for title in read_titles(SAMPLE / TITLES)})
    guard, ghost = "http://sample.invalid/esco/skyvogter", "http://sample.invalid/esco/spoegelsesfanger"
    codes = {old.uri: old.code for old in construct(concepts, {ghost: "5414001"}, outcome_of)}
    assert (codes[ghost], codes[guard]) == ("5414001", "5414002")
    assert {old.uri: old.code for old in construct(concepts[::-1], codes, outcome_of)} == codes


def test_the_iscos_group_of_the_nearest_target_begins_the_code() -> None:
    known = {title.code: title for title in read_titles(SAMPLE / TITLES)}
    concepts = {concept.uri: concept for concept in read_concepts(SAMPLE / RELATIONS, known)}
    assert concepts["http://sample.invalid/esco/kedelroerer"].isco08 == "5120"
    assert concepts["http://sample.invalid/esco/skyvogter"].isco08 == "5414"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (TITLES, "code,isco08", "isco08,code", "line 1: columns are isco08, code"),
        (TITLES, "2166.1,2166,", "2166.1,216,", "line 3, column isco08: '216' is no 4-digit ISCO code"),
        (TITLES, "2166.2,2166,", "2166.1,2166,", "line 4, column code: '2166.1' stands in an earlier line too"),
        (TITLES, "2166.1,2166,", "3154.1,2166,", "line 3, column code: '3154.1' does not begin with isco08"),
        (TITLES, ",Regnbuetegner\n", ",\n", "line 3, column label: '' is empty"),
        (TITLES, ",Regnbuetegner\n", "\n", "line 3: 5 columns, expected 6"),
        (TITLES, "http://sample.invalid/star/troldekok", "troldekok", "line 7, column star_uri: 'troldekok' is no URI"),
        (
            RELATIONS,
            "leder af drageskole,exactMatch",
            "leder,nearMatch",
            "line 2, column relation: 'nearMatch' is none",
        ),
        (RELATIONS, "escostar,1345.1", "star,1345.1", "line 2, column target_kind: 'star' is none of escostar, isco"),
        (RELATIONS, "escostar,1345.1", "escostar,1345.9", "line 2, column target_code: '1345.9' is no title"),
        (RELATIONS, "escostar,1345.1", "escostar,2166.1", "line 2, column target_star_uri:"),
        (
            RELATIONS,
            "regnbuetegner,exactMatch,escostar,2166.2",
            "maler,exactMatch,escostar,2166.2",
            "line 4, column esco_l",
        ),
        (RELATIONS, "isco,7512,", "isco,75120,", "line 19, column target_code: '75120' is no 4-digit ISCO code"),
    ],
)
def test_a_bad_file_is_refused_with_file_line_and_column(
    tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    for name in (TITLES, RELATIONS):
        text = (SAMPLE / name).read_text(encoding="utf-8")
        assert name != file or old in text
        (tmp_path / name).write_text(text.replace(old, new, 1) if name == file else text, encoding="utf-8")
    with pytest.raises(BadFileError) as refused:
        read_concepts(tmp_path / RELATIONS, {title.code: title for title in read_titles(tmp_path / TITLES)})
    assert str(tmp_path / file) in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "line 1: columns are"), (b"code\xff", "not UTF-8"), (None, "cannot be read")]
)
def test_a_file_that_is_empty_missing_or_in_another_encoding_is_refused(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / TITLES
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadFileError, match=says):
        read_titles(path)
