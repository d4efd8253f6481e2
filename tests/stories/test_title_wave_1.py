"""Job wishes and adverts at wave 1, notices from 14 June on, re-registration (TIT-2, TIT-3, TIT-4, TIT-7)."""

from datetime import date

from streams.titles import decision
from tests.builders import CITIZEN, day, situation
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    LAMPLIGHTER,
    NEW_COOK,
    NEW_SOMMELIER,
    NEW_WAITER,
    TABLE,
    WAITER,
    answer,
    asked,
    changed,
    choice,
    free_text,
    none_valid,
    replaced,
    request,
    wish,
)

WAVE_1 = day("2021-06-12")


def test_tit_3_a_cook_who_picked_the_alias_gourmet_cook_becomes_cook_on_the_day_of_the_wave() -> None:
    book = Playbook(decision, TABLE).day("2021-06-01")
    book.fact(wish("2021-06-01 10:00", COOK, alias="Kok (gourmetkok)"))
    assert book.day("2021-06-11").new_outputs() == []
    assert book.day("2021-06-12").new_outputs() == [
        changed("2021-06-12 00:00", "converted", NEW_COOK, alias_dropped=True, rule="TIT-3"),
        replaced("2021-06-12 00:00", COOK, NEW_COOK, alias="Kok (gourmetkok)"),
    ]
    state = book.state(CITIZEN)
    assert state is not None
    assert COOK not in state.model_dump_json()
    assert "gourmet" not in state.model_dump_json()
    assert state.wakes_on is None
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_4_a_retired_wish_is_asked_for_on_14_june_and_blocks_re_registration_until_the_citizen_chooses() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT))
    book.fact(request("2021-06-11 23:59", "before"))
    assert book.new_outputs() == [answer("2021-06-11 23:59", granted=True, name="before")]

    assert book.day("2021-06-12").new_outputs() == [changed("2021-06-12 00:00", "retired")]
    book.fact(request("2021-06-13 09:00", "after"))
    assert book.new_outputs() == [answer("2021-06-13 09:00", granted=False, name="after")]
    assert book.day("2021-06-14").new_outputs() == [asked("2021-06-14 00:00", from_day=WAVE_1)]
    assert book.day("2021-07-01").new_outputs() == []

    book.fact(choice("2021-07-02 12:00", NEW_COOK))
    assert book.new_outputs() == [replaced("2021-07-02 12:00", HERMIT, NEW_COOK)]
    book.fact(request("2021-07-02 12:05", "again"))
    assert book.new_outputs() == [answer("2021-07-02 12:05", granted=True, name="again")]
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_2_a_wish_that_must_be_chosen_is_asked_for_with_candidates_but_does_not_block_re_registration() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", WAITER)).day("2021-06-14")
    candidates = [NEW_WAITER, NEW_SOMMELIER]
    assert book.new_outputs() == [
        changed("2021-06-12 00:00", "must-choose", candidates=candidates),
        asked("2021-06-14 00:00", "Tjener, Sommelier", from_day=WAVE_1),
    ]
    book.fact(request("2021-06-15 09:00"))
    assert book.new_outputs() == [answer("2021-06-15 09:00", granted=True)]


def test_tit_4_the_jobcentre_is_told_once_when_an_unemployed_citizen_has_no_valid_title_left() -> None:
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00"))
    book.fact(wish("2021-06-01 10:00", HERMIT)).fact(wish("2021-06-01 10:00", WAITER, item="w2"))
    book.day("2021-06-12").new_outputs()
    assert book.day("2021-06-13").new_outputs() == []
    assert book.day("2021-06-14").new_outputs() == [
        asked("2021-06-14 00:00", "Tjener, Sommelier", "w1, w2", from_day=WAVE_1),
        none_valid("2021-06-14 00:00", "w1, w2", from_day=WAVE_1),
    ]
    book.fact(situation("2021-06-20 08:00")).fact(wish("2021-06-20 09:00", WAITER, item="w2", removed=True))
    assert book.day("2021-06-21").new_outputs() == []


