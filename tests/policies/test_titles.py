"""What holds of the title decision whatever happens, in whatever order."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from schemas.cv import SituationRecorded
from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.texts import TEXTS, said
from schemas.texts.text import NOTHING
from schemas.title_choice import TitleChosen
from schemas.title_table import TitleOutcome
from schemas.titles import TitleHeldRecorded, TitleReplaced
from streams.policies.title_areas import AREAS
from streams.policies.titles import HeldTitles, decide, wake
from streams.titles import decision
from tests.builders import situation
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    LAMPLIGHTER,
    NEW_COOK,
    NEW_HEAD_COOK,
    OUTCOMES,
    TABLE,
    WAITER,
    asks_for,
    asks_for_old,
    choice,
    corrected,
    free_text,
    reconversion,
    request,
    wish,
)

OLD = st.sampled_from([COOK, WAITER, HERMIT, LAMPLIGHTER])
ITEMS = st.fixed_dictionaries(
    {
        "area": st.sampled_from([area.code for area in AREAS]),
        "item": st.sampled_from(["1", "2"]),
        "holder": st.sampled_from(["citizen-1", "citizen-2"]),
    }
)
OTHER_TABLE = corrected(
    _9999001=TitleOutcome("converted", "TIT-2", title=NEW_COOK, label="Eremit"),
    _5120001=TitleOutcome("retired", "TIT-2", label="Kok"),
)


def held(at: st.SearchStrategy[str]) -> st.SearchStrategy[TitleHeldRecorded]:
    return st.one_of(
        st.builds(lambda at, title, item: wish(at, title, **item), at, OLD, ITEMS),
        st.builds(lambda at, title, item: wish(at, title, alias="(gourmet)", **item), at, OLD, ITEMS),
        st.builds(lambda at, title, item: wish(at, title, removed=True, **item), at, OLD, ITEMS),
        st.builds(lambda at, item: choice(at, NEW_COOK, **item), at, ITEMS),
        st.builds(lambda at, item: free_text(at, "Kok", **item), at, ITEMS),
    )


def situations(at: st.SearchStrategy[str]) -> st.SearchStrategy[SituationRecorded]:
    return st.builds(
        lambda at, group, citizen: situation(at, target_group=group, citizen=citizen),
        at,
        st.sampled_from(["job-ready", "employed"]),
        st.sampled_from(["citizen-1", "citizen-2"]),
    )


BEFORE = st.sampled_from(["2021-06-01 10:00", "2021-06-11 23:59"])
ANY_DAY = st.sampled_from(
    ["2021-06-11 10:00", "2021-06-12 00:00", "2021-06-13 12:00", "2021-06-14 08:00", "2021-09-20 08:00"]
)
ANY_FACT = st.one_of(
    held(ANY_DAY),
    situations(ANY_DAY),
    st.builds(lambda at, item: reconversion(at, "retired", **item), ANY_DAY, ITEMS),
    st.builds(lambda at, item: reconversion(at, "converted", NEW_HEAD_COOK, **item), ANY_DAY, ITEMS),
    st.builds(request, ANY_DAY),
    st.builds(lambda at, item: asks_for(at, NEW_COOK, **item), ANY_DAY, ITEMS),
    st.builds(lambda at, title, item: asks_for_old(at, title, **item), ANY_DAY, OLD, ITEMS),
)


def by_holder(events: list[Event]) -> dict[str, list[Event]]:
    return {key: [event for event in events if event.key == key] for key in {event.key for event in events}}


@given(st.lists(held(BEFORE), max_size=6), st.lists(situations(BEFORE), max_size=3), st.data())
def test_in_whatever_order_the_topics_and_holders_interleave_before_the_wave_the_outcome_is_the_same(
    titles: list[TitleHeldRecorded], people: list[SituationRecorded], data: st.DataObject
) -> None:
    one = Playbook(decision, TABLE)
    for fact in (*titles, *people):
        one.fact(fact)
    other = Playbook(decision, TABLE)
    queues: list[list[Event]] = [list(queue) for part in (titles, people) for queue in by_holder([*part]).values()]
    while queues := [queue for queue in queues if queue]:
        other.fact(data.draw(st.sampled_from(queues)).pop(0))
    one.day("2021-12-31")
    other.day("2021-12-31")
    assert by_holder(one.outputs) == by_holder(other.outputs)
    assert {key: subject.state for key, subject in one.subjects.items()} == {
        key: subject.state for key, subject in other.subjects.items()
    }


@given(st.lists(ANY_FACT, max_size=8))
def test_every_fact_twice_gives_the_same_state_as_once(facts: list[Event]) -> None:
    once, twice = Playbook(decision, TABLE), Playbook(decision, TABLE)
    for fact in facts:
        once.fact(fact)
        twice.fact(fact).fact(fact)
        assert once.state(fact.key) == twice.state(fact.key)


@given(st.lists(ANY_FACT, max_size=8), st.sampled_from(["2021-06-12", "2021-06-14", "2021-09-18", "2021-10-01"]))
def test_a_day_that_comes_twice_and_a_table_announced_twice_change_nothing(facts: list[Event], day: str) -> None:
    book = Playbook(decision, TABLE)
    for fact in facts:
        book.fact(fact)
    book.day(day).refer(OTHER_TABLE).new_outputs()
    before = {key: subject.state for key, subject in book.subjects.items()}
    assert book.refer(OTHER_TABLE).new_outputs() == []
    assert {key: subject.state for key, subject in book.subjects.items()} == before


@given(st.lists(ANY_FACT, max_size=8))
def test_tit_9_no_state_and_no_public_output_names_a_title_that_was_replaced(facts: list[Event]) -> None:
    book = Playbook(decision, TABLE)
    for fact in facts:
        book.fact(fact)
    book.day("2021-12-31")
    for event in book.outputs:
        if not isinstance(event, TitleReplaced | TitleChosen):  # which are internal
            assert not any(code in event.model_dump_json() for code in OUTCOMES)
    for subject in book.subjects.values():
        for title in subject.state.titles if subject.state else ():
            assert title.scheme == "esco-star" or title.asked  # a title not yet replaced is its holder's current data
            assert title.status not in ("converted", "chosen") or title.title not in OUTCOMES


@given(st.lists(ANY_FACT, max_size=8))
def test_every_notice_has_a_text_for_all_its_details_and_none_goes_out_before_14_june(facts: list[Event]) -> None:
    book = Playbook(decision, TABLE)
    for fact in facts:
        book.fact(fact)
    for event in book.day("2021-12-31").outputs:
        if isinstance(event, NoticeIssued):
            text, version = said(event.reason, event.from_day, event.details)
            assert not {*"{[", NOTHING} & {*text}
            assert version == TEXTS[event.reason].version
            assert event.day >= date(2021, 6, 14)


def test_on_the_eve_of_the_wave_nothing_changes_and_on_its_day_it_does() -> None:
    state, out = decide(None, wish("2021-06-11 23:59", COOK), TABLE, date(2021, 6, 11))
    assert isinstance(state, HeldTitles)
    assert (list(out), state.wakes_on) == ([], date(2021, 6, 12))
    assert wake(state, date(2021, 6, 11), TABLE, date(2021, 6, 11)) == (state, [])
    _, out = wake(state, date(2021, 6, 12), TABLE, date(2021, 6, 12))
    assert len(out) == 2
