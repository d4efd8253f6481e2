"""Which titles may be chosen before, between and after the waves (TIT-8), and in CV work experience (TIT-13)."""

from typing import Any

from schemas.title_choice import TitleChoiceRequested
from streams.titles import decision
from tests.builders import CITIZEN, day, situation
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    NEW_COOK,
    NEW_HEAD_COOK,
    NEW_WAITER,
    TABLE,
    answer,
    asked,
    asks_for,
    asks_for_old,
    changed,
    choice_answer,
    chosen,
    free_text,
    plan_retired,
    replaced,
    request,
    wish,
)

PLAN: dict[str, Any] = {"area": "my-plan", "item": "p1"}
TOO_EARLY, TOO_LATE = "title-choice-refused-too-early", "title-choice-refused-too-late"


def test_tit_8_between_the_waves_a_retired_title_may_be_chosen_in_my_plan_and_no_new_one() -> None:
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00")).day("2021-07-01")
    old, new = asks_for_old("2021-07-01 10:00", HERMIT, **PLAN), asks_for("2021-07-01 10:05", request="r2", **PLAN)
    book.fact(old).fact(new)
    assert book.new_outputs() == [
        choice_answer(old),
        chosen(old),
        choice_answer(new, TOO_EARLY, first_day="18.09.2021"),
    ]
    assert book.day("2021-09-17").new_outputs() == []
    assert book.day("2021-09-18").new_outputs() == [
        changed("2021-09-18", "retired", wave=2, **PLAN),
        *plan_retired("2021-09-18"),
    ]


def test_tit_8_between_the_waves_a_new_title_may_be_chosen_among_the_job_wishes_and_no_old_one() -> None:
    book = Playbook(decision, TABLE).day("2021-07-01")
    old, new = asks_for_old("2021-07-01 10:00", COOK), asks_for("2021-07-01 10:05", request="r2")
    book.fact(old).fact(new)
    assert book.new_outputs() == [
        choice_answer(old, TOO_LATE, first_day="12.06.2021"),
        choice_answer(new),
        chosen(new),
    ]
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_8_a_granted_choice_is_held_at_once_and_opens_re_registration() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT)).day("2021-06-14")
    book.fact(request("2021-06-14 09:00")).new_outputs()
    choice = asks_for("2021-06-15 10:00", NEW_WAITER)
    book.fact(choice).fact(request("2021-06-15 10:01"))
    assert book.new_outputs() == [
        choice_answer(choice),
        chosen(choice),
        replaced("2021-06-15 10:00", HERMIT, NEW_WAITER),
        answer("2021-06-15 10:01", granted=True),
    ]
    book.fact(wish("2021-06-15 09:59", HERMIT))  # from before the choice, and comes after it
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_8_a_refused_choice_changes_nothing_and_leaves_no_state() -> None:
    book = Playbook(decision, TABLE).day("2021-07-01")
    refused = asks_for("2021-07-01 10:00", "9999.9")
    book.fact(refused)
    assert book.new_outputs() == [choice_answer(refused, "title-choice-refused-no-title")]
    assert book.state(CITIZEN) is None


def test_tit_8_who_asks_before_midnight_and_is_read_after_it_is_judged_by_the_day_before() -> None:
    book = Playbook(decision, TABLE).day("2021-06-12")
    late = asks_for_old("2021-06-11 23:59", HERMIT)
    assert book.fact(late).new_outputs() == [
        choice_answer(late),
        chosen(late),
        changed("2021-06-12", "retired"),
    ]
    assert book.day("2021-06-14").new_outputs() == [asked("2021-06-14", from_day=day("2021-06-12"))]


def test_tit_13_work_experience_is_converted_silently_and_on_edit_only_a_new_title_is_stored() -> None:
    held: dict[str, Any] = {"area": "cv-experience", "item": "job-1"}
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", COOK, **held))
    book.fact(wish("2021-06-01 10:00", HERMIT, area="cv-experience", item="job-2"))
    book.fact(free_text("2021-06-01 10:00", "Eremit på Anholt", area="cv-experience", item="job-3"))
    assert book.day("2021-06-20").new_outputs() == [
        changed("2021-06-12", "converted", NEW_COOK, **held),
        replaced("2021-06-12", COOK, NEW_COOK, **held),
        changed("2021-06-12", "retired", area="cv-experience", item="job-2"),
    ]
    old, new = asks_for_old("2021-06-20 10:00", COOK, **held), asks_for("2021-06-20 10:05", NEW_HEAD_COOK, **held)
    book.fact(old).fact(new)
    assert book.new_outputs() == [
        choice_answer(old, TOO_LATE, "TIT-13", "12.06.2021"),
        choice_answer(new, rule="TIT-13"),
        chosen(new),
    ]
    state = book.day("2021-12-31").state(CITIZEN)
    assert book.new_outputs() == []
    assert state is not None
    assert [(title.item, title.title) for title in state.titles] == [("job-1", NEW_HEAD_COOK), ("job-2", HERMIT)]


def test_tit_15_after_wave_2_only_a_new_title_is_taken_on_edit() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-09-01 10:00", HERMIT, **PLAN)).day("2021-09-18")
    book.new_outputs()
    old, new = (
        asks_for_old("2021-09-20 10:00", COOK, **PLAN),
        asks_for("2021-09-20 10:05", NEW_COOK, request="r2", **PLAN),
    )
    book.fact(old).fact(new)
    assert book.new_outputs() == [
        choice_answer(old, TOO_LATE, "TIT-15", "18.09.2021"),
        choice_answer(new, rule="TIT-15"),
        chosen(new),
        replaced("2021-09-20 10:05", HERMIT, NEW_COOK, **PLAN),
    ]


def test_an_area_that_is_never_converted_has_no_choice_to_grant() -> None:
    book = Playbook(decision, TABLE)
    asks: TitleChoiceRequested = asks_for("2021-07-01 10:00", area="cv-education")
    assert book.fact(asks).new_outputs() == [choice_answer(asks, "title-choice-refused-no-area", "TIT-1")]
