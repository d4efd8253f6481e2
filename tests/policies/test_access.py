"""ACC-1, ACC-3: both sides of every boundary of a window, and that no order of citizens or days changes it."""

from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.dates import midnight
from schemas.referrals import AccessChanged, ReferralRecorded
from streams.policies.access import Referrals, decide
from streams.referrals import decision
from tests.access_builders import OTHER, PROVIDER, opened, referral
from tests.builders import CITIZEN, situation
from tests.stories.playbook import Playbook

WINDOWS = [
    # first day, last day, cancelled on, last day of access
    ("2021-06-14", "2021-06-30", None, "2021-06-30"),
    ("2021-06-14", "2021-06-14", None, "2021-06-14"),
    ("2021-06-14", "2021-06-30", "2021-06-30", "2021-06-29"),
    ("2021-06-14", "2021-06-30", "2021-07-01", "2021-06-30"),
    ("2021-06-14", "2021-06-30", "2021-07-02", "2021-06-30"),
    ("2021-06-14", "2021-06-30", "2021-06-15", "2021-06-14"),
    ("2021-06-14", "2021-06-30", "2021-06-14", None),
    ("2021-06-14", "2021-06-30", "2021-06-01", None),
    ("2021-03-28", "2021-10-31", None, "2021-10-31"),
    ("2021-10-31", "2022-03-27", "2022-03-27", "2022-03-26"),
    ("2022-10-30", "2024-03-01", "2024-03-01", "2024-02-29"),
]


@pytest.mark.parametrize(("first_day", "last_day", "cancelled_on", "ends"), WINDOWS)
def test_access_is_open_on_the_first_and_last_day_and_on_neither_neighbour(
    first_day: str, last_day: str, cancelled_on: str | None, ends: str | None
) -> None:
    fact = referral("2021-01-01", first_day, last_day, cancelled_on=cancelled_on)
    first, last = date.fromisoformat(first_day), date.fromisoformat(ends or last_day)
    near = [each + timedelta(days=n) for each in (first, last) for n in (-1, 0, 1)]
    for day in near:
        state, _ = decide(None, fact.model_copy(update={"occurred_at": midnight(day)}))
        assert (state is not None and state.providers == (PROVIDER,)) == (ends is not None and first <= day <= last)


def test_a_period_must_end_and_not_before_it_begins_and_lie_within_years() -> None:
    referral("2021-06-14", "2021-06-14", "2021-06-14")
    for first_day, last_day in (
        ("2021-06-14", "2021-06-13"),
        ("1899-12-31", "2021-06-14"),
        ("2021-06-14", "2046-01-01"),
    ):
        with pytest.raises(ValidationError):
            referral("2021-06-14", first_day, last_day)
    with pytest.raises(ValidationError):
        ReferralRecorded.model_validate(
            referral("2021-06-14", "2021-06-14", "2021-06-14").model_dump() | {"last_day": None}
        )


@pytest.mark.parametrize("provider", ["", "-a", "Aa", "a_b", "a b", 'a"', "a\n", "æ", "a" * 41])
def test_what_cannot_name_a_role_is_no_provider(provider: str) -> None:
    with pytest.raises(ValidationError):
        referral("2021-06-14", "2021-06-14", "2021-06-14", provider=provider)


def test_the_decision_takes_referrals_only() -> None:
    with pytest.raises(TypeError, match="SituationRecorded"):
        decide(None, situation("2021-06-14"))


FIRST_DAY, DAYS = date(2021, 10, 20), 20
CITIZENS = ("citizen-1", "citizen-2")
days = st.integers(0, DAYS).map(lambda n: FIRST_DAY + timedelta(days=n))


@st.composite
def referrals(draw: st.DrawFn) -> ReferralRecorded:
    first_day, citizen = draw(days), draw(st.sampled_from(CITIZENS))
    return ReferralRecorded(
        occurred_at=midnight(draw(days)) + timedelta(minutes=draw(st.integers(0, 23 * 60))),
        citizen=citizen,
        record=f"{citizen}-{draw(st.sampled_from('ab'))}",
        provider=draw(st.sampled_from((PROVIDER, OTHER))),
        first_day=first_day,
        last_day=first_day + timedelta(days=draw(st.integers(0, 8))),
        cancelled_on=draw(st.none() | days),
    )


facts = st.lists(referrals(), max_size=12).map(lambda some: sorted(some, key=lambda fact: fact.occurred_at))


def by_citizen(
    facts: list[ReferralRecorded], *, days_held: bool = True
) -> dict[str, list[tuple[AccessChanged, bytes]]]:
    book: Playbook[Referrals] = Playbook(decision)
    for day, of_day in groupby(facts, key=lambda fact: fact.day):
        if days_held:
            book.day(day)
        for fact in of_day:
            book.fact(fact)
    book.day(FIRST_DAY + timedelta(days=2 * DAYS))
    said: dict[str, list[tuple[AccessChanged, bytes]]] = {name: [] for name in CITIZENS}
    for each in book.produced:
        assert isinstance(each.event, AccessChanged)
        said[each.event.citizen].append((each.event, each.id))
    return said


@given(facts)
def test_how_citizens_interleave_and_when_days_begin_changes_nothing(facts: list[ReferralRecorded]) -> None:
    together, apart = by_citizen(facts), by_citizen(facts, days_held=False)
    for name in CITIZENS:
        alone = by_citizen([fact for fact in facts if fact.citizen == name])[name]
        assert alone == together[name] == apart[name]


@given(facts)
def test_each_turn_turns_what_was_and_at_the_end_everything_is_closed(facts: list[ReferralRecorded]) -> None:
    for turns in by_citizen(facts).values():
        is_open: set[str] = set()
        for event, _ in turns:
            assert event.opened == (event.provider not in is_open)
            is_open ^= {event.provider}
        assert is_open == set()


@given(facts, st.permutations(range(12)))
def test_in_whichever_order_facts_are_read_the_last_recorded_ones_count(
    facts: list[ReferralRecorded], order: list[int]
) -> None:
    """Of two of one moment the later on the topic counts, so moments are made different here."""
    apart = [fact.but(occurred_at=fact.occurred_at + timedelta(seconds=n)) for n, fact in enumerate(facts)]
    books = []
    for some in (apart, [apart[n] for n in order if n < len(apart)]):
        books.append(book := Playbook(decision))
        for fact in some:
            book.fact(fact)
        book.day(FIRST_DAY + timedelta(days=2 * DAYS))
    one, other = books
    for name in one.subjects:
        known, late = one.state(name), other.state(name)
        assert known is not None
        assert late is not None
        assert ({*known.referrals}, known.providers) == ({*late.referrals}, late.providers)


def test_an_older_fact_opens_no_access_that_a_later_one_has_cancelled() -> None:
    period = ("2021-06-14", "2021-06-30")
    book = Playbook(decision).fact(referral("2021-06-15 09:00", *period, cancelled_on="2021-06-15"))
    book.fact(referral("2021-06-15 08:00", *period)).day("2021-06-20")
    assert book.produced == []
    book.fact(referral("2021-06-21 08:00", *period))
    assert [each.event for each in book.produced] == [opened("2021-06-21 08:00")]


def test_a_referral_that_is_over_is_remembered_for_400_days() -> None:
    book = Playbook(decision).fact(referral("2021-06-14 08:00", "2021-06-14", "2021-06-30")).day("2022-07-18")
    assert book.state(CITIZEN) is not None
    assert book.day("2022-07-19").state(CITIZEN) is None
