"""VIT-2: the list under user administration, on the real PostgreSQL: the topic's order per user is the truth."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from psycopg import Connection, Rollback

from consumers.vitas_list import Listed, apply, listed
from infra.engine.record import IncomingEvent
from schemas.event import Event
from schemas.ids import derived_id
from schemas.topics import VITAS_USER_CHANGED
from streams.vitas_users import decision
from tests.builders import JOBCENTRE, moment
from tests.consumers.batches import slice_connection
from tests.login_builders import listed as changed
from tests.login_builders import login, reactivated, recorded
from tests.stories.playbook import Playbook


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def incoming_events(*events: Event, first: int = 0) -> list[IncomingEvent]:
    return [
        IncomingEvent(VITAS_USER_CHANGED, offset, derived_id(b"%d" % offset, event.key.encode()), event)
        for offset, event in enumerate(events, first)
    ]


def applied(connection: Connection, *events: Event, first: int = 0) -> list[IncomingEvent]:
    batch = incoming_events(*events, first=first)
    with connection.transaction():
        apply(connection, batch)
    return batch


def rows(connection: Connection, columns: str = "*, uuid_send(event_id)") -> list[tuple[Any, ...]]:
    return connection.execute(f"select {columns} from vitas.user order by user_id").fetchall()


def test_vit_2_an_inactive_user_is_listed_for_its_jobcentre_kept_and_off_the_list_once_reactivated(
    connection: Connection,
) -> None:
    book = Playbook(decision).day("2021-06-14").fact(recorded("2021-06-14 08:00", "2020-02-01"))
    book.fact(recorded("2021-06-14 08:00", "2020-02-01", user="user-2", jobcentre="jobcentre-2"))
    applied(connection, *book.day("2021-07-31").new_outputs())
    assert listed(connection, JOBCENTRE) == []
    applied(connection, *book.day("2021-08-01").new_outputs(), first=10)
    assert listed(connection, JOBCENTRE) == [Listed("user-1", False, date(2021, 8, 1), None, "VIT-2")]
    assert [user.user for user in listed(connection, "jobcentre-2")] == ["user-2"]
    book.day("2022-01-03").fact(reactivated("2022-01-03 08:00")).fact(login("2021-07-31 08:00", user="user-2"))
    applied(connection, *book.new_outputs(), first=20)
    assert listed(connection, JOBCENTRE) == listed(connection, "jobcentre-2") == []
    assert listed(connection, JOBCENTRE, active_too=True) == [Listed("user-1", True, date(2022, 1, 3), None, "VIT-3")]
    assert len(rows(connection)) == 2


def test_a_change_is_one_row_and_a_later_batch_replaces_every_column_and_touches_nobody_else(
    connection: Connection,
) -> None:
    first = changed("2021-06-14 08:30", active=True, rule="VIT-2", company="company-1")
    applied(connection, first, first.model_copy(update={"user": "user-2"}))
    untouched = rows(connection)[1]
    (incoming,) = applied(
        connection, changed("2022-12-14", active=False, rule="VIT-3", jobcentre="jobcentre-2"), first=2
    )
    one, other = rows(connection, "user_id, active, since, jobcentre, company, changed_at, rule, uuid_send(event_id)")
    assert one == (
        *("user-1", False, date(2022, 12, 14), "jobcentre-2", None),
        *(moment("2022-12-14"), "VIT-3", incoming.id),
    )
    assert other[:5] == ("user-2", True, date(2021, 6, 14), JOBCENTRE, "company-1")
    assert rows(connection)[1] == untouched


def test_the_last_of_several_changes_in_a_batch_counts_even_if_its_time_is_earlier(connection: Connection) -> None:
    applied(
        connection,
        changed("2022-12-14", active=False, rule="VIT-2"),
        changed("2022-12-14", active=False, rule="VIT-2", user="user-2"),
        changed("2022-12-13 23:59", active=True, rule="VIT-3"),
    )
    assert rows(connection, "user_id, active, since") == [
        ("user-1", True, date(2022, 12, 13)),
        ("user-2", False, date(2022, 12, 14)),
    ]


def test_the_longest_inactive_come_first_and_the_active_last(connection: Connection) -> None:
    days = {"user-1": "2022-12-14", "user-2": "2021-06-14", "user-3": "2021-06-14"}
    applied(connection, *(changed(day, active=False, rule="VIT-2", user=user) for user, day in days.items()))
    applied(connection, changed("2021-01-01", active=True, rule="VIT-2", user="user-0"), first=3)
    assert [user.user for user in listed(connection, JOBCENTRE)] == ["user-2", "user-3", "user-1"]
    everyone = [user.user for user in listed(connection, JOBCENTRE, active_too=True)]
    assert everyone == ["user-2", "user-3", "user-1", "user-0"]


def test_a_batch_that_is_rolled_back_leaves_no_trace(connection: Connection) -> None:
    with connection.transaction():
        apply(connection, incoming_events(changed("2021-06-14", active=False, rule="VIT-2")))
        raise Rollback
    assert rows(connection) == []


def test_an_operator_reads_the_list_and_can_change_nothing(connection: Connection) -> None:
    connection.execute("set role dfdg_operator")
    assert listed(connection, JOBCENTRE) == []
    privileges = "select has_table_privilege('vitas.user', each) from unnest(array['insert', 'update', 'delete']) each"
    assert connection.execute(privileges).fetchall() == [(False,)] * 3
