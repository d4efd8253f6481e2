"""RET-5: a Joblog that nobody updates is closed to its citizen, who is told before and when it happens."""

from datetime import date

from streams.joblog import decision
from tests.builders import CITIZEN
from tests.retention_builders import closed_notice, closing_notice, entry, standing
from tests.stories.playbook import Playbook


def test_ret_5_a_joblog_without_update_for_4_years_is_announced_closed_and_in_the_end_forgotten() -> None:
    book = Playbook(decision).fact(entry("2018-05-01 12:00"))
    book.day("2022-03-31")
    assert book.new_outputs() == []
    book.day("2022-04-01")
    assert book.new_outputs() == [closing_notice("2022-04-01", "2022-05-01", "2018-05-01")]
    book.day("2022-04-30")
    assert book.new_outputs() == []
    book.day("2022-05-01")
    assert book.new_outputs() == [standing("2022-05-01", is_open=False), closed_notice("2022-05-01")]
    book.day("2024-04-30")
    assert book.new_outputs() == []
    book.day("2024-05-01")
    assert book.new_outputs() == [standing("2024-05-01", is_open=True)]
    assert book.state(CITIZEN) is None


def test_ret_5_an_update_before_the_day_keeps_the_joblog_open_and_is_told_of_anew_four_years_later() -> None:
    book = Playbook(decision).fact(entry("2018-05-01 12:00")).day("2022-04-20")
    assert book.new_outputs() == [closing_notice("2022-04-01", "2022-05-01", "2018-05-01")]
    book.fact(entry("2022-04-30 23:59", note="still here"))
    assert book.day("2026-03-30").new_outputs() == []
    assert book.day("2026-03-31").new_outputs() == [closing_notice("2026-03-31", "2026-04-30", "2022-04-30")]


def test_ret_5_adding_an_entry_opens_a_closed_joblog_and_nobody_is_told_of_what_he_has_just_done() -> None:
    book = Playbook(decision).fact(entry("2018-05-01 12:00")).day("2022-06-01")
    assert len(book.new_outputs()) == 3
    book.fact(entry("2022-06-01 09:30", "entry-2"))
    assert book.new_outputs() == [standing("2022-06-01 09:30", is_open=True)]
    assert book.day("2026-05-01").new_outputs() == []


def test_ret_5_what_was_too_old_before_the_release_is_told_on_its_day_and_closed_30_days_later() -> None:
    book = Playbook(decision).day("2021-05-15").fact(entry("2016-03-01 12:00"))
    assert book.day("2021-06-13").new_outputs() == []
    assert book.day("2021-06-14").new_outputs() == [closing_notice("2021-06-14", "2021-07-14", "2016-03-01")]
    assert book.day("2021-07-13").new_outputs() == []
    assert book.day("2021-07-14").new_outputs() == [standing("2021-07-14", is_open=False), closed_notice("2021-07-14")]


def test_ret_5_a_nightly_export_of_the_same_entries_keeps_no_joblog_open_and_begins_none_anew() -> None:
    book = Playbook(decision).fact(entry("2018-05-01 12:00"))
    for night in ("2020-01-01", "2022-04-15", "2022-06-01", "2024-04-30", "2024-05-02", "2025-05-01"):
        book.day(night).fact(entry(f"{night} 03:00", applied_on=date(2018, 5, 1)))
    assert book.new_outputs() == [
        closing_notice("2022-04-01", "2022-05-01", "2018-05-01"),
        standing("2022-05-01", is_open=False),
        closed_notice("2022-05-01"),
        standing("2024-05-01", is_open=True),
    ]
    assert book.day("2026-12-31").new_outputs() == []
    assert book.state(CITIZEN) is None


def test_ret_5_an_old_joblog_that_is_read_after_its_day_is_closed_at_once_and_no_day_gone_by_is_announced() -> None:
    book = Playbook(decision).day("2021-08-20").fact(entry("2016-03-01 12:00"))
    assert book.new_outputs() == [standing("2021-07-14", is_open=False), closed_notice("2021-07-14")]
    assert book.day("2022-02-28").new_outputs() == []
    assert book.day("2022-03-01").new_outputs() == [standing("2022-03-01", is_open=True)]
