"""ACC-1 … ACC-3: whatever is recorded, and whenever one asks, the database answers as a model of a few lines says."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection
from psycopg_pool import ConnectionPool

from consumers.admin.provider_gateway import as_provider, open_gateway
from schemas.dates import copenhagen_day, midnight
from schemas.referrals import AccessChanged, ReferralRecorded
from streams.policies.access import Referrals
from streams.referrals import decision
from tests.access_builders import OTHER, PROVIDER
from tests.consumers.access_lab import MICROSECOND, admitted, applied, gateway_account, seen, set_clock
from tests.consumers.batches import slice_connection
from tests.stories.playbook import Playbook

FIRST_DAY, DAYS = date(2022, 3, 20), 14
"""The clocks change on 27 March."""
CITIZENS = ("citizen-1", "citizen-2")

days = st.integers(0, DAYS).map(lambda n: FIRST_DAY + timedelta(days=n))
moments = st.builds(lambda day, off: midnight(day) + off * MICROSECOND, days, st.sampled_from([-1, 0, 1]))


@st.composite
def referrals(draw: st.DrawFn) -> ReferralRecorded:
    first_day, citizen = draw(days), draw(st.sampled_from(CITIZENS))
    return ReferralRecorded(
        occurred_at=midnight(FIRST_DAY) - timedelta(days=1),
        citizen=citizen,
        record=f"{citizen}-{draw(st.sampled_from('abc'))}",
        provider=draw(st.sampled_from((PROVIDER, OTHER))),
        first_day=first_day,
        last_day=first_day + timedelta(days=draw(st.integers(0, 6))),
        cancelled_on=draw(st.none() | days),
    )


def model(facts: Sequence[ReferralRecorded], withheld: str, provider: str, moment: datetime) -> set[tuple[str, str]]:
    """The (record, citizen) that the provider may read: the last fact of each record decides."""
    last = {fact.record: fact for fact in facts}
    today = copenhagen_day(moment)
    return {
        (fact.record, fact.citizen)
        for fact in last.values()
        if fact.provider == provider
        and fact.record != withheld
        and fact.first_day <= today <= fact.last_day
        and (fact.cancelled_on is None or today < fact.cancelled_on)
    }


def test_acc_3_the_database_answers_as_the_model_says_at_every_moment_over_one_shared_connection(
    database: str,
) -> None:
    with (
        slice_connection(database) as owner,
        admitted(owner),
        gateway_account(owner) as dsn,
        open_gateway(dsn, 1) as pool,
    ):
        _probe(owner, pool)


def _probe(owner: Connection, pool: ConnectionPool) -> None:
    calm = [HealthCheck.too_slow]

    @settings(max_examples=120, deadline=None, suppress_health_check=calm)
    @given(
        st.lists(referrals(), max_size=10),
        st.integers(0, 10),
        st.sampled_from(["none", *(f"{citizen}-{n}" for citizen in CITIZENS for n in "abc")]),
        st.lists(moments, min_size=2, max_size=6).map(sorted),
    )
    def answers(facts: list[ReferralRecorded], cut: int, withheld: str, asked: list[datetime]) -> None:
        owner.execute("delete from access.referral")
        for batch in (facts[:cut], facts[cut:]):
            applied(owner, *batch)
        owner.execute("update access.referral set reach = 'withheld' where record = %s", (withheld,))
        for provider in (PROVIDER, OTHER):
            set_clock(owner, asked[0])
            with pool.connection() as connection, as_provider(connection, provider) as reader:  # before every midnight
                for moment in asked:
                    set_clock(owner, moment)
                    expected = model(facts, withheld, provider, moment)
                    found = reader.execute("select record, citizen from provider.referral").fetchall()
                    assert sorted(found) == sorted(expected)
        for moment in asked:
            set_clock(owner, moment)
            profile = "select record || provider from access.profile where referred_now"
            models = [(model(facts, withheld, name, moment), name) for name in (PROVIDER, OTHER)]
            assert sorted(seen(owner, profile)) == sorted(r + name for some, name in models for r, _ in some)
        if withheld == "none":
            _record_agrees(owner, facts)

    answers()


def _record_agrees(owner: Connection, facts: Sequence[ReferralRecorded]) -> None:
    """What the decision puts on record is what the table gives, on every day."""
    book: Playbook[Referrals] = Playbook(decision)
    for fact in facts:
        book.fact(fact)
    for n in range(DAYS + 8):
        today = FIRST_DAY + timedelta(days=n)
        is_open: set[str] = set()
        for event in book.day(today).outputs:
            assert isinstance(event, AccessChanged)
            is_open ^= {f"{event.citizen} {event.provider}"}
        set_clock(owner, midnight(today))
        assert set(seen(owner, "select citizen || ' ' || provider from access.profile where referred_now")) == is_open
