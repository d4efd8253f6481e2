"""Registration (TIT-4), and the other areas of wave 2: job-search requirements and VITAS (TIT-15)."""

from typing import Any

import pytest

from schemas.notices import NoticeIssued
from streams.titles import decision
from tests.builders import day, situation
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    EMPLOYER,
    HERMIT,
    NEW_COOK,
    TABLE,
    answer,
    asks_for,
    asks_for_old,
    changed,
    choice_answer,
    chosen,
    reconversion,
    replaced,
    request,
    told,
    wish,
)

REGISTRATION: dict[str, Any] = {"area": "registration", "item": "r1"}
WAVE_1 = day("2021-06-12")


def test_tit_4_a_retired_title_that_a_citizen_is_registered_with_is_asked_for_and_refuses_re_registration() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT, **REGISTRATION)).day("2021-06-13")
    book.new_outputs()
    assert book.day("2021-06-14").new_outputs() == [
        told("2021-06-14", "citizen", "registered-title-retired", "TIT-4", "r1", area="registration", from_day=WAVE_1)
    ]
    own_text = "registration-refused-registered-title-retired"
    assert book.fact(request("2021-06-20 09:00")).new_outputs() == [
        answer("2021-06-20 09:00", granted=False, refusal=own_text)
    ]
    choice = asks_for("2021-06-20 10:00", **REGISTRATION)
    book.fact(choice).fact(request("2021-06-20 10:05"))
    assert book.new_outputs() == [
        choice_answer(choice),
        chosen(choice),
        replaced("2021-06-20 10:00", HERMIT, NEW_COOK, **REGISTRATION),
        answer("2021-06-20 10:05", granted=True),
    ]


def test_tit_4_a_retired_title_of_the_registration_alone_is_no_matter_of_the_jobcentre() -> None:
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00"))
    book.fact(wish("2021-06-01 10:00", HERMIT, **REGISTRATION)).day("2021-06-14")
    kinds = {getattr(event, "recipient_kind", None) for event in book.new_outputs()}
    assert kinds == {None, "citizen"}


def test_tit_15_citizen_and_jobcentre_are_told_of_a_retired_job_search_requirement_at_wave_2() -> None:
    held: dict[str, Any] = {"area": "job-search-requirements", "item": "k1"}
    book = Playbook(decision, TABLE).fact(situation("2021-05-01 08:00")).fact(wish("2021-06-01 10:00", HERMIT, **held))
    assert book.day("2021-09-17").new_outputs() == []
    area = held["area"]
    assert book.day("2021-09-18").new_outputs() == [
        changed("2021-09-18", "retired", wave=2, **held),
        told("2021-09-18", "citizen", "required-title-retired", "TIT-15", "k1", area=area),
        told("2021-09-18", "jobcentre", "title-retired-in-requirement", "TIT-15", "k1", area=area),
    ]
    assert book.day("2021-12-31").new_outputs() == []


@pytest.mark.parametrize(
    ("area", "to_employer", "to_jobcentre"),
    [
        ("vitas-applications", "application-title-retired", "title-retired-in-application"),
        ("vitas-grants", "grant-title-retired", "title-retired-in-grant"),
    ],
)
def test_tit_15_the_employer_and_each_jobcentre_are_told_of_retired_titles_in_vitas(
    area: str, to_employer: str, to_jobcentre: str
) -> None:
    held: dict[str, Any] = {"holder": EMPLOYER, "holder_kind": "employer", "area": area}
    book = Playbook(decision, TABLE)
    for item, jobcentre in (("v1", "jobcentre-1"), ("v2", "jobcentre-2"), ("v3", "jobcentre-1")):
        book.fact(wish("2021-07-01 10:00", HERMIT, item=item, jobcentre=jobcentre, **held))
    assert book.day("2021-09-17").new_outputs() == []
    about: dict[str, Any] = {"area": area, "about": EMPLOYER}
    second = {"recipient": "jobcentre-2"}
    assert book.day("2021-09-18").new_outputs() == [
        *(changed("2021-09-18", "retired", wave=2, item=item, **held) for item in ("v1", "v2", "v3")),
        told("2021-09-18", "employer", to_employer, "TIT-15", "v1, v2, v3", recipient=EMPLOYER, **about),
        told("2021-09-18", "jobcentre", to_jobcentre, "TIT-15", "v1, v3", **about),
        told("2021-09-18", "jobcentre", to_jobcentre, "TIT-15", "v2", **second, **about),
    ]
    book.fact(wish("2021-10-01 10:00", HERMIT, item="v2", jobcentre="jobcentre-2", **held))
    assert book.day("2021-12-31").new_outputs() == []


@pytest.mark.parametrize("area", ["vitas-applications", "vitas-grants"])
@pytest.mark.parametrize("choice_first", [False, True])
def test_tit_15_a_choice_that_names_no_jobcentre_leaves_the_known_one_which_is_told_at_wave_2(
    area: str, choice_first: bool
) -> None:
    held: dict[str, Any] = {"holder": EMPLOYER, "holder_kind": "employer", "area": area, "item": "v1"}
    recorded = wish("2021-07-01 10:00", COOK, jobcentre="jobcentre-1", **held)
    choice = asks_for_old("2021-07-02 10:00", HERMIT, **held)
    book = Playbook(decision, TABLE)
    for event in (choice, recorded) if choice_first else (recorded, choice):
        book.fact(event)
    as_chosen = chosen(choice).model_copy(update={"jobcentre": None if choice_first else "jobcentre-1"})
    assert book.new_outputs() == [choice_answer(choice), as_chosen]
    assert [
        (event.recipient_kind, event.recipient)
        for event in book.day("2021-09-18").new_outputs()
        if isinstance(event, NoticeIssued)
    ] == [("employer", EMPLOYER), ("jobcentre", "jobcentre-1")]
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_15_a_choice_that_names_a_jobcentre_moves_the_item_to_it() -> None:
    held: dict[str, Any] = {"holder": EMPLOYER, "holder_kind": "employer", "area": "vitas-grants", "item": "v1"}
    book = Playbook(decision, TABLE).fact(wish("2021-07-01 10:00", COOK, jobcentre="jobcentre-1", **held))
    book.fact(asks_for_old("2021-07-02 10:00", HERMIT, jobcentre="jobcentre-2", **held)).day("2021-09-18")
    told_of = [event.recipient for event in book.outputs if isinstance(event, NoticeIssued)]
    assert told_of == [EMPLOYER, "jobcentre-2"]


def test_tit_15_a_jobcentre_that_a_grant_names_only_later_is_told_then() -> None:
    held: dict[str, Any] = {"holder": EMPLOYER, "holder_kind": "employer", "area": "vitas-grants", "item": "v1"}
    book = Playbook(decision, TABLE).fact(wish("2021-07-01 10:00", HERMIT, **held)).day("2021-09-18")
    assert [event.SCHEMA for event in book.new_outputs()] == ["title-changed.v1", "notice-issued.v1"]
    book.fact(wish("2021-09-20 10:00", HERMIT, jobcentre="jobcentre-1", **held))
    about: dict[str, Any] = {"area": "vitas-grants", "about": EMPLOYER, "from_day": day("2021-09-18")}
    assert book.new_outputs() == [
        told("2021-09-20 10:00", "jobcentre", "title-retired-in-grant", "TIT-15", "v1", **about)
    ]
    book.fact(reconversion("2021-09-21 10:00", "retired", **held))
    assert book.new_outputs() == []
