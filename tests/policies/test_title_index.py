"""A fact costs the same whatever its holder has, and what is decided is the same with an index of any age."""

import sys
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.titles import TitleHeldRecorded
from streams.decision import Subject
from streams.policies.state import MOST_OF_A_HOLDER
from streams.policies.title_state import HeldTitle, HeldTitles
from streams.titles import decision
from tests.builders import moment
from tests.policies.test_titles import ANY_FACT, OTHER_TABLE
from tests.stories.playbook import Playbook
from tests.title_builders import COOK, EMPLOYER, HERMIT, NEW_COOK, TABLE, WAITER, asks_for, wish

AREAS = ("adverts", "job-orders", "cv-agents", "vitas-applications", "cvs", "job-wishes")
DAYS = ("2021-06-12", "2021-06-14", "2021-08-01", "2021-08-08", "2021-09-18", "2021-11-20")


class Lasting(Playbook[HeldTitles]):
    """Its states do not pass through JSON: each has the index of the one before."""

    def _store(self, subject: Subject[HeldTitles]) -> None:
        pass


FACTS_OF_ONE = st.builds(
    lambda at, title, area, item, jobcentre: wish(at, title, area=area, item=item, jobcentre=jobcentre),
    st.sampled_from(["2021-06-01 09:00", "2021-06-13 09:00", "2021-06-20 09:00", "2021-08-20 09:00"]),
    st.sampled_from([COOK, WAITER, HERMIT]),
    st.sampled_from(AREAS),
    st.sampled_from(["s.1", "s.2", "s-t.1", "s"]),
    st.sampled_from([None, "jobcentre-1", "jobcentre-2"]),
)
STEPS = st.lists(
    st.one_of(FACTS_OF_ONE, FACTS_OF_ONE, ANY_FACT, st.sampled_from(DAYS), st.sampled_from([TABLE, OTHER_TABLE])),
    max_size=20,
)


@given(STEPS, st.sampled_from([None, TABLE]))
def test_with_the_index_of_a_long_life_all_is_decided_as_with_one_made_anew_for_each_fact(
    steps: list[Any], table: Any
) -> None:
    anew, lasting = Playbook(decision, table), Lasting(decision, table)
    for step in steps:
        for book in (anew, lasting):
            if isinstance(step, TitleHeldRecorded) or hasattr(step, "occurred_at"):
                book.fact(step)
            elif isinstance(step, str):
                book.day(max(date.fromisoformat(step), book.today or date.min))
            else:
                book.refer(step, waking=step is TABLE)
        assert lasting.produced == anew.produced
        for key, subject in anew.subjects.items():
            assert lasting.state(key) == subject.state
            assert _written(lasting.state(key)) == _written(subject.state)


def _written(state: HeldTitles | None) -> str | None:
    return None if state is None else state.model_dump_json(exclude_defaults=True)


def facts(count: int, at: str, first: int = 0) -> list[TitleHeldRecorded]:
    """Facts of one employer about so many items, none twice, in no order of theirs."""
    begin = moment(at)
    return [
        wish(
            at, (COOK, WAITER, HERMIT)[n % 3], holder=EMPLOYER, holder_kind="employer", area=AREAS[n % 4],
            item=f"{n * 7919 % 10_007:05}.{n % 7}",
        ).but(occurred_at=begin + timedelta(seconds=n))
        for n in range(first, first + count)
    ]  # fmt: skip


@pytest.mark.parametrize("at", ["2021-06-01 08:00", "2021-06-13 08:00", "2021-06-20 08:00"])
@pytest.mark.parametrize("today", [None, date(2021, 6, 20)])
def test_a_fact_of_a_holder_with_ten_times_as_many_titles_takes_no_more_steps(at: str, today: date | None) -> None:
    few, many = (steps_of(titles, at, today) for titles in (200, 2_000))
    assert many < 1.5 * few


def steps_of(titles: int, at: str, today: date | None) -> int:
    """Calls of functions that 100 facts take of a holder with so many titles, however fast the machine is."""
    subject: Subject[HeldTitles] = Subject(decision, None, b"", TABLE)
    made = facts(titles + 100, at)
    calls = 0

    def count(_frame: Any, event: str, _of: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    for number, fact in enumerate(made):
        if number == titles:
            sys.setprofile(count)
        try:
            subject.apply(fact, number.to_bytes(16), today)
        finally:
            if number == len(made) - 1:
                sys.setprofile(None)
    return calls


def full() -> HeldTitles:
    titles = [
        HeldTitle(area="adverts", item=f"{n:05}", scheme="esco-star", title=NEW_COOK, status="chosen")
        for n in range(MOST_OF_A_HOLDER)
    ]
    return HeldTitles(holder=EMPLOYER, titles=tuple(titles))


def test_a_holder_of_20_000_titles_gets_no_other_item_but_whatever_is_there_goes_on() -> None:
    at, state = "2021-06-01 08:00", full()
    one = {"holder": EMPLOYER, "holder_kind": "employer", "area": "adverts"}
    assert not state.has_room(wish(at, COOK, item="new", **one))
    assert not state.has_room(asks_for(at, item="new", **one))
    assert state.has_room(wish(at, COOK, item="00007", **one))
    assert state.has_room(asks_for(at, item="00007", **one))
    assert state.has_room(wish(at, COOK, item="new", removed=True, **one))
    assert HeldTitles(holder=EMPLOYER, titles=state.titles[1:]).has_room(wish(at, COOK, item="new", **one))
