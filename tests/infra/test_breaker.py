"""When dead letters are too many: in a row, and by their share; what a good record and an operator's word change."""

import pytest

from infra.dead_letters.limits import IN_A_ROW, NONE, OF_LATE, RECORDS, Count, TooManyError, allowing, counted

BAD, GOOD = True, False


def test_so_many_in_a_row_pass_and_one_more_stops() -> None:
    assert counted(NONE, [BAD] * IN_A_ROW).row == IN_A_ROW
    with pytest.raises(TooManyError, match=f"{IN_A_ROW + 1} in a row"):
        counted(NONE, [BAD] * (IN_A_ROW + 1))


def test_a_row_goes_on_over_batches_and_ends_with_a_good_record() -> None:
    with pytest.raises(TooManyError):
        counted(counted(NONE, [BAD] * IN_A_ROW), [BAD])
    assert counted(counted(NONE, [BAD] * IN_A_ROW), [GOOD, *[BAD] * IN_A_ROW]).row == IN_A_ROW


def test_a_tenth_passes_and_more_stops_though_good_ones_lie_between() -> None:
    assert counted(NONE, [BAD, *[GOOD] * 9] * OF_LATE) == NONE
    with pytest.raises(TooManyError, match=f"{OF_LATE + 1} among"):
        counted(NONE, [BAD, *[GOOD] * 8] * (OF_LATE + 1))


def test_what_is_well_costs_nothing_and_is_not_remembered() -> None:
    assert counted(NONE, [GOOD] * 5_000) == NONE
    assert counted(NONE, [BAD, *[GOOD] * (RECORDS - 1)]) == NONE


def test_an_operator_lets_exactly_so_many_through_and_the_count_begins_anew() -> None:
    allowed = allowing(Count(row=IN_A_ROW, letters=90, records=500), 50)
    assert counted(allowed, [BAD] * 50) == NONE
    with pytest.raises(TooManyError):
        counted(allowed, [BAD] * (50 + IN_A_ROW + 1))


def test_what_of_an_acceptance_is_not_used_ends_when_all_is_well_again() -> None:
    assert counted(allowing(NONE, 50), [BAD, *[GOOD] * (RECORDS - 1)]).allowed == 49
    assert counted(allowing(NONE, 50), [BAD, *[GOOD] * RECORDS]) == NONE
