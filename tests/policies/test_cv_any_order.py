"""CV-1, CV-2: topics have no common order, and neither have citizens; the outcome does not depend on it."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from schemas.cv import EXEMPTIONS, TARGET_GROUPS, CvExemptionRecorded, SituationRecorded
from schemas.dates import midnight
from schemas.event import Event
from schemas.notices import NoticeIssued
from streams.cv_requirement import decision
from streams.policies.cv_state import CvDuties
from tests.stories.playbook import Playbook

FIRST_DAY, DAYS = date(2021, 6, 10), 12
CITIZENS = ("citizen-1", "citizen-2", "citizen-3")
LAST_DAY = FIRST_DAY + timedelta(days=3 * DAYS)

days = st.integers(0, DAYS).map(lambda n: FIRST_DAY + timedelta(days=n))
moments = st.builds(lambda day, minute: midnight(day) + timedelta(minutes=minute), days, st.integers(0, 23 * 60))
situations = st.builds(
    SituationRecorded,
    occurred_at=moments,
    citizen=st.sampled_from(CITIZENS),
    target_group=st.sampled_from(TARGET_GROUPS),
    jobcentre=st.sampled_from(["jobcentre-1", "jobcentre-2"]),
    fund=st.sampled_from([None, "fund-1", "fund-2"]),
    initial=st.booleans(),
)


@st.composite
def exemptions(draw: st.DrawFn) -> CvExemptionRecorded:
    first_day = draw(days)
    return CvExemptionRecorded(
        occurred_at=draw(moments),
        citizen=draw(st.sampled_from(CITIZENS)),
        exemption=draw(st.sampled_from(["a", "b", "c"])),
        kind=draw(st.sampled_from(EXEMPTIONS)),
        first_day=first_day,
        last_day=draw(st.none() | st.integers(0, 6).map(lambda n: first_day + timedelta(days=n))),
        withdrawn=draw(st.booleans()),
        initial=draw(st.booleans()),
    )


facts = st.lists(situations | exemptions(), max_size=20, unique_by=lambda fact: fact.model_dump_json()).map(
    lambda some: sorted(some, key=lambda fact: fact.occurred_at)
)


def played(facts: list[Event], *, days_held: bool = True) -> Playbook[CvDuties]:
    """The facts in the order given; with `days_held` every day begins when all facts before it have been read."""
    book = Playbook(decision)
    for day, of_day in groupby(facts, key=lambda fact: fact.day):
        if days_held:
            book.day(day)
        for fact in of_day:
            book.fact(fact)
    return book.day(LAST_DAY)


def by_citizen(book: Playbook[CvDuties]) -> dict[str, list[tuple[Event, bytes]]]:
    return {name: [(each.event, each.id) for each in book.produced if each.event.key == name] for name in CITIZENS}


@given(facts, st.randoms(use_true_random=False))
def test_how_citizens_interleave_and_when_days_begin_changes_nothing_for_any_of_them(
    facts: list[Event], turns: Random
) -> None:
    with_days, without_days = (
        by_citizen(played(facts)),
        by_citizen(played(merged(facts, turns, key_of), days_held=False)),
    )
    for name in CITIZENS:
        alone = by_citizen(played([fact for fact in facts if fact.key == name]))[name]
        assert alone == with_days[name] == without_days[name]


@given(facts)
def test_the_same_record_twice_is_the_same_record_once(facts: list[Event]) -> None:
    once, twice = Playbook(decision), Playbook(decision)
    for fact in facts:
        once.fact(fact)
        twice.fact(fact).fact(fact)
        assert twice.state(fact.key) == once.state(fact.key)
    assert by_citizen(twice) == by_citizen(once)


@given(facts, st.randoms(use_true_random=False))
def test_the_facts_of_a_day_give_the_same_state_whichever_topic_is_read_first(
    facts: list[Event], turns: Random
) -> None:
    mixed: list[Event] = []
    for _, of_day in groupby(facts, key=lambda fact: fact.day):
        mixed.extend(merged(list(of_day), turns, topic_of))
    one, other = played(facts), played(mixed)
    assert {name: one.state(name) for name in one.subjects} == {name: other.state(name) for name in other.subjects}


@given(facts, st.permutations(range(20)))
def test_in_whichever_order_facts_are_read_the_last_recorded_ones_count(facts: list[Event], order: list[int]) -> None:
    """Of two of one moment the later on the topic counts, so moments are made different here."""
    apart = [fact.but(occurred_at=fact.occurred_at + timedelta(seconds=n)) for n, fact in enumerate(facts)]
    shuffled = [apart[n] for n in order if n < len(apart)]
    as_recorded, late = played(apart), played(shuffled, days_held=False)
    assert {name: standing(as_recorded.state(name)) for name in as_recorded.subjects} == {
        name: standing(late.state(name)) for name in late.subjects
    }


@given(facts)
def test_whatever_happens_each_change_begins_where_the_last_one_left_off(facts: list[Event]) -> None:
    for name, said in by_citizen(played(facts)).items():
        changes = [event.__dict__ for event, _ in said if event.SCHEMA == "cv-requirement-changed.v1"]
        for last, this in zip([{}, *changes], changes, strict=False):
            assert this["must_register_before"] == last.get("must_register", False), name
            assert this["must_be_searchable_before"] == last.get("must_be_searchable", False), name
            assert this["from_day"] >= last.get("from_day", FIRST_DAY), name
            assert this["must_register"] or not this["must_be_searchable"], name


@given(facts)
def test_whatever_happens_nobody_is_told_twice_of_one_moment(facts: list[Event]) -> None:
    told = [
        (each.cause, each.event.recipient) for each in played(facts).produced if isinstance(each.event, NoticeIssued)
    ]
    assert len(told) == len(set(told))


def standing(state: CvDuties | None) -> tuple[object, ...]:
    """All that a citizen's facts decide, without how it came to it."""
    assert state is not None
    return {*state.exemptions}, state.but(exemptions=(), as_of=LAST_DAY)


def key_of(fact: Event) -> str:
    return fact.key


def topic_of(fact: Event) -> str:
    return fact.SCHEMA


def merged(facts: list[Event], turns: Random, queue_of: Callable[[Event], str]) -> list[Event]:
    """The same facts, each queue in its own order, the queues mixed anew."""
    queues: dict[str, list[Event]] = {}
    for fact in facts:
        queues.setdefault(queue_of(fact), []).append(fact)
    order = [queue_of(fact) for fact in facts]
    turns.shuffle(order)
    return [queues[queue].pop(0) for queue in order]
