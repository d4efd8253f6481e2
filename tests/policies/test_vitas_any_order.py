"""VIT-2, VIT-3: topics have no common order; how a user stands does not depend on it, and is what a calendar shows."""

from datetime import date, timedelta
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.dates import add_months, midnight, next_day
from schemas.event import Event
from schemas.logins import LoginRecorded
from schemas.vitas_users import VitasUserChanged, VitasUserReactivatedRecorded, VitasUserRecorded
from streams.policies.vitas_state import CLEAN_UP, VitasUser
from streams.vitas_users import decision
from tests.login_builders import USER
from tests.stories.playbook import Playbook

FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2025, 1, 1)

days = st.builds(
    lambda months, days: add_months(FIRST_DAY, months) + timedelta(days=days), st.integers(0, 66), st.integers(0, 3)
)
moments = days.map(lambda day: midnight(day) + timedelta(hours=9))
logins = st.lists(st.builds(LoginRecorded, occurred_at=moments, user=st.just(USER), system=st.just("vitas")))
reactivations = st.lists(st.builds(VitasUserReactivatedRecorded, occurred_at=moments, user=st.just(USER)), max_size=3)


@st.composite
def records(draw: st.DrawFn) -> list[VitasUserRecorded]:
    """In one order, as on their topic; the first one is there always."""
    drawn = [
        VitasUserRecorded(
            occurred_at=moment,
            user=USER,
            created_on=moment.date() - timedelta(days=draw(st.integers(0, 900))),
            jobcentre=draw(st.sampled_from(["jobcentre-1", "jobcentre-2"])),
        )
        for moment in draw(st.lists(moments, min_size=1, max_size=3))
    ]
    return sorted(drawn, key=lambda record: record.occurred_at)


def merged(topics: list[list[Event]], turns: Random) -> list[Event]:
    """One interleaving that keeps the order within each topic; logins and re-activations may come in any."""
    left = [list(topic) for topic in topics if topic]
    out = []
    while left:
        topic = turns.choice(left)
        out.append(topic.pop(0))
        left = [each for each in left if each]
    return out


def played(facts: list[Event], today: date | None = None) -> Playbook[VitasUser]:
    """Told before any day has begun, or all of them late, on `today`; then the calendar runs on."""
    book = Playbook(decision)
    if today is not None:
        book.day(today)
    for fact in facts:
        book.fact(fact)
    return book.day(LAST_DAY)


def by_the_calendar(topics: list[list[Event]]) -> tuple[date, bool]:
    """The day of inactivation, and whether it has come, as one sees who walks through the days that count."""
    facts = [fact for topic in topics for fact in topic]
    told = [fact for fact in facts if isinstance(fact, VitasUserRecorded)]
    renewed = {fact.created_on for fact in told}
    renewed |= {fact.day for fact in facts if isinstance(fact, VitasUserReactivatedRecorded)}
    logins = {fact.day for fact in facts if isinstance(fact, LoginRecorded)}
    due = CLEAN_UP.from_day
    for day in sorted(renewed | logins):
        if day in renewed or day < due:
            due = max(due, add_months(day, 18), next_day(told[0].day))
    return due, due <= LAST_DAY


def known_of(state: VitasUser | None) -> tuple[object, ...]:
    """What a user's state says, also of what may still arrive: `later` may name other days that come to the same."""
    assert state is not None
    reached = [
        state.known(LAST_DAY, counts_from=add_months(FIRST_DAY, months), logins=()).inactive_on for months in range(72)
    ]
    return state.model_copy(update={"later": (), "later_before": ()}), reached


@given(logins, reactivations, records(), st.randoms(use_true_random=False))
@example(
    logins=[
        LoginRecorded(occurred_at=midnight(day), user=USER, system="vitas")
        for day in (date(2021, 7, 2), date(2021, 7, 3), date(2023, 1, 1), date(2021, 7, 1))
    ],
    reactivations=[],
    records=[
        VitasUserRecorded(
            occurred_at=midnight(FIRST_DAY), user=USER, created_on=FIRST_DAY, jobcentre="jobcentre-1", company=None
        )
    ],
    turns=Random(1),
)
def test_every_interleaving_told_early_or_late_ends_as_the_calendar_shows(
    logins: list[Event], reactivations: list[Event], records: list[Event], turns: Random
) -> None:
    topics = [logins, reactivations, records]
    ends = [
        played(merged(topics, turns)),
        played(merged(topics, turns), LAST_DAY),
        played(merged(topics, turns), date(2022, 2, 1)),
        played(sorted(merged(topics, turns), key=lambda fact: fact.day)),
    ]
    states = [end.state(USER) for end in ends]
    assert states[0] is not None
    assert all(known_of(state) == known_of(states[0]) for state in states)
    assert (states[0].inactive_on, states[0].inactive) == by_the_calendar(topics)
    for end in ends:
        shown = [event for event in end.outputs if isinstance(event, VitasUserChanged)][-1]
        assert shown.active is not states[0].inactive
        assert shown.jobcentre == states[0].jobcentre
        assert shown.active or shown.since == states[0].inactive_on


@given(logins, reactivations, records(), st.randoms(use_true_random=False))
def test_the_same_record_twice_is_the_same_record_once(
    logins: list[Event], reactivations: list[Event], records: list[Event], turns: Random
) -> None:
    facts = merged([logins, reactivations, records], turns)
    once = played(facts)
    twice = played([fact for fact in facts for _ in range(2)])
    assert twice.outputs == once.outputs
    assert twice.state(USER) == once.state(USER)
