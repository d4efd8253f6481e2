"""AD-1, AD-2: the checks of a submission, row by row, and both sides of each day; the wait for the register."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.companies import is_cvr, is_p_number
from schemas.dates import midnight
from schemas.event import Event
from schemas.jobad import JobAdAnswered
from streams.decision import Decision
from streams.job_ad_numbers import decision as numbers
from streams.job_ads import decision as ads
from streams.policies.job_ads import CHECKS, Decided, decide
from tests.builders import situation
from tests.jobad_builders import (
    CVR,
    OTHER_P_NUMBER,
    P_NUMBER,
    anonymous,
    client,
    company,
    refused,
    submitted,
    to_check,
)
from tests.stories.playbook import Playbook

KNOWN, _ = decide(None, client("2021-05-01 08:00", "2021-05-01"))
IN_FORCE = "2021-06-14 00:00"
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in CVR)


def answers(decided: Decided) -> list[tuple[bool, str]]:
    return [(event.granted, event.rule) for event in decided[1] if isinstance(event, JobAdAnswered)]


def test_every_check_names_its_requirement_and_begins_with_the_release_but_that_no_number_is_shown_always() -> None:
    assert [(check.rule, str(check.from_day)) for check in CHECKS] == [
        ("AD-1", "2021-06-14"),
        ("AD-2", "2021-06-14"),
        ("AD-2", "2021-06-14"),
        ("AD-2", "0001-01-01"),
    ]


@pytest.mark.parametrize(
    ("at", "recorded", "granted"),
    [
        ("2021-06-13 23:59", [], True),
        ("2021-06-14 00:00", [], False),
        ("2021-06-19 23:59", [("2021-06-20", True)], False),
        ("2021-06-20 00:00", [("2021-06-20", True)], True),
        ("2021-10-30 23:59", [("2021-06-20", True), ("2021-10-31", False)], True),
        ("2021-10-31 00:00", [("2021-10-31", False), ("2021-06-20", True)], False),
        ("2022-03-27 03:00", [("2022-03-27", False), ("2022-03-27", True)], True),
        ("2024-02-29 12:00", [("2022-03-27", True), ("2024-03-01", False)], True),
        ("2024-03-01 00:00", [("2022-03-27", True), ("2024-03-01", False)], False),
    ],
)
def test_a_client_may_submit_on_the_days_on_which_it_is_registered(
    at: str, recorded: list[tuple[str, bool]], granted: bool
) -> None:
    state = None
    for from_day, registered in recorded:
        state, _ = decide(state, client("2021-06-01 08:00", from_day, registered=registered))
    assert answers(decide(state, submitted(at))) == [(granted, "AD-1")]


@pytest.mark.parametrize(
    ("cvr", "valid"),
    [
        (CVR, True),
        ("90000005", False),
        ("9000000", False),
        ("900000040", False),
        ("DK90000004", False),
        ("9000 0004", False),
        ("09000000", False),
        ("٩٠٠٠٠٠٠٤", False),
        ("", False),
    ],
)
def test_a_cvr_number_has_eight_digits_and_modulus_11_and_nothing_else(cvr: str, valid: bool) -> None:
    assert is_cvr(cvr) is valid
    decided = decide(KNOWN, anonymous(IN_FORCE, cvr=cvr))
    assert answers(decided) == ([] if valid else [(False, "AD-2")])


@pytest.mark.parametrize(
    ("p_number", "valid"),
    [(P_NUMBER, True), ("990000001", False), ("99000000011", False), ("99 00000001", False), ("9900000001\n", False)],
)
def test_a_p_number_has_ten_digits_and_nothing_else(p_number: str, valid: bool) -> None:
    assert is_p_number(p_number) is valid
    decided = decide(KNOWN, anonymous(IN_FORCE, p_number=p_number))
    assert answers(decided) == ([] if valid else [(False, "AD-2")])


@pytest.mark.parametrize("missing", ["cvr", "p_number"])
def test_without_a_number_an_anonymous_advert_is_accepted_until_the_day_before_the_release(missing: str) -> None:
    assert answers(decide(KNOWN, anonymous("2021-06-13 23:59", **{missing: None}))) == [(True, "AD-2")]
    assert answers(decide(KNOWN, anonymous("2021-06-14 00:00", **{missing: None}))) == [(False, "AD-2")]


@pytest.mark.parametrize("at", ["2021-06-13 12:00", "2021-06-14 12:00"])
@pytest.mark.parametrize(
    "shown",
    [
        {"headline": f"Kok til {CVR}"},
        {"headline": "Kok til 90 00 00 04"},
        {"headline": f"Afdeling {P_NUMBER}"},
        {"headline": f"Kok til {FULL_WIDTH}"},
        {"headline": "Kok til ٩٠٠٠٠٠٠٤"},
        {"headline": "Kok til 𝟿𝟶𝟶𝟶𝟶𝟶𝟶𝟺"},
        {"headline": "Kok til 9\u200b0000004"},
        {"headline": "Kok til &#57;0000004"},
        {"headline": "Kok til %390000004"},
        {"advert": f"a-{CVR}"},
        {"request": f"r-{P_NUMBER}"},
    ],
)
def test_an_anonymous_advert_that_shows_its_number_is_refused_always(at: str, shown: dict[str, str]) -> None:
    assert answers(decide(KNOWN, anonymous(at, **shown))) == [(False, "AD-2")]
    assert answers(decide(KNOWN, submitted(at, cvr=CVR, p_number=P_NUMBER, **shown))) == [(True, "AD-1")]


def test_a_number_that_was_given_in_other_digits_is_the_same_number_in_a_headline() -> None:
    decided = decide(KNOWN, anonymous("2021-06-13 12:00", cvr=FULL_WIDTH, p_number=None, headline=f"Kok til {CVR}"))
    assert answers(decided) == [(False, "AD-2")]


def test_a_few_digits_that_are_no_number_of_a_company_may_stand_in_a_headline() -> None:
    decided = decide(KNOWN, anonymous("2021-06-13 12:00", cvr="12", headline="12 kokke"))
    assert answers(decided) == [(True, "AD-2")]


@pytest.mark.parametrize(
    "submitted_on",
    [
        date(2021, 6, 14),
        date(2021, 10, 30),
        date(2021, 10, 31),
        date(2022, 3, 26),
        date(2022, 3, 27),
        date(2024, 2, 28),
    ],
)
@pytest.mark.parametrize("minute", [0, 23 * 60 - 1])
def test_an_unknown_p_number_waits_a_whole_day_and_is_refused_when_the_day_after_that_begins(
    submitted_on: date, minute: int
) -> None:
    at = midnight(submitted_on) + timedelta(minutes=minute)
    book = Playbook(numbers).fact(to_check("2021-06-14").model_copy(update={"occurred_at": at}))
    assert book.day(submitted_on + timedelta(days=1)).new_outputs() == []
    refused_on = submitted_on + timedelta(days=2)
    assert book.day(refused_on).new_outputs() == [refused(str(refused_on), "job-ad-refused-not-of-the-company")]
    assert book.state(CVR) is None


def test_a_submission_that_is_read_late_is_refused_at_once_if_the_register_has_had_its_day() -> None:
    book = Playbook(numbers).day("2021-06-20").fact(to_check("2021-06-14 12:00"))
    assert book.new_outputs() == [refused("2021-06-16", "job-ad-refused-not-of-the-company")]


def test_a_later_record_of_the_register_replaces_the_earlier_one() -> None:
    book = Playbook(numbers).fact(company("2021-06-14 08:00", P_NUMBER)).fact(company("2021-06-14 09:00"))
    assert book.state(CVR) is None
    book.fact(to_check("2021-06-14 10:00")).day("2021-06-16")
    assert [event.SCHEMA for event in book.new_outputs()] == ["job-ad-answered.v1"]


@pytest.mark.parametrize("decision", [ads, numbers], ids=lambda decision: decision.name)
def test_what_it_does_not_read_is_a_defect_and_not_passed_over(decision: Decision[Any]) -> None:
    with pytest.raises(TypeError, match="SituationRecorded"):
        decision.decide(None, situation("2021-06-14"))


@given(st.data())
def test_register_and_adverts_of_one_day_come_to_the_same_answers_in_any_order(data: st.DataObject) -> None:
    facts: list[Event] = [
        company("2021-06-14 08:00", P_NUMBER),
        to_check("2021-06-14 09:00", request="r-1"),
        to_check("2021-06-14 10:00", OTHER_P_NUMBER, request="r-2"),
    ]
    book = Playbook(numbers).day("2021-06-14")
    for fact in data.draw(st.permutations(facts)):
        book.fact(fact)
    book.day("2021-06-16")
    found = [event for event in book.outputs if isinstance(event, JobAdAnswered)]
    assert sorted((each.request, each.granted) for each in found) == [("r-1", True), ("r-2", False)]
    assert {str(each.occurred_at) for each in found} == {"2021-06-14 07:00:00+00:00", "2021-06-15 22:00:00+00:00"}
