"""What becomes of a record past its deadline: every block, and both sides of the deadline."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Event
from streams.policies.retention import decide
from streams.retention import decision
from tests.builders import CITIZEN
from tests.retention_builders import aged, blocked, hold, ordered
from tests.stories.playbook import Playbook


@pytest.mark.parametrize(
    ("area", "updated_at", "before", "due"),
    [
        ("job-suggestion-checks", "2015-08-01 12:00", "2021-07-31", "2021-08-01"),
        ("referrals", "2015-08-01 12:00", "2021-07-31", "2021-08-01"),
        ("joblog-voluntary", "2017-08-01 12:00", "2021-07-31", "2021-08-01"),
        ("joblog-mandatory", "2015-08-01 12:00", "2021-07-31", "2021-08-01"),
        ("joblog-mandatory", "2016-02-29 23:59", "2022-02-28", "2022-03-01"),
        ("joblog-voluntary", "2020-02-29 00:00", "2024-02-28", "2024-02-29"),
        ("joblog-mandatory", "2015-10-31 23:59", "2021-10-30", "2021-10-31"),  # the clocks change on the due day
        ("joblog-mandatory", "2016-03-27 00:00", "2022-03-26", "2022-03-27"),
        ("joblog-voluntary", "2018-10-30 00:00", "2022-10-29", "2022-10-30"),
        ("job-suggestion-checks", "2014-01-01 00:00", "2021-06-13", "2021-06-14"),  # no rule applies before the release
        ("referrals", "2014-01-01 00:00", "2021-06-13", "2021-06-14"),
        ("joblog-voluntary", "2016-03-01 12:00", "2021-07-13", "2021-07-14"),  # a Joblog is read until its closing
        ("joblog-mandatory", "2014-01-01 00:00", "2021-07-13", "2021-07-14"),
    ],
)
def test_nothing_goes_a_day_early_and_on_its_day_it_goes(area: str, updated_at: str, before: str, due: str) -> None:
    early, now = aged(before, updated_at, area=area), aged(due, updated_at, area=area)
    assert decide(None, early) == (None, [])
    assert decide(None, now) == (None, [ordered(due, updated_at, area=area)])


def test_what_is_said_to_be_aged_in_the_far_future_or_before_the_law_orders_nothing_and_stops_nothing() -> None:
    for lie in (
        aged("2021-08-01", "2015-01-01").but(anchor=date.max, due=date.max),
        aged("2045-12-31", "2015-01-01").but(anchor=date(9994, 1, 1)),
        aged("1900-01-01 12:00", "2015-01-01"),
        aged("2021-08-01", "2015-01-01").but(area="salaries"),
    ):
        assert decide(None, lie) == (None, [])


@pytest.mark.parametrize("area", ["job-suggestion-checks", "referrals", "joblog-mandatory"])
def test_without_its_receipt_what_is_archived_first_stays_and_nothing_is_remembered(area: str) -> None:
    event = aged("2021-08-01", "2015-01-01", area=area, reference=None)
    assert decide(None, event) == (None, [blocked("2021-08-01", "2015-01-01", "no-receipt", area=area)])


def test_a_hold_comes_before_a_missing_receipt_and_covers_what_it_says() -> None:
    book = Playbook(decision).fact(hold("2021-07-01 10:00", record="entry-1"))
    book.fact(aged("2021-08-01", "2015-01-01", "entry-1", reference=None))
    book.fact(aged("2021-08-01", "2015-01-01", "entry-2"))
    assert book.new_outputs() == [
        blocked("2021-08-01", "2015-01-01", "hold", "entry-1"),
        ordered("2021-08-01", "2015-01-01", "entry-2"),
    ]
    book.fact(hold("2021-09-01 10:00", record="entry-1", released=True))
    assert book.new_outputs() == [blocked("2021-09-01 10:00", "2015-01-01", "no-receipt", "entry-1")]
    assert book.state(CITIZEN) is None


def test_only_the_release_of_the_last_hold_lets_the_record_go() -> None:
    book = Playbook(decision).fact(hold("2021-07-01 10:00", "a")).fact(hold("2021-07-01 10:00", "b", record="entry-1"))
    book.fact(aged("2021-08-01", "2015-01-01")).new_outputs()
    assert book.fact(hold("2021-08-02 10:00", "a", released=True)).new_outputs() == []
    book.fact(hold("2021-08-03 10:00", "b", released=True))
    assert book.new_outputs() == [ordered("2021-08-03 10:00", "2015-01-01")]


def test_a_hold_that_is_corrected_to_another_record_lets_the_first_go() -> None:
    book = Playbook(decision).fact(hold("2021-07-01 10:00", record="entry-1"))
    book.fact(aged("2021-08-01", "2015-01-01", "entry-1")).new_outputs()
    book.fact(hold("2021-08-02 10:00", record="entry-2"))
    assert book.new_outputs() == [ordered("2021-08-02 10:00", "2015-01-01", "entry-1")]
    book.fact(aged("2021-08-03", "2015-01-01", "entry-2"))
    assert book.new_outputs() == [blocked("2021-08-03", "2015-01-01", "hold", "entry-2")]


def test_what_waits_is_the_record_as_it_was_found_last() -> None:
    book = Playbook(decision).fact(hold("2021-07-01 10:00"))
    book.fact(aged("2021-08-01", "2015-01-01", reference=None)).fact(aged("2021-08-01", "2015-07-01")).new_outputs()
    book.fact(hold("2021-09-01 10:00", released=True))
    assert book.new_outputs() == [ordered("2021-09-01 10:00", "2015-07-01")]


FACTS: tuple[Event, ...] = (
    hold("2021-08-01 10:00", "a"),
    hold("2021-08-01 11:00", "b", record="entry-2"),
    aged("2021-08-02", "2015-01-01", "entry-1"),
    aged("2021-08-02", "2015-01-01", "entry-2"),
    aged("2021-08-02", "2015-01-01", "entry-3", reference=None),
)


@given(st.permutations(FACTS))
def test_in_any_order_of_the_two_topics_a_held_record_waits_or_went_before_the_hold(facts: Sequence[Event]) -> None:
    book = Playbook(decision)
    held: set[str | None] = set()
    for fact in facts:
        said = book.fact(fact).new_outputs()
        if fact.KEY == "citizen" and fact.SCHEMA.startswith("legal-hold"):
            held.add(getattr(fact, "record", None))
            assert said == []
        else:
            is_held = None in held or getattr(fact, "record", None) in held
            assert [each.SCHEMA for each in said] == [
                "deletion-blocked.v1" if is_held or getattr(fact, "reference", None) is None else "deletion-ordered.v1"
            ]
    state = book.state(CITIZEN)
    assert state is not None
    assert len(state.holds) == 2
