"""Saved searches, job agents and CV agents on a retired title: no results, and the owner told once (TIT-5)."""

from typing import Any

import pytest

from schemas.title_table import TitleOutcome
from streams.titles import decision
from tests.builders import day
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    EMPLOYER,
    HERMIT,
    NEW_COOK,
    NEW_SOMMELIER,
    NEW_WAITER,
    TABLE,
    WAITER,
    changed,
    choice,
    corrected,
    replaced,
    told,
    wish,
)

WAVE_1 = day("2021-06-12")
SEARCH: dict[str, Any] = {"area": "saved-searches"}
NO_RESULTS = ("search-without-results", "TIT-5")


def test_tit_5_the_owner_of_a_search_is_told_once_of_it_however_many_of_its_titles_are_retired() -> None:
    book = Playbook(decision, TABLE)
    for item, title in (("s1.1", COOK), ("s1.2", HERMIT), ("s1.3", WAITER), ("s2.1", COOK), ("s3.1", HERMIT)):
        book.fact(wish("2021-06-01 10:00", title, item=item, **SEARCH))
    book.day("2021-06-13").new_outputs()
    assert book.day("2021-06-14").new_outputs() == [
        told("2021-06-14", "citizen", *NO_RESULTS, "s1, s3", from_day=WAVE_1, candidates="Tjener, Sommelier", **SEARCH)
    ]
    book.fact(wish("2021-07-01 10:00", HERMIT, item="s1.4", **SEARCH))
    assert book.new_outputs() == [changed("2021-07-01 10:00", "retired", item="s1.4", **SEARCH)]
    book.fact(wish("2021-07-02 10:00", HERMIT, item="s1.2", removed=True, **SEARCH))
    book.fact(wish("2021-07-02 10:00", WAITER, item="s1.3", removed=True, **SEARCH))
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_5_other_candidates_leave_a_search_without_results_and_its_owner_in_peace() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", WAITER, item="s1.1", **SEARCH)).day("2021-06-20")
    book.new_outputs()
    fewer = TitleOutcome("must-choose", "TIT-2", candidates=(NEW_SOMMELIER,), label="Opvarter")
    assert book.refer(corrected(_5131001=fewer)).new_outputs() == [
        changed("2021-06-20", "must-choose", item="s1.1", candidates=[NEW_SOMMELIER], table_version="v2", **SEARCH)
    ]


def test_tit_5_a_search_that_was_mended_and_names_a_retired_title_again_is_told_of_again() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT, item="s1.1", **SEARCH)).day("2021-06-14")
    book.new_outputs()
    book.fact(choice("2021-06-20 08:00", NEW_COOK, item="s1.1", **SEARCH))
    assert book.new_outputs() == [replaced("2021-06-20 08:00", HERMIT, NEW_COOK, item="s1.1", **SEARCH)]
    book.fact(wish("2021-07-01 10:00", HERMIT, item="s1.2", **SEARCH))
    assert book.new_outputs() == [
        changed("2021-07-01 10:00", "retired", item="s1.2", **SEARCH),
        told("2021-07-01 10:00", "citizen", *NO_RESULTS, "s1", **SEARCH),
    ]


@pytest.mark.parametrize(
    ("area", "kind", "owner", "reason"),
    [
        ("saved-searches", "citizen", "citizen-1", "search-without-results"),
        ("job-agents", "citizen", "citizen-1", "job-agent-without-matches"),
        ("cv-agents", "employer", EMPLOYER, "cv-agent-without-matches"),
    ],
)
def test_tit_5_the_owner_of_each_kind_of_search_is_told_on_14_june(
    area: str, kind: str, owner: str, reason: str
) -> None:
    held: dict[str, Any] = {"holder": owner, "holder_kind": kind, "area": area, "item": "s1.1"}
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", WAITER, **held))
    assert book.day("2021-06-14").new_outputs() == [
        changed("2021-06-12", "must-choose", candidates=[NEW_WAITER, NEW_SOMMELIER], **held),
        told(
            "2021-06-14", kind, reason, "TIT-5", "s1", area=area, from_day=WAVE_1, candidates="Tjener, Sommelier",
            about=owner, recipient=owner,
        ),
    ]  # fmt: skip
    assert book.day("2021-12-31").new_outputs() == []