def test_tit_4_the_jobcentre_is_told_again_only_after_a_valid_title_has_stood_in_between() -> None:
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00")).fact(wish("2021-06-01 10:00", HERMIT))
    book.day("2021-06-14").new_outputs()
    book.fact(choice("2021-06-20 08:00", NEW_COOK, item="w2"))
    assert book.new_outputs() == []
    book.fact(choice("2021-06-21 08:00", NEW_COOK, item="w2", removed=True))
    assert book.new_outputs() == [none_valid("2021-06-21 08:00", from_day=WAVE_1)]


def test_tit_4_the_jobcentre_hears_nothing_of_the_employed_nor_of_those_with_a_valid_title_left() -> None:
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00", target_group="employed"))
    book.fact(wish("2021-06-01 10:00", HERMIT)).fact(situation("2021-05-01 08:00", citizen="citizen-2"))
    book.fact(wish("2021-06-01 10:00", HERMIT, holder="citizen-2"))
    book.fact(wish("2021-06-01 10:00", COOK, holder="citizen-2", item="w2")).day("2021-06-13").new_outputs()
    assert book.day("2021-06-14").new_outputs() == [
        asked("2021-06-14 00:00", from_day=WAVE_1),
        asked("2021-06-14 00:00", from_day=WAVE_1, about="citizen-2", recipient="citizen-2"),
    ]
    book.fact(situation("2021-07-01 08:00"))
    assert book.new_outputs() == [none_valid("2021-07-01 08:00", from_day=WAVE_1)]


def test_tit_7_free_text_is_never_touched_and_not_even_kept() -> None:
    book = Playbook(decision, TABLE).fact(free_text("2021-06-01 10:00", "Kok på en kutter"))
    assert book.state(CITIZEN) is None
    book.fact(situation("2021-06-01 10:00")).fact(wish("2021-06-02 10:00", HERMIT))
    book.fact(free_text("2021-06-03 10:00", "Eremit på deltid"))
    assert book.day("2021-12-31").new_outputs() == []
    state = book.state(CITIZEN)
    assert state is not None
    assert state.titles == ()


def test_tit_1_an_old_title_that_arrives_after_the_wave_is_converted_at_once_and_a_retired_one_asked_for_at_once() -> (
    None
):
    book = Playbook(decision, TABLE).day("2021-07-01").fact(wish("2021-07-01 10:00", COOK))
    assert book.new_outputs() == [
        changed("2021-07-01 10:00", "converted", NEW_COOK),
        replaced("2021-07-01 10:00", COOK, NEW_COOK),
    ]
    book.fact(wish("2021-07-01 11:00", LAMPLIGHTER, item="w2"))
    assert book.new_outputs() == [
        changed("2021-07-01 11:00", "retired", item="w2"),
        asked("2021-07-01 11:00", items="w2"),
    ]
    book.fact(wish("2021-07-02 11:00", LAMPLIGHTER, item="w2"))
    assert book.new_outputs() == []


def test_tit_1_a_fact_from_before_the_wave_that_arrives_late_is_converted_as_of_the_wave() -> None:
    book = Playbook(decision, TABLE).day("2021-07-01").fact(wish("2021-06-11 10:00", HERMIT))
    assert book.new_outputs() == [
        changed("2021-06-12 00:00", "retired"),
        asked("2021-06-14 00:00", from_day=WAVE_1),
    ]


def test_tit_2_without_a_table_nothing_is_guessed_until_it_comes() -> None:
    book = Playbook(decision).fact(wish("2021-06-01 10:00", COOK))
    assert book.day("2021-06-16").new_outputs() == []
    book.fact(request("2021-06-16 10:00"))
    assert book.new_outputs() == [answer("2021-06-16 10:00", granted=True)]
    assert book.refer(TABLE).new_outputs() == [
        changed("2021-06-16 00:00", "converted", NEW_COOK),
        replaced("2021-06-16 00:00", COOK, NEW_COOK),
    ]
    assert book.day("2021-06-17").new_outputs() == []


def test_a_request_of_somebody_without_titles_is_granted_and_leaves_no_state() -> None:
    book = Playbook(decision, TABLE).fact(request("2021-07-01 10:00"))
    assert book.new_outputs() == [answer("2021-07-01 10:00", granted=True)]
    assert book.state(CITIZEN) is None


def test_tit_1_an_area_that_is_never_converted_leaves_no_trace() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT, area="cv-education"))
    assert book.day(date(2021, 12, 31)).new_outputs() == []
    assert book.state(CITIZEN) is None
