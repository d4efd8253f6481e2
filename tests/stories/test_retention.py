"""RET-6, RET-7: a record past its deadline on the decision's calendar, with receipts and holds that come and go."""

from streams.retention import decision
from tests.builders import CITIZEN
from tests.retention_builders import aged, blocked, hold, ordered
from tests.stories.playbook import Playbook


def test_ret_6_archive_first_the_record_waits_for_its_receipt_and_goes_when_it_is_found_again_with_one() -> None:
    book = Playbook(decision).fact(aged("2021-08-01", "2015-08-01 12:00", reference=None))
    assert book.new_outputs() == [blocked("2021-08-01", "2015-08-01 12:00", "no-receipt")]
    book.fact(aged("2021-09-15", "2015-08-01 12:00"))
    assert book.new_outputs() == [ordered("2021-09-15", "2015-08-01 12:00")]
    assert book.state(CITIZEN) is None


def test_ret_6_under_hold_nothing_of_the_citizen_goes_and_the_release_lets_all_of_it_go() -> None:
    book = Playbook(decision).fact(hold("2021-06-20 10:00"))
    book.fact(aged("2021-08-01", "2015-08-01 12:00")).fact(aged("2021-08-01", "2015-08-01 12:00", "r", "referrals"))
    book.fact(aged("2021-08-01", "2015-08-01 12:00", citizen="citizen-2"))
    assert book.new_outputs() == [
        blocked("2021-08-01", "2015-08-01 12:00", "hold"),
        blocked("2021-08-01", "2015-08-01 12:00", "hold", "r", "referrals"),
        ordered("2021-08-01", "2015-08-01 12:00", citizen="citizen-2"),
    ]
    book.fact(hold("2022-01-15 10:00", released=True))
    assert book.new_outputs() == [
        ordered("2022-01-15 10:00", "2015-08-01 12:00"),
        ordered("2022-01-15 10:00", "2015-08-01 12:00", "r", "referrals"),
    ]
    assert book.state(CITIZEN) is None


def test_ret_7_what_was_picked_too_early_is_left_alone_and_nothing_is_said() -> None:
    book = Playbook(decision).fact(aged("2022-02-28", "2016-02-29 12:00"))
    assert book.new_outputs() == []
    assert book.fact(aged("2022-03-01", "2016-02-29 12:00")).new_outputs() == [
        ordered("2022-03-01", "2016-02-29 12:00")
    ]
