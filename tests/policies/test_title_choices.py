"""Which titles may be chosen, on both sides of each wave, and in whatever order choices and facts are read (TIT-8)."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Event
from schemas.title_choice import TitleChoiceAnswered, TitleChosen
from streams.policies.title_areas import AREAS, Area
from streams.policies.title_choices import CHOICES
from streams.titles import decision
from tests.builders import CITIZEN
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    NEW_COOK,
    NEW_WAITER,
    TABLE,
    asks_for,
    asks_for_old,
    choice,
    choice_answer,
    wish,
)

EVE, DAY = {1: "2021-06-11 23:59", 2: "2021-09-17 23:59"}, {1: "2021-06-12 00:00", 2: "2021-09-18 00:00"}


def answers(*asked: Event, table: Any = TABLE) -> list[bool]:
    """Whether each was granted; what is granted is chosen, and nothing else is."""
    book = Playbook(decision, table)
    for event in asked:
        book.fact(event)
    given_ = [event for event in book.outputs if isinstance(event, TitleChoiceAnswered)]
    chosen = [event.request for event in book.outputs if isinstance(event, TitleChosen)]
    assert chosen == [event.request for event in given_ if event.granted]
    return [event.granted for event in given_]


def test_every_case_of_day_and_classification_is_one_row() -> None:
    rows = [(row.wave_has_come, row.scheme) for row in CHOICES]
    assert sorted(rows) == sorted(product((False, True), ("discoams08", "esco-star")))


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.code)
def test_tit_8_until_the_eve_of_its_wave_an_area_takes_old_titles_and_from_the_day_on_new_ones(area: Area) -> None:
    fields = {"area": area.code, "holder_kind": area.holder}
    for at, old_one, new_one in ((EVE[area.wave], True, False), (DAY[area.wave], False, True)):
        asked = [asks_for_old(at, title, request=title, **fields) for title in (COOK, HERMIT, "0000000")]
        assert answers(*asked) == [old_one] * 3
        assert answers(asks_for(at, **fields)) == [new_one]


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.code)
@pytest.mark.parametrize("days", [EVE, DAY], ids=["eve", "day"])
def test_a_choice_in_an_area_of_other_holders_is_refused_and_leaves_no_state(area: Area, days: dict[int, str]) -> None:
    other = "employer" if area.holder == "citizen" else "citizen"
    book = Playbook(decision, TABLE)
    for asks in (asks_for_old, asks_for):
        request = asks(days[area.wave], area=area.code, holder_kind=other)
        assert book.fact(request).new_outputs() == [choice_answer(request, "title-choice-refused-not-yours", "TIT-1")]
    assert book.state(CITIZEN) is None


def test_from_the_wave_on_a_title_must_be_one_that_the_table_in_use_has() -> None:
    after = "2021-07-01 10:00"
    assert answers(asks_for(after, NEW_COOK), asks_for(after, COOK), asks_for(after, "9.9")) == [True, False, False]
    assert answers(asks_for(after, NEW_COOK), table=None) == [False]


STEPS = st.lists(
    st.tuples(
        st.sampled_from([wish, choice, asks_for, asks_for_old]),
        st.sampled_from(["2021-06-11", "2021-06-12", "2021-06-20"]),
        st.sampled_from([COOK, HERMIT]),
        st.sampled_from([NEW_COOK, NEW_WAITER]),
        st.sampled_from(["w1", "w2"]),
    ),
    max_size=6,
)


def events(steps: Sequence[Any]) -> list[Event]:
    """Facts and requests in order of time, each with a title of its own classification."""
    made = []
    for minute, (make, at, old, new, item) in enumerate(sorted(steps, key=lambda step: step[1])):
        title = old if make in (wish, asks_for_old) else new
        made.append(make(f"{at} 09:{minute:02}", title, item=item))
    return made


@given(STEPS, st.data())
def test_in_whatever_order_choices_and_facts_of_a_citizen_are_read_the_same_titles_are_held(
    steps: list[Any], data: st.DataObject
) -> None:
    in_time = events(steps)
    one, other = Playbook(decision, TABLE), Playbook(decision, TABLE)
    for event in in_time:
        one.fact(event)
    queues = [[event for event in in_time if ("request" in event.SCHEMA) == asked] for asked in (True, False)]
    while queues := [queue for queue in queues if queue]:
        other.fact(data.draw(st.sampled_from(queues)).pop(0))

    def held(book: Playbook[Any]) -> list[Any]:
        state = book.day("2021-12-31").state(CITIZEN) if book.subjects else None
        return [(title.item, title.scheme, title.title, title.asked) for title in state.titles] if state else []

    assert held(one) == held(other)
