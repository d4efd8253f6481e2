"""Mentor grants from release 2021-2 on, and a summer without adverts in VITAS (VIT-1, VIT-4)."""

from schemas.vitas_grants import MentorGrantAnswered, MentorGrantRequested, VitasAdvertAnswered, VitasAdvertRequested
from streams.vitas_grants import decision
from tests.builders import CITIZEN
from tests.request_builders import answer, asked
from tests.stories.playbook import Playbook

REFUSED = "mentor-grant-refused-no-type"
PAUSE = {"first_day": "12.06.2021", "last_day": "17.09.2021"}


def test_vit_1_a_mentor_grant_without_a_type_is_refused_with_the_reason_until_it_states_one() -> None:
    book = Playbook(decision).day("2021-06-14")
    book.fact(asked(MentorGrantRequested, "2021-06-14 09:00", measure="wage-subsidy", citizen=CITIZEN))
    refused = answer(MentorGrantAnswered, "2021-06-14 09:00", granted=False, rule="VIT-1", text=REFUSED)
    assert book.new_outputs() == [refused]
    assert "»Mentor, individuel«" in refused.text
    assert "»Mentor, plads«" in refused.text
    assert CITIZEN not in refused.model_dump_json()

    again = asked(
        MentorGrantRequested, "2021-06-14 09:05", measure="wage-subsidy", mentor_type="place", request="request-2"
    )
    granted = answer(
        MentorGrantAnswered, "2021-06-14 09:05", granted=True, rule="VIT-1", text="mentor-grant-granted",
        request="request-2",
    )  # fmt: skip
    assert book.fact(again).new_outputs() == [granted]
    assert book.day("2022-12-31").new_outputs() == []


def test_vit_1_a_request_from_before_the_release_is_granted_however_late_it_is_read() -> None:
    book = Playbook(decision).day("2021-06-20")
    book.fact(asked(MentorGrantRequested, "2021-06-13 23:59", measure="adult-apprentice"))
    assert book.new_outputs() == [
        answer(MentorGrantAnswered, "2021-06-13 23:59", granted=True, rule="VIT-1", text="mentor-grant-granted")
    ]


def test_vit_4_an_employer_is_pointed_to_the_jobcentre_all_summer_and_creates_adverts_again_in_september() -> None:
    book = Playbook(decision)
    for at, granted in (
        ("2021-06-11 12:00", True),
        ("2021-06-12 12:00", False),
        ("2021-09-17 12:00", False),
        ("2021-09-18 12:00", True),
    ):
        book.fact(asked(VitasAdvertRequested, at, requester="employer-1"))
        text = "vitas-advert-granted" if granted else "vitas-advert-refused-paused"
        expected = answer(
            VitasAdvertAnswered, at, granted=granted, rule="VIT-4", text=text, details=PAUSE, requester="employer-1"
        )
        assert book.new_outputs() == [expected]
        assert granted or "Kontakt jobcenteret" in expected.text
    assert book.day("2021-12-31").new_outputs() == []
