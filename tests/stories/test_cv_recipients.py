"""CV-3, CV-4, CV-6: who is told, and who is not. Every story lists all that came out: nothing else happened."""

from typing import Any

from streams.cv_requirement import decision
from streams.policies.cv_state import CvDuties
from tests.builders import BOTH, NO_DUTY, REGISTER, change_notice, changed, exempt, exemption, situation, status_notice
from tests.stories.playbook import Playbook


def test_cv_3_a_new_duty_is_told_to_jobcentre_and_fund_once_each() -> None:
    book = Playbook(decision).day("2021-06-14")
    book.fact(situation("2021-06-14 08:00", target_group="insured-unemployed", fund="fund-1"))
    book.fact(situation("2021-06-14 08:00", target_group="insured-unemployed", fund="fund-1"))  # the same again
    book.fact(situation("2021-06-15 08:00", target_group="job-ready", fund="fund-1"))  # with the same duties
    assert book.day("2022-06-14").outputs == [
        changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH, fund="fund-1"),
        change_notice("2021-06-14 08:00", before=NO_DUTY, now=BOTH),
        change_notice("2021-06-14 08:00", "fund-1", before=NO_DUTY, now=BOTH),
    ]


def test_a_first_record_without_duties_is_shown_and_announced_to_nobody() -> None:
    book = Playbook(decision).fact(situation("2021-06-14 08:00", target_group="other", fund="fund-1"))
    assert book.outputs == [changed("2021-06-14 08:00", before=NO_DUTY, now=NO_DUTY, fund="fund-1")]


def test_cv_4_a_jobcentre_that_a_citizen_moves_to_gets_the_status_once_and_the_fund_nothing() -> None:
    book = settled(fund="fund-1")
    book.fact(situation("2021-06-15 08:00", fund="fund-1", jobcentre="jobcentre-2"))
    book.fact(situation("2021-06-16 08:00", fund="fund-1", jobcentre="jobcentre-2"))
    assert book.new_outputs() == [
        changed("2021-06-15 08:00", before=BOTH, now=BOTH, fund="fund-1", jobcentre="jobcentre-2"),
        status_notice("2021-06-15 08:00", "jobcentre-2", now=BOTH),
    ]


def test_a_fund_that_a_citizen_joins_gets_the_status_and_one_that_is_left_hears_nothing() -> None:
    book = settled().fact(situation("2021-06-15 08:00", fund="fund-1"))
    book.fact(situation("2021-06-16 08:00", fund="fund-2")).fact(situation("2021-06-17 08:00"))
    assert book.new_outputs() == [
        changed("2021-06-15 08:00", before=BOTH, now=BOTH, fund="fund-1"),
        status_notice("2021-06-15 08:00", "fund-1", now=BOTH),
        changed("2021-06-16 08:00", before=BOTH, now=BOTH, fund="fund-2"),
        status_notice("2021-06-16 08:00", "fund-2", now=BOTH),
        changed("2021-06-17 08:00", before=BOTH, now=BOTH),
    ]


def test_a_move_with_a_new_requirement_gives_the_change_alone() -> None:
    book = settled(fund="fund-1")
    book.fact(situation("2021-06-15 08:00", target_group="not-job-ready", fund="fund-1", jobcentre="jobcentre-2"))
    assert book.new_outputs() == [
        changed("2021-06-15 08:00", before=BOTH, now=REGISTER, fund="fund-1", jobcentre="jobcentre-2"),
        change_notice("2021-06-15 08:00", "jobcentre-2", before=BOTH, now=REGISTER),
        change_notice("2021-06-15 08:00", "fund-1", before=BOTH, now=REGISTER),
    ]


def test_a_move_without_duties_is_told_too() -> None:
    book = settled(target_group="employed")
    book.fact(situation("2021-06-15 08:00", target_group="employed", jobcentre="jobcentre-2"))
    assert book.new_outputs() == [
        changed("2021-06-15 08:00", before=NO_DUTY, now=NO_DUTY, jobcentre="jobcentre-2"),
        status_notice("2021-06-15 08:00", "jobcentre-2", now=NO_DUTY),
    ]


