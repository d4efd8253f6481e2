"""A table never breaks a word, never exceeds its terminal, and says which columns it leaves out."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.console import console, show_json, show_table, spelt, spelt_id

WORDS = st.text("abcæøå-.", min_size=1, max_size=20)
CELLS = st.lists(WORDS, max_size=8).map(" ".join)
TABLES = st.integers(1, 6).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1))


@contextmanager
def columns(width: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", str(width))
        yield


def printed(rows: Sequence[Sequence[object]], names: Sequence[str], width: int, **options: Sequence[str]) -> str:
    with columns(width), console.capture() as shown:
        show_table(names, rows, first=options.get("first", ()))
    return shown.get()


@given(rows=TABLES, width=st.integers(20, 160))
def test_whatever_is_in_a_table_its_words_stay_whole_and_within_the_terminal(rows: list[list[str]], width: int) -> None:
    names = [f"column-{n}" for n, _ in enumerate(rows[0])]
    shown = printed(rows, names, width)
    assert [line for line in shown.splitlines() if len(line) > width] == []
    known = {*names, *(word for row in rows for cell in row for word in cell.split())}
    assert {word for word in shown.split() if set(word) != {"─"}} <= known


def test_a_column_that_could_not_be_shown_whole_is_named_and_the_others_stay(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = printed([("1", "x" * 90, "a reason")], ("id", "link", "reason"), 80)
    assert shown.splitlines()[0].split() == ["id", "reason"]
    assert capsys.readouterr().err == "Left out at 80 columns: link; --json has all.\n"


def test_the_most_important_columns_are_kept_and_stand_in_their_order() -> None:
    row = ("a" * 30, "b" * 30, "c" * 30)
    assert printed([row], ("one", "two", "three"), 70).split()[:2] == ["one", "two"]
    assert printed([row], ("one", "two", "three"), 70, first=("three", "two")).split()[:2] == ["two", "three"]


def test_moments_are_copenhagens_and_ids_have_one_spelling() -> None:
    at, id_ = datetime(2021, 6, 14, 6, tzinfo=UTC), UUID("0f0e0d0c-0b0a-0908-0706-050403020100")
    assert (spelt(at), spelt(id_), spelt(None)) == ("2021-06-14 08:00:00", id_.hex, "")
    assert spelt_id(str(id_).upper()) == id_.hex
    assert (spelt_id("registration 17"), spelt_id(None)) == ("registration 17", None)
    assert printed([(at,)], ("when",), 80).splitlines()[0] == "when (Copenhagen)  "


def test_json_spells_a_moment_as_copenhagens_and_a_day_as_iso_8601(capsys: pytest.CaptureFixture[str]) -> None:
    summer, winter = datetime(2021, 6, 14, 6, tzinfo=UTC), datetime(2021, 12, 31, 23, 0, 0, 5, tzinfo=UTC)
    show_json([summer, winter, date(2021, 6, 14)], in_one_line=True)
    assert json.loads(capsys.readouterr().out) == [
        "2021-06-14T08:00:00+02:00", "2022-01-01T00:00:00.000005+01:00", "2021-06-14",
    ]  # fmt: skip
