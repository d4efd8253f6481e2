"""CV-2, CV-3: exemptions on the calendar. Every story lists all that came out: nothing else happened."""

from datetime import date

import pytest

from streams.cv_requirement import decision
from streams.policies.cv_state import CvDuties
from tests.builders import BOTH, ENDED, NO_DUTY, REGISTER, change_notice, changed, exempt, exemption, situation
from tests.stories.playbook import Playbook

EXEMPT, EXEMPT_FROM_BEING_SEARCHABLE = (True, False), (False, True)
SEARCH = "from-being-searchable"
FOREVER = "2031-01-01"
DAY_21 = date(2021, 6, 21)


def job_ready() -> Playbook[CvDuties]:
    """Job-ready since 2021-06-14, and that has been told."""
    book = Playbook(decision).day("2021-06-14").fact(situation("2021-06-14 08:00"))
    book.new_outputs()
    return book


@pytest.mark.parametrize(
    ("target_group", "duties"),
    [("job-ready", BOTH), ("insured-unemployed", BOTH), ("not-job-ready", REGISTER), ("other", NO_DUTY)],
)
def test_cv_1_duties_follow_from_the_target_group_and_change_with_it(
    target_group: str, duties: tuple[bool, bool]
) -> None:
    book = Playbook(decision).day("2021-06-14").fact(situation("2021-06-14 08:00", target_group="employed"))
    assert book.new_outputs() == [changed("2021-06-14 08:00", before=NO_DUTY, now=NO_DUTY)]
    book.fact(situation("2021-06-15 08:00", target_group=target_group))
    told = [
        changed("2021-06-15 08:00", before=NO_DUTY, now=duties),
        change_notice("2021-06-15 08:00", before=NO_DUTY, now=duties),
    ]
    assert book.new_outputs() == (told if duties != NO_DUTY else [])
    assert book.day(FOREVER).new_outputs() == []


def test_cv_2_an_exemption_that_ends_restores_the_duty_on_the_day_after() -> None:
    book = job_ready().day("2021-06-15").fact(exemption("2021-06-15 10:00", last_day="2021-06-20"))
    assert book.new_outputs() == [
        changed("2021-06-15 10:00", before=BOTH, now=NO_DUTY, exempt=EXEMPT, rule="CV-2"),
        change_notice("2021-06-15 10:00", before=BOTH, now=NO_DUTY, named=exempt("20.06.2021")),
    ]
    assert book.day("2021-06-20").new_outputs() == []
    assert book.day("2021-06-21").new_outputs() == [
        changed("2021-06-21 00:00", before=NO_DUTY, now=BOTH),
        change_notice("2021-06-21 00:00", before=NO_DUTY, now=BOTH, named=ENDED),
    ]
    assert book.day(FOREVER).new_outputs() == []


def test_an_exemption_recorded_ahead_takes_effect_by_itself_across_both_clock_changes() -> None:
    ahead = exemption("2021-06-14 09:00", "2021-10-31", "2022-03-26", kind="from-being-searchable")
    book = job_ready().fact(ahead).day("2021-10-30")
    assert book.new_outputs() == []
    assert book.day("2021-10-31").new_outputs() == [
        changed("2021-10-31", before=BOTH, now=REGISTER, exempt=EXEMPT_FROM_BEING_SEARCHABLE, rule="CV-2"),
        change_notice("2021-10-31", before=BOTH, now=REGISTER, named=exempt("26.03.2022", SEARCH)),
    ]
    assert book.day("2022-03-26").new_outputs() == []
    assert book.day(FOREVER).new_outputs() == [
        changed("2022-03-27", before=REGISTER, now=BOTH),
        change_notice("2022-03-27", before=REGISTER, now=BOTH, named={"exemption_ended": SEARCH}),
    ]


def test_a_withdrawn_exemption_restores_the_duty_at_once_and_its_last_day_passes_silently() -> None:
    book = job_ready().fact(exemption("2021-06-14 09:00", last_day="2021-06-20"))
    book.new_outputs()
    book.day("2021-06-16").fact(exemption("2021-06-16 09:00", "2021-06-14", "2021-06-20", withdrawn=True))
    assert book.day(FOREVER).new_outputs() == [
        changed("2021-06-16 09:00", before=NO_DUTY, now=BOTH),
        change_notice("2021-06-16 09:00", before=NO_DUTY, now=BOTH, named=ENDED),
    ]


def test_a_corrected_last_day_replaces_the_first_one() -> None:
    book = job_ready().fact(exemption("2021-06-14 09:00", last_day="2021-06-20"))
    book.new_outputs()
    book.day("2021-06-18").fact(exemption("2021-06-18 09:00", "2021-06-14", "2021-06-25"))
    assert book.day("2021-06-25").new_outputs() == []
    assert book.day(FOREVER).new_outputs() == [
        changed("2021-06-26", before=NO_DUTY, now=BOTH),
        change_notice("2021-06-26", before=NO_DUTY, now=BOTH, named=ENDED),
    ]


