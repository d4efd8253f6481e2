"""The table of users of bi.star.dk: each user's last change is the row (BI-3, BI-4)."""

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection, Rollback

from consumers.bi_user import apply
from infra.engine.record import IncomingEvent
from schemas.bi import BiUserChanged
from schemas.topics import BI_USER_CHANGED
from tests.bi_builders import changed
from tests.builders import moment
from tests.consumers.batches import slice_connection


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def batch(*events: BiUserChanged) -> list[IncomingEvent]:
    return [IncomingEvent(BI_USER_CHANGED, offset, bytes(16), event, slice=0) for offset, event in enumerate(events)]


def applied(connection: Connection, *events: BiUserChanged) -> None:
    with connection.transaction():
        apply(connection, batch(*events))


def rows(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute("select * from bi.user order by id").fetchall()


def of_other(event: BiUserChanged) -> BiUserChanged:
    return event.model_copy(update={"user": "user-2"})


def test_bi_3_the_table_shows_rights_to_move_and_then_the_modules_back_and_nobody_else(connection: Connection) -> None:
    waiting = changed("2021-06-21", "rights-to-move", to_move=("a", "b"), rule="BI-3")
    applied(connection, changed("2021-05-01 08:00", "old-login", "a", "b"), waiting, of_other(waiting))
    at = moment("2021-06-21")
    untouched: tuple[Any, ...] = ("user-2", "rights-to-move", "responsible-1", [], ["a", "b"], at, "BI-3")
    assert rows(connection) == [("user-1", *untouched[1:]), untouched]
    applied(connection, changed("2021-06-21 08:05", "nemlogin", "a", "b", rule="BI-3"))
    moved_at = moment("2021-06-21 08:05")
    assert rows(connection) == [
        ("user-1", "nemlogin", "responsible-1", ["a", "b"], [], moved_at, "BI-3"),
        untouched,
    ]


def test_bi_4_who_loses_access_has_no_row_any_more_and_may_come_back(connection: Connection) -> None:
    created, removed = changed("2021-07-01 08:00", "nemlogin", "a"), changed("2021-07-02 08:00", "removed")
    applied(connection, created, of_other(created))
    applied(connection, removed)
    assert [row[0] for row in rows(connection)] == ["user-2"]
    applied(connection, of_other(removed), of_other(created), removed)
    assert [row[0] for row in rows(connection)] == ["user-2"]


def test_a_batch_that_is_rolled_back_leaves_no_trace(connection: Connection) -> None:
    with connection.transaction():
        apply(connection, batch(changed("2021-07-01 08:00", "nemlogin", "a")))
        raise Rollback
    assert rows(connection) == []
