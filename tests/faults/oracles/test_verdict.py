"""The oracles work: an error is reported, a run without faults does not count, and each oracle sees its own fault."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.faults.oracles.dump import differences
from tests.faults.oracles.history import _of_batches
from tests.faults.oracles.verdict import LIES, Evidence, Needs, Outcome, Verdict

PLANNED = Needs({"worker killed": 2}, kills_in_transaction=1, redeliveries=1, take_overs=1, rebalances=1)
SEEN = Evidence(
    events=1000, struck=Counter({"worker killed": 2}), kills_in_transaction=1, redeliveries=1, take_overs=1,
    rebalances=1, looks=100, lies=Counter(LIES),
)  # fmt: skip


def verdict(evidence: Evidence, *wrong: str) -> Verdict:
    return Verdict("kills", 7, evidence, wrong, tuple(PLANNED.lacking(evidence)))


def test_a_run_that_saw_all_that_was_planned_and_nothing_wrong_holds() -> None:
    assert verdict(SEEN).outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    "less",
    [
        {"struck": Counter({"worker killed": 1})}, {"events": 10}, {"kills_in_transaction": 0}, {"redeliveries": 0},
        {"take_overs": 0}, {"rebalances": 0}, {"looks": 3},
        {"lies": Counter(LIES[1:])}, {"lies": Counter()},
    ],
)  # fmt: skip
def test_a_run_that_lacks_any_one_thing_is_invalid_and_says_which(less: dict[str, Any]) -> None:
    found = verdict(replace(SEEN, **less))
    assert found.outcome is Outcome.INVALID
    assert len(found.lacking) == 1


def test_what_is_wrong_counts_even_where_the_run_would_not() -> None:
    found = verdict(replace(SEEN, events=0), "a table lacks a row")
    assert found.outcome is Outcome.BROKEN
    assert found.command == ".venv/bin/python -m tests.faults kills --seed 7"


def test_a_difference_is_told_in_both_directions_and_a_row_that_is_there_twice_is_one() -> None:
    assert differences({"t": ["a", "b"]}, {"t": ["a", "b"]}) == []
    assert differences({"t": ["a", "a"]}, {"t": ["a", "b"], "u": ["c"]}) == ["t has also a", "t lacks b", "u lacks c"]


DAY = date(2021, 6, 14)
LOG = [("c", 0, 1, 1, DAY, [["t", 0, 5]]), ("c", 0, 2, 1, DAY, [["t", 7, 9], ["u", 0, 1]]), ("c", 0, 3, 2, DAY, [])]
ENDS = {("c", 0): {"t": 9, "u": 1}}


def test_a_log_that_goes_on_densely_and_in_order_has_no_fault() -> None:
    assert list(_of_batches(LOG, ENDS)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("c", 0, 5, 2, DAY, []), ("c", 0, 4, 1, DAY, []), ("c", 0, 4, 2, date(2021, 6, 13), []),
        ("c", 0, 4, 2, DAY, [["t", 8, 10]]), ("c", 0, 4, 2, DAY, [["u", 1, 2]]), ("c", 0, 4, 2, DAY, [["t", 9, 9]]),
    ],
    ids=[
        "a hole in the numbers", "an older epoch", "an earlier day", "an offset twice", "another end than the row's",
        "a topic joined twice",
    ],
)  # fmt: skip
def test_each_fault_of_a_log_is_seen(wrong: tuple[Any, ...]) -> None:
    assert len(list(_of_batches([*LOG, wrong], ENDS))) >= 1


def test_where_a_slice_joins_a_topic_it_has_read_no_record_yet() -> None:
    joined = [("c", 0, 1, 1, DAY, [["t", 5, 5]]), ("c", 0, 2, 1, DAY, [["t", 5, 9]])]
    assert list(_of_batches(joined, {("c", 0): {"t": 9}})) == []