def test_an_exemption_extended_after_it_ended_holds_again_from_the_day_it_is_recorded() -> None:
    book = job_ready().fact(exemption("2021-06-14 09:00", last_day="2021-06-20")).day("2021-06-23")
    book.new_outputs()
    book.fact(exemption("2021-06-23 09:00", "2021-06-14", "2021-06-25")).day("2021-06-25")
    assert book.new_outputs() == [
        changed("2021-06-23 09:00", before=BOTH, now=NO_DUTY, exempt=EXEMPT, rule="CV-2"),
        change_notice("2021-06-23 09:00", before=BOTH, now=NO_DUTY, named=exempt("25.06.2021")),
    ]


def test_an_exemption_recorded_when_it_was_over_changes_nothing() -> None:
    book = job_ready().day("2021-07-01").fact(exemption("2021-07-01 09:00", "2021-06-15", "2021-06-30"))
    assert book.day(FOREVER).new_outputs() == []


def test_one_exemption_that_takes_over_from_another_overnight_is_no_change() -> None:
    book = job_ready().fact(exemption("2021-06-14 09:00", last_day="2021-06-20"))
    book.new_outputs()
    book.fact(exemption("2021-06-14 10:00", "2021-06-21", exemption="exemption-2"))
    assert book.day(FOREVER).new_outputs() == []


def test_two_causes_on_one_day_give_one_notice_to_jobcentre_and_fund() -> None:
    book = job_ready().fact(situation("2021-06-14 09:00", fund="fund-1"))
    book.fact(exemption("2021-06-14 10:00", "2021-06-20", kind="from-being-searchable", exemption="a"))
    book.fact(exemption("2021-06-14 10:01", "2021-06-20", exemption="b"))
    book.new_outputs()
    assert book.day("2021-06-20").new_outputs() == [
        changed("2021-06-20", before=BOTH, now=NO_DUTY, exempt=(True, True), fund="fund-1", rule="CV-2"),
        change_notice("2021-06-20", before=BOTH, now=NO_DUTY, named=exempt()),
        change_notice("2021-06-20", "fund-1", before=BOTH, now=NO_DUTY, named=exempt()),
    ]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("from-registering", EXEMPT), ("from-being-searchable", EXEMPT_FROM_BEING_SEARCHABLE)],
)
def test_cv_5_an_exemption_without_a_duty_to_lift_is_shown_and_announced_to_nobody(
    kind: str, shown: tuple[bool, bool]
) -> None:
    book = Playbook(decision).fact(situation("2021-06-14 08:00", target_group="employed"))
    book.fact(exemption("2021-06-14 09:00", kind=kind))
    assert book.outputs == [
        changed("2021-06-14 08:00", before=NO_DUTY, now=NO_DUTY),
        changed("2021-06-14 09:00", before=NO_DUTY, now=NO_DUTY, exempt=shown),
    ]


def test_an_exemption_known_before_the_situation_is_remembered_and_the_first_record_is_no_move() -> None:
    book = Playbook(decision).fact(exemption("2021-06-14 08:00", last_day="2021-06-20"))
    assert book.day("2021-06-15").new_outputs() == []
    book.fact(situation("2021-06-15 08:00", fund="fund-1"))
    assert book.new_outputs() == [
        changed("2021-06-15 08:00", before=NO_DUTY, now=NO_DUTY, exempt=EXEMPT, fund="fund-1", rule="CV-2"),
    ]
    assert book.day(FOREVER).new_outputs() == [
        changed("2021-06-21", before=NO_DUTY, now=BOTH, fund="fund-1"),
        change_notice("2021-06-21", before=NO_DUTY, now=BOTH, named=ENDED),
        change_notice("2021-06-21", "fund-1", before=NO_DUTY, now=BOTH, named=ENDED),
    ]


def test_a_record_that_arrives_late_never_opens_a_day_gone_by_again() -> None:
    book = job_ready().fact(exemption("2021-06-14 09:00", last_day="2021-06-20")).day("2021-06-21")
    book.new_outputs()
    late = exemption("2021-06-18 09:00", "2021-06-14", "2021-06-19")  # would have ended the exemption a day earlier
    assert book.fact(late).new_outputs() == []
    longer = exemption("2021-06-18 09:05", "2021-06-14", "2021-06-22")
    assert book.fact(longer).day(FOREVER).new_outputs() == [
        changed("2021-06-18 09:05", before=BOTH, now=NO_DUTY, exempt=EXEMPT, from_day=DAY_21, rule="CV-2"),
        change_notice("2021-06-18 09:05", before=BOTH, now=NO_DUTY, from_day=DAY_21, named=exempt("22.06.2021")),
        changed("2021-06-23", before=NO_DUTY, now=BOTH),
        change_notice("2021-06-23", before=NO_DUTY, now=BOTH, named=ENDED),
    ]
