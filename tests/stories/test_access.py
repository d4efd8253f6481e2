"""ACC-1, ACC-3: access on the calendar. Every story lists all that came out: nothing else happened."""

from streams.policies.access import Referrals
from streams.referrals import decision
from tests.access_builders import OTHER, PROVIDER, closed, opened, referral
from tests.stories.playbook import Playbook

FOREVER = "2031-01-01"


def referred(last_day: str = "2021-06-30") -> Playbook[Referrals]:
    """Referred to provider-1 since 2021-06-14, and that is on record."""
    book = Playbook(decision).day("2021-06-14").fact(referral("2021-06-14 08:00", "2021-06-14", last_day))
    assert book.new_outputs() == [opened("2021-06-14 08:00")]
    return book


def test_acc_1_access_recorded_ahead_opens_on_the_first_day_and_closes_after_the_last_over_both_clock_changes() -> None:
    book = Playbook(decision).fact(referral("2021-06-14 08:00", "2021-10-31", "2022-03-27"))
    assert book.day("2021-10-30").new_outputs() == []
    assert book.day("2021-10-31").new_outputs() == [opened("2021-10-31")]
    assert book.day("2022-03-27").new_outputs() == []
    assert book.day("2022-03-28").new_outputs() == [closed("2022-03-28")]
    assert book.day(FOREVER).new_outputs() == []
    assert book.state("citizen-1") is None


def test_acc_1_two_providers_have_windows_of_their_own_and_another_citizen_is_not_touched() -> None:
    book = referred().fact(referral("2021-06-15 08:00", "2021-06-20", "2021-06-25", record="r-2", provider=OTHER))
    book.fact(referral("2021-06-15 08:00", "2021-07-01", "2021-07-01", record="r-3", citizen="citizen-2"))
    assert book.day(FOREVER).new_outputs() == [
        opened("2021-06-20", OTHER),
        closed("2021-06-26", OTHER),
        closed("2021-07-01"),
        opened("2021-07-01", citizen="citizen-2"),
        closed("2021-07-02", citizen="citizen-2"),
    ]


def test_acc_3_overlapping_and_adjoining_referrals_to_one_provider_are_one_access() -> None:
    book = referred().fact(referral("2021-06-15 08:00", "2021-06-20", "2021-07-10", record="r-2"))
    book.fact(referral("2021-06-15 08:00", "2021-07-11", "2021-07-20", record="r-3"))
    assert book.day("2021-07-20").new_outputs() == []
    assert book.day(FOREVER).new_outputs() == [closed("2021-07-21")]


def test_acc_3_a_referral_cancelled_today_closes_at_once_and_its_last_day_passes_silently() -> None:
    book = referred().day("2021-06-16")
    book.fact(referral("2021-06-16 09:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-16"))
    assert book.day(FOREVER).new_outputs() == [closed("2021-06-16 09:00")]


def test_acc_3_a_referral_cancelled_for_a_later_day_closes_when_that_day_begins() -> None:
    book = referred().fact(referral("2021-06-15 09:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-20"))
    assert book.day("2021-06-19").new_outputs() == []
    assert book.day(FOREVER).new_outputs() == [closed("2021-06-20")]


def test_acc_3_a_referral_cancelled_before_it_began_never_opens() -> None:
    book = Playbook(decision).fact(referral("2021-06-14 08:00", "2021-06-20", "2021-06-30"))
    book.fact(referral("2021-06-15 08:00", "2021-06-20", "2021-06-30", cancelled_on="2021-06-20"))
    assert book.day(FOREVER).new_outputs() == []


def test_acc_3_a_shortened_referral_closes_earlier_and_one_shortened_to_yesterday_at_once() -> None:
    book = referred().fact(referral("2021-06-15 09:00", "2021-06-14", "2021-06-20"))
    assert book.day("2021-06-18").new_outputs() == []
    book.fact(referral("2021-06-18 09:00", "2021-06-14", "2021-06-17"))
    assert book.day(FOREVER).new_outputs() == [closed("2021-06-18 09:00")]


def test_acc_3_an_extended_referral_stays_open_and_one_extended_after_its_end_opens_when_that_is_recorded() -> None:
    book = referred("2021-06-20").fact(referral("2021-06-19 09:00", "2021-06-14", "2021-06-25"))
    assert book.day("2021-06-25").new_outputs() == []
    assert book.day("2021-06-28").new_outputs() == [closed("2021-06-26")]
    book.fact(referral("2021-06-28 09:00", "2021-06-14", "2021-06-29"))
    assert book.day(FOREVER).new_outputs() == [opened("2021-06-28 09:00"), closed("2021-06-30")]


def test_acc_3_a_repeated_referral_changes_nothing_and_one_corrected_to_another_provider_moves() -> None:
    book = referred().fact(referral("2021-06-15 09:00", "2021-06-14", "2021-06-30"))
    assert book.new_outputs() == []
    book.fact(referral("2021-06-15 10:00", "2021-06-14", "2021-06-30", provider=OTHER))
    assert book.day(FOREVER).new_outputs() == [
        closed("2021-06-15 10:00", PROVIDER),
        opened("2021-06-15 10:00", OTHER),
        closed("2021-07-01", OTHER),
    ]


def test_acc_3_a_referral_of_29_february_closes_on_1_march() -> None:
    book = Playbook(decision).fact(referral("2024-02-01 08:00", "2024-02-29", "2024-02-29"))
    assert book.day(FOREVER).new_outputs() == [opened("2024-02-29"), closed("2024-03-01")]


def test_acc_3_a_referral_that_was_over_when_it_was_recorded_gives_no_access() -> None:
    book = Playbook(decision).day("2021-07-01").fact(referral("2021-07-01 09:00", "2021-06-01", "2021-06-30"))
    assert book.day(FOREVER).new_outputs() == []
    assert book.state("citizen-1") is None
