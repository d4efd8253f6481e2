"""A corrected mapping (TIT-10), and My Plan at wave 2 (TIT-15)."""

from typing import Any

from schemas.title_table import TitleOutcome
from streams.titles import decision
from tests.builders import situation
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    NEW_COOK,
    NEW_HEAD_COOK,
    NEW_SOMMELIER,
    NEW_WAITER,
    TABLE,
    WAITER,
    answer,
    asked,
    changed,
    choice,
    corrected,
    plan_retired,
    reconversion,
    replaced,
    request,
    wish,
)

HERMIT_IS_A_COOK = corrected(_9999001=TitleOutcome("converted", "TIT-2", title=NEW_COOK, label="Eremit"))


def test_tit_10_a_chosen_title_survives_a_corrected_mapping_and_a_converted_one_does_not() -> None:
    book = (
        Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", COOK)).fact(wish("2021-06-01 10:00", HERMIT, item="w2"))
    )
    book.day("2021-06-15").fact(choice("2021-06-15 08:00", NEW_WAITER, item="w2"))
    book.day("2021-06-20").new_outputs()
    assert book.refer(HERMIT_IS_A_COOK).new_outputs() == []

    book.fact(reconversion("2021-06-20 12:00", "converted", NEW_COOK, item="w2"))
    assert book.new_outputs() == []
    book.fact(reconversion("2021-06-20 12:00", "converted", NEW_HEAD_COOK))
    again = changed("2021-06-20 12:00", "converted", NEW_HEAD_COOK, table_version="v2", rule="TIT-10")
    assert book.new_outputs() == [again]
    book.fact(reconversion("2021-06-20 12:00", "converted", NEW_HEAD_COOK))
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_10_a_title_still_standing_is_judged_again_by_a_new_table_and_only_if_its_outcome_differs() -> None:
    book = (
        Playbook(decision, TABLE)
        .fact(wish("2021-06-01 10:00", HERMIT))
        .fact(wish("2021-06-01 10:00", WAITER, item="w2"))
    )
    book.day("2021-06-20").new_outputs()
    assert book.refer(HERMIT_IS_A_COOK).new_outputs() == [
        changed("2021-06-20 00:00", "converted", NEW_COOK, table_version="v2"),
        replaced("2021-06-20 00:00", HERMIT, NEW_COOK, table_version="v2"),
    ]
    assert book.refer(HERMIT_IS_A_COOK).day("2021-12-31").new_outputs() == []


def test_tit_10_other_candidates_are_published_and_asked_for_anew() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", WAITER)).day("2021-06-20")
    book.new_outputs()
    fewer = TitleOutcome("must-choose", "TIT-2", candidates=(NEW_SOMMELIER,), label="Opvarter")
    assert book.refer(corrected(_5131001=fewer)).new_outputs() == [
        changed("2021-06-20 00:00", "must-choose", candidates=[NEW_SOMMELIER], table_version="v2"),
        asked("2021-06-20 00:00", "Sommelier"),
    ]


def test_tit_10_a_converted_title_that_a_corrected_mapping_retires_is_asked_for_by_its_new_name() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", COOK)).day("2021-06-20")
    book.new_outputs()
    book.fact(reconversion("2021-06-20 12:00", "retired"))
    assert book.new_outputs() == [
        changed("2021-06-20 12:00", "retired", table_version="v2", rule="TIT-10"),
        asked("2021-06-20 12:00"),
    ]
    book.fact(request("2021-06-21 12:00"))
    assert book.new_outputs() == [answer("2021-06-21 12:00", granted=False)]
    book.fact(reconversion("2021-06-22 12:00", "converted", NEW_HEAD_COOK, table_version="v3"))
    again = changed("2021-06-22 12:00", "converted", NEW_HEAD_COOK, table_version="v3", rule="TIT-10")
    assert book.new_outputs() == [again]


def test_tit_10_a_late_fact_on_the_day_of_a_new_table_does_not_hide_the_table_from_an_open_choice() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT)).day("2021-06-20")
    book.new_outputs()
    book.refer(HERMIT_IS_A_COOK, waking=False)
    book.fact(wish("2021-06-11 08:00", WAITER, item="w2", removed=True))
    assert book.new_outputs() == [
        changed("2021-06-20 00:00", "converted", NEW_COOK, table_version="v2"),
        replaced("2021-06-20 00:00", HERMIT, NEW_COOK, table_version="v2"),
    ]


def test_tit_15_my_plan_keeps_its_old_titles_until_wave_2_and_then_citizen_and_jobcentre_are_told_of_retired_ones() -> (
    None
):
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00"))
    book.fact(wish("2021-06-01 10:00", HERMIT, area="my-plan", item="p1"))
    book.fact(wish("2021-07-01 10:00", COOK, area="my-plan", item="p2"))
    book.fact(wish("2021-07-01 10:00", WAITER, area="my-plan", item="p3"))
    assert book.day("2021-09-17").new_outputs() == []
    plan: dict[str, Any] = {"area": "my-plan", "wave": 2}
    assert book.day("2021-09-18").new_outputs() == [
        changed("2021-09-18 00:00", "retired", item="p1", **plan),
        changed("2021-09-18 00:00", "converted", NEW_COOK, item="p2", **plan),
        replaced("2021-09-18 00:00", COOK, NEW_COOK, area="my-plan", item="p2"),
        changed("2021-09-18 00:00", "must-choose", item="p3", candidates=[NEW_WAITER, NEW_SOMMELIER], **plan),
        *plan_retired("2021-09-18 00:00", "Tjener, Sommelier", "p1, p3"),
    ]
    book.fact(request("2021-09-19 10:00"))
    assert book.new_outputs() == [answer("2021-09-19 10:00", granted=True)]
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_15_a_jobcentre_that_is_not_known_yet_is_told_of_the_plan_when_it_is() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-09-01 10:00", HERMIT, area="my-plan", item="p1")).day("2021-09-18")
    citizen, jobcentre = plan_retired("2021-09-18 00:00")
    assert book.new_outputs() == [changed("2021-09-18 00:00", "retired", area="my-plan", wave=2, item="p1"), citizen]
    book.fact(situation("2021-09-20 08:00"))
    assert book.new_outputs() == [
        jobcentre.model_copy(update={"occurred_at": situation("2021-09-20 08:00").occurred_at})
    ]