def test_the_jobcentre_at_the_time_of_effect_is_told_not_the_one_that_recorded_the_exemption() -> None:
    book = settled().fact(exemption("2021-06-14 09:00", "2021-07-01"))
    book.fact(situation("2021-06-20 08:00", jobcentre="jobcentre-2"))
    book.new_outputs()
    assert book.day("2021-07-01").new_outputs() == [
        changed("2021-07-01", before=BOTH, now=NO_DUTY, exempt=(True, False), jobcentre="jobcentre-2", rule="CV-2"),
        change_notice("2021-07-01", "jobcentre-2", before=BOTH, now=NO_DUTY, named=exempt()),
    ]


def test_cv_6_the_first_load_announces_nobody_but_what_follows_from_it_later_is_announced() -> None:
    book = Playbook(decision).day("2021-06-14")
    book.fact(exemption("2021-06-14 08:00", last_day="2021-06-20", kind="from-being-searchable", initial=True))
    assert book.outputs == []
    book.fact(situation("2021-06-14 08:00", initial=True)).day("2021-06-21")
    assert book.outputs == [
        changed("2021-06-14 08:00", before=NO_DUTY, now=REGISTER, exempt=(False, True), rule="CV-2", initial=True),
        changed("2021-06-21", before=REGISTER, now=BOTH),
        change_notice("2021-06-21", before=REGISTER, now=BOTH, named={"exemption_ended": "from-being-searchable"}),
    ]


def test_nothing_that_happened_before_14_june_is_announced_then_or_afterwards() -> None:
    book = Playbook(decision).fact(situation("2021-06-01 08:00")).fact(exemption("2021-06-01 09:00", "2021-06-13"))
    book.fact(situation("2021-06-13 23:59", jobcentre="jobcentre-2"))
    assert book.day("2022-06-14").outputs == [
        changed("2021-06-01 08:00", before=NO_DUTY, now=BOTH),
        changed("2021-06-13", before=BOTH, now=NO_DUTY, exempt=(True, False), rule="CV-2"),
        changed(
            "2021-06-13 23:59",
            before=NO_DUTY,
            now=NO_DUTY,
            exempt=(True, False),
            rule="CV-2",
            jobcentre="jobcentre-2",
        ),
    ]


def test_the_first_moment_of_14_june_is_announced() -> None:
    book = Playbook(decision).fact(situation("2021-06-14 00:00"))
    assert book.outputs == [
        changed("2021-06-14 00:00", before=NO_DUTY, now=BOTH),
        change_notice("2021-06-14 00:00", before=NO_DUTY, now=BOTH),
    ]


def test_a_moment_on_which_everything_happens_to_one_citizen_leaves_another_alone() -> None:
    book = settled().fact(situation("2021-06-14 08:00", citizen="citizen-2", target_group="employed"))
    book.new_outputs()
    book.fact(exemption("2021-06-14 09:00", "2021-06-20")).day("2021-06-20")
    assert [event.key for event in book.new_outputs()] == ["citizen-1", "citizen-1"]


def settled(**fields: str) -> Playbook[CvDuties]:
    """A situation since 2021-06-14, and that has been told."""
    book = Playbook(decision).day("2021-06-14").fact(situation("2021-06-14 08:00", **fields))
    book.new_outputs()
    return book


def test_a_move_under_an_exemption_names_it_with_its_last_day_to_jobcentre_and_fund_alike() -> None:
    book = settled().fact(exemption("2021-06-14 09:00", last_day="2021-06-30"))
    book.new_outputs()
    book.fact(situation("2021-06-15 08:00", jobcentre="jobcentre-2", fund="fund-1"))
    moved: dict[str, Any] = {"rule": "CV-2", "jobcentre": "jobcentre-2", "fund": "fund-1"}
    expected = [
        changed("2021-06-15 08:00", before=NO_DUTY, now=NO_DUTY, exempt=(True, False), **moved),
        status_notice("2021-06-15 08:00", "jobcentre-2", now=NO_DUTY, named=exempt("30.06.2021")),
        status_notice("2021-06-15 08:00", "fund-1", now=NO_DUTY, named=exempt("30.06.2021")),
    ]
    assert book.new_outputs() == expected
