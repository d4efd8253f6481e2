"""The demo's account of referrals: it reconciles when the database judges rightly, and says so when it does not."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

import pytest
from psycopg import Connection

from consumers import journal, referral_register
from infra.demo.report_access import access
from infra.engine.record import IncomingEvent
from schemas.event import Event
from schemas.ids import slice_of
from schemas.referrals import ProviderRecorded, ReferralRecorded
from schemas.topic import SLICES
from streams.referrals import decision
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import incoming_events
from tests.producers.test_made_up_access import facts
from tests.stories.playbook import Playbook


@pytest.fixture
def played(database: str) -> Iterator[Connection]:
    """The made-up referrals of some weeks, in the register, and what was decided on them, in the journal."""
    with slice_connection(database) as connection, connection.transaction():
        book = Playbook(decision)
        recorded = [fact for _, some in facts(2021) for fact in some]
        for _, batch in groupby(recorded, key=lambda fact: (type(fact), slice_of(fact.key.encode(), SLICES))):
            referral_register.apply(connection, incoming_events(*batch))
        for fact in recorded:
            if isinstance(fact, ReferralRecorded):
                book.fact(fact)
        journal.apply(connection, _journalled(recorded, book.day(date(2021, 6, 28) + timedelta(days=400))))
    with slice_connection(database) as connection:
        yield connection


def _journalled(recorded: list[Event], book: Playbook) -> list[IncomingEvent]:  # type: ignore[type-arg] # any state
    known = [fact for fact in recorded if not isinstance(fact, ProviderRecorded)]
    return [*incoming_events(*known), *incoming_events(*book.outputs)]


def test_the_account_adds_up_and_shows_every_requirement(played: Connection) -> None:
    account = access(played)
    assert account.faults == []
    assert account.ids == ["ACC-1", "ACC-2", "ACC-3"]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (
            "create or replace function access.may_read(reader text, about text, by text default null) returns boolean"
            " language sql security definer return true",
            "too many",
        ),
        ("update access.referral set reach = 'withheld'", "No citizens whose profile shows one."),
        ("create or replace view access.now as select moment, moment::date as today from access.clock", "too few"),
    ],
)
def test_the_account_says_what_does_not_add_up(played: Connection, broken: str, told: str) -> None:
    played.execute(broken.encode())
    assert any(told in fault for fault in access(played).faults)
