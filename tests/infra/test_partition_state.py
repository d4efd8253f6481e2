"""Of two that fence each other the one gives way that was given the slice first."""

import time

import pytest

from infra.source.partition_state import OWNERSHIP_CONFLICT_S, PartitionState, TakeOver


def fenced_until_it_gives_way(gained_at: float, first: float, monkeypatch: pytest.MonkeyPatch) -> float:
    """When the slice, fenced every second, is given up."""
    here = PartitionState(0, gained_at=gained_at)
    at = first
    while True:
        monkeypatch.setattr(time, "monotonic", lambda at=at: at)
        if here.fenced():
            return at - first
        at += 1


def test_who_had_the_slice_first_gives_way_and_who_was_given_it_last_is_patient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = fenced_until_it_gives_way(gained_at=0, first=100, monkeypatch=monkeypatch)
    last = fenced_until_it_gives_way(gained_at=100, first=101, monkeypatch=monkeypatch)
    assert OWNERSHIP_CONFLICT_S < first <= OWNERSHIP_CONFLICT_S + 1
    assert 2 * OWNERSHIP_CONFLICT_S < last <= 2 * OWNERSHIP_CONFLICT_S + 1


def test_a_slice_is_taken_over_again_once_its_work_is_done_but_not_out_of_an_alarm() -> None:
    here = PartitionState(3, take_over_at=0.0)
    assert here.next_work() == TakeOver(3)
    here.again()
    assert here.next_work() is None
    here.done(more=False, unsettled=False)
    assert here.next_work() == TakeOver(3)
    here.failed("stopped")
    here.again()
    assert here.next_work() is None


def test_fences_with_a_longer_pause_between_them_are_no_ownership_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    here = PartitionState(0, gained_at=0)
    for at in (100, 110, 126, 140, 156):
        monkeypatch.setattr(time, "monotonic", lambda at=at: at)
        assert not here.fenced()
        assert here.take_over_at is not None
