"""JKO-3: operators see who still uses JobKon, for 90 days after the last use."""

from collections.abc import Iterator
from datetime import date

import pytest
from psycopg import Connection, Rollback

from consumers.jobkon_usage import Usage, apply, usage
from infra.engine.record import IncomingEvent
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.event import Event
from schemas.topics import DAY_BEGUN, JOBKON_FUNCTION_ANSWERED
from tests.consumers.batches import slice_connection
from tests.jobkon_builders import answered

USED, OTHER_DAY = date(2021, 6, 14), date(2021, 6, 15)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def batch(*events: Event, slice_: int = 3) -> list[IncomingEvent]:
    return [
        IncomingEvent(
            DAY_BEGUN if isinstance(event, DayBegun) else JOBKON_FUNCTION_ANSWERED, n, bytes(16), event, slice=slice_
        )
        for n, event in enumerate(events)
    ]


def begun(day: str) -> DayBegun:
    when = date.fromisoformat(day)
    return DayBegun(occurred_at=midnight(when), day_begun=when, ends={})


def applied(connection: Connection, *events: Event, slice_: int = 3) -> None:
    with connection.transaction():
        apply(connection, batch(*events, slice_=slice_))


def test_jko_3_operators_see_each_users_last_granted_use_of_each_function_and_nothing_else(
    connection: Connection,
) -> None:
    applied(
        connection,
        answered("2021-06-14 08:00", "messages", granted=True),
        answered("2021-06-15 08:00", "messages", granted=True),
        answered("2021-06-14 08:00", "messages", granted=True, user="user-2"),
        answered("2022-01-01 08:00", "messages", granted=False, user="user-3"),
        answered("2021-06-14 08:00", "joblog-view", granted=True),
    )
    assert usage(connection) == [
        Usage("user-1", "joblog-view", USED),
        Usage("user-1", "messages", OTHER_DAY),
        Usage("user-2", "messages", USED),
    ]
    applied(connection, answered("2021-06-14 07:00", "messages", granted=True))
    applied(connection, answered("2021-06-15 07:00", "joblog-view", granted=True))
    assert usage(connection)[:2] == [
        Usage("user-1", "joblog-view", OTHER_DAY),
        Usage("user-1", "messages", OTHER_DAY),
    ]


def test_jko_3_a_use_is_forgotten_when_more_than_90_days_lie_behind_it_by_its_own_slice_alone(
    connection: Connection,
) -> None:
    applied(connection, answered("2021-06-14 08:00", "messages", granted=True))
    applied(connection, answered("2021-06-14 08:00", "messages", granted=True, user="user-2"), slice_=5)
    applied(connection, begun("2021-09-12"))
    assert len(usage(connection)) == 2
    applied(connection, begun("2021-09-13"))
    assert usage(connection) == [Usage("user-2", "messages", USED)]


def test_a_batch_of_refusals_alone_or_one_that_is_rolled_back_leaves_no_trace(connection: Connection) -> None:
    applied(connection, answered("2022-01-01 08:00", "messages", granted=False))
    with connection.transaction():
        apply(connection, batch(answered("2021-06-14 08:00", "messages", granted=True)))
        raise Rollback
    assert usage(connection) == []


def test_the_operator_reads_the_table_and_no_other_group_role_does(connection: Connection) -> None:
    readers = connection.execute(
        "select rolname from pg_roles where not rolsuper and not rolcanlogin and rolname not like 'pg\\_%'"
        " and has_table_privilege(rolname, 'jobkon.usage', 'select')"
    ).fetchall()
    assert readers == [("dfdg_operator",)]
