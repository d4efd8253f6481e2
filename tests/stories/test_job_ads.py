"""Adverts through JobAD: from registered client systems, and anonymous ones with numbers that hold (AD-1, AD-2)."""

from schemas.jobad import JobAdAnswered, JobAdNumbersToCheck
from streams.decision import NO_CAUSE
from streams.job_ad_numbers import decision as numbers
from streams.job_ads import decision as ads
from tests.jobad_builders import (
    CLIENT,
    CVR,
    OTHER_P_NUMBER,
    P_NUMBER,
    anonymous,
    client,
    company,
    granted,
    published,
    refused,
    submitted,
    to_check,
)
from tests.stories.playbook import Playbook


def test_ad_1_a_client_system_submits_from_the_day_on_which_it_is_registered_until_it_is_withdrawn() -> None:
    book = Playbook(ads).day("2021-06-14").fact(submitted("2021-06-14 08:00", request="r-1"))
    assert book.new_outputs() == [refused("2021-06-14 08:00", "job-ad-refused-client", rule="AD-1", request="r-1")]
    book.fact(client("2021-06-14 09:00", "2021-06-15"))
    assert book.new_outputs() == []
    book.day("2021-06-15").fact(submitted("2021-06-15 08:00", request="r-2"))
    assert book.new_outputs() == [
        granted("2021-06-15 08:00", rule="AD-1", request="r-2"),
        published("2021-06-15 08:00", rule="AD-1", employer="employer-1"),
    ]
    book.fact(client("2021-06-15 09:00", "2021-06-16", registered=False))
    book.day("2021-06-16").fact(submitted("2021-06-16 08:00", request="r-3"))
    assert book.new_outputs() == [refused("2021-06-16 08:00", "job-ad-refused-client", rule="AD-1", request="r-3")]
    assert book.day("2022-12-31").new_outputs() == []


def test_ad_2_an_anonymous_advert_passes_both_decisions_and_its_numbers_reach_nothing_public() -> None:
    first = Playbook(ads).day("2021-06-14").fact(client("2021-06-14 07:00", "2021-06-14"))
    first.fact(anonymous("2021-06-14 08:00"))
    (check,) = first.new_outputs()
    assert check == to_check("2021-06-14 08:00")
    second = Playbook(numbers).day("2021-06-14").fact(company("2021-06-14 07:00", P_NUMBER)).fact(check)
    public = second.new_outputs()
    assert public == [granted("2021-06-14 08:00", rule="AD-2"), published("2021-06-14 08:00", rule="AD-2")]
    for event in public:
        text = event.model_dump_json()
        assert not any(secret in text for secret in (CVR, P_NUMBER, "employer-1"))
    assert {produced.cause for produced in second.produced} == {NO_CAUSE}, "its cause would lead to the company"
    assert second.day("2022-12-31").new_outputs() == []


def test_ad_2_wrong_numbers_are_refused_at_once_with_what_is_missing() -> None:
    book = Playbook(ads).day("2021-06-14").fact(client("2021-06-14 07:00", "2021-06-14"))
    book.fact(anonymous("2021-06-14 08:00", cvr="90000005"))
    book.fact(anonymous("2021-06-14 08:01", p_number=None))
    book.fact(anonymous("2021-06-14 08:02", headline=f"Kok til afdeling {P_NUMBER}"))
    assert book.new_outputs() == [
        refused("2021-06-14 08:00", "job-ad-refused-cvr"),
        refused("2021-06-14 08:01", "job-ad-refused-p-number"),
        refused("2021-06-14 08:02", "job-ad-refused-shows-number"),
    ]


def test_ad_2_a_p_number_not_known_yet_waits_for_the_register_until_the_end_of_the_next_day() -> None:
    book = Playbook(numbers).day("2021-06-14").fact(company("2021-06-01 08:00", OTHER_P_NUMBER))
    book.fact(to_check("2021-06-14 08:00", request="r-1"))
    assert book.day("2021-06-15").new_outputs() == []
    book.fact(company("2021-06-15 23:59", OTHER_P_NUMBER, P_NUMBER))
    assert book.new_outputs() == [
        granted("2021-06-15 23:59", rule="AD-2", request="r-1"),
        published("2021-06-15 23:59", rule="AD-2"),
    ]
    assert book.day("2022-12-31").new_outputs() == []


def test_ad_2_a_p_number_that_never_belongs_to_the_company_is_refused_and_a_day_late_is_too_late() -> None:
    book = Playbook(numbers).day("2021-06-14").fact(to_check("2021-06-14 08:00"))
    assert book.day("2021-06-15").new_outputs() == []
    assert book.day("2021-06-16").new_outputs() == [refused("2021-06-16", "job-ad-refused-not-of-the-company")]
    book.fact(company("2021-06-16 00:00", P_NUMBER))
    assert book.day("2022-12-31").new_outputs() == []


def test_ad_2_before_the_release_an_anonymous_advert_is_accepted_as_before_without_its_employer() -> None:
    book = Playbook(ads).fact(anonymous("2021-06-13 23:59", cvr=None, p_number=None))
    assert book.new_outputs() == [
        granted("2021-06-13 23:59", rule="AD-2"),
        published("2021-06-13 23:59", rule="AD-2"),
    ]


def test_ad_2_every_submission_has_exactly_one_answer_through_both_decisions() -> None:
    first, second = Playbook(ads), Playbook(numbers)
    first.fact(client("2021-06-01 07:00", "2021-06-01"))
    second.fact(company("2021-06-01 07:00", P_NUMBER))
    adverts = [
        submitted("2021-06-15 08:00", request="named"),
        anonymous("2021-06-15 08:01", request="known"),
        anonymous("2021-06-15 08:02", p_number=OTHER_P_NUMBER, request="unknown"),
        anonymous("2021-06-15 08:03", cvr="1", request="wrong"),
    ]
    for advert in adverts:
        first.fact(advert)
    for event in first.outputs:
        if isinstance(event, JobAdNumbersToCheck):
            second.fact(event)
    second.day("2021-06-17")
    answers = [event for event in (*first.outputs, *second.outputs) if isinstance(event, JobAdAnswered)]
    assert sorted(answer.request for answer in answers) == ["known", "named", "unknown", "wrong"]
    assert {answer.key for answer in answers} == {CLIENT}
