"""VIT-1, VIT-4: the tables of law, and both sides of every day on which they begin or end."""

from typing import get_args

import pytest

from schemas.vitas_grants import (
    Measure,
    MentorGrantAnswered,
    MentorGrantRequested,
    MentorType,
    VitasAdvertAnswered,
    VitasAdvertRequested,
)
from streams.policies.vitas_grants import ADVERTS_PAUSED, MENTOR_TYPE, decide
from tests.builders import situation
from tests.request_builders import asked

each_measure = pytest.mark.parametrize("measure", get_args(Measure))


def grant(at: str, measure: str, mentor_type: str | None = None) -> MentorGrantAnswered:
    _, (answered,) = decide(None, asked(MentorGrantRequested, at, measure=measure, mentor_type=mentor_type))
    assert isinstance(answered, MentorGrantAnswered)
    return answered


def advert(at: str) -> VitasAdvertAnswered:
    state, (answered,) = decide(None, asked(VitasAdvertRequested, at))
    assert state is None, "nothing is remembered"
    assert isinstance(answered, VitasAdvertAnswered)
    return answered


def test_every_measure_has_exactly_one_row_of_law_and_every_row_its_source() -> None:
    assert sorted(row.measure for row in MENTOR_TYPE) == sorted(get_args(Measure))
    assert {row.rule for row in MENTOR_TYPE} == {"VIT-1"}
    assert ADVERTS_PAUSED.rule == "VIT-4"
    assert all(row.source for row in (*MENTOR_TYPE, ADVERTS_PAUSED))


@each_measure
def test_without_a_type_a_grant_is_refused_from_the_first_moment_of_14_june_in_copenhagen(measure: str) -> None:
    assert grant("2021-06-13 23:59", measure).granted
    assert not grant("2021-06-14 00:00", measure).granted
    assert not grant("2023-02-28 12:00", measure).granted


@each_measure
@pytest.mark.parametrize("mentor_type", get_args(MentorType))
@pytest.mark.parametrize("at", ["2021-06-13 23:59", "2021-06-14 00:00", "2021-10-31 02:30", "2024-02-29 12:00"])
def test_with_a_type_a_grant_is_never_refused(measure: str, mentor_type: str, at: str) -> None:
    assert grant(at, measure, mentor_type).granted


@pytest.mark.parametrize(
    ("at", "granted"),
    [
        ("2021-03-28 03:30", True),
        ("2021-06-11 23:59", True),
        ("2021-06-12 00:00", False),
        ("2021-09-17 23:59", False),
        ("2021-09-18 00:00", True),
        ("2021-10-31 02:30", True),
    ],
)
def test_adverts_are_refused_on_the_days_of_the_pause_both_included(at: str, granted: bool) -> None:
    assert advert(at).granted is granted


def test_what_it_does_not_read_is_a_defect_and_not_passed_over() -> None:
    with pytest.raises(TypeError, match="SituationRecorded"):
        decide(None, situation("2021-06-14"))
