"""The table of current CV status (CV-5): the topic's order per citizen is the truth."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from psycopg import Connection, Rollback

from consumers.cv_status import apply
from infra.engine.record import IncomingEvent
from tests.builders import BOTH, NO_DUTY, REGISTER, changed, moment
from tests.consumers.batches import incoming_events, slice_connection

SHOWN = "citizen, must_register, must_be_searchable, jobcentre, fund, from_day"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def applied(connection: Connection, batch: list[IncomingEvent]) -> None:
    with connection.transaction():
        apply(connection, batch)


def rows(connection: Connection, columns: str = SHOWN) -> list[tuple[Any, ...]]:
    return connection.execute(f"select {columns} from cv.status order by citizen").fetchall()


def test_a_change_is_one_row_with_all_that_the_interface_needs(connection: Connection) -> None:
    event = changed("2021-06-14 08:30", before=BOTH, now=REGISTER, exempt=(False, True), fund="fund-1", rule="CV-2")
    batch = incoming_events(event)
    applied(connection, batch)
    everything = connection.execute("select *, uuid_send(event_id) from cv.status").fetchall()
    assert [(*row[:10], row[11]) for row in everything] == [
        (
            *("citizen-1", True, False, False, True, "jobcentre-1", "fund-1"),
            *(date(2021, 6, 14), moment("2021-06-14 08:30"), "CV-2", batch[0].id),
        )
    ]


def test_the_last_of_several_changes_in_a_batch_counts_even_if_its_time_is_earlier(connection: Connection) -> None:
    batch = incoming_events(
        changed("2021-06-15 08:00", before=NO_DUTY, now=BOTH),
        changed("2021-06-15 08:00", before=NO_DUTY, now=BOTH, citizen="citizen-2"),
        changed("2021-06-14 08:00", before=BOTH, now=REGISTER),
    )
    applied(connection, batch)
    assert rows(connection) == [
        ("citizen-1", True, False, "jobcentre-1", None, date(2021, 6, 14)),
        ("citizen-2", True, True, "jobcentre-1", None, date(2021, 6, 15)),
    ]


def test_a_later_batch_replaces_every_column_and_touches_nobody_else(connection: Connection) -> None:
    first = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH, fund="fund-1")
    applied(connection, incoming_events(first, first.model_copy(update={"citizen": "citizen-2"})))
    untouched = rows(connection, "*")[1]
    later = changed("2021-07-01", before=BOTH, now=NO_DUTY, exempt=(True, False), jobcentre="jobcentre-2", rule="CV-2")
    batch = incoming_events(later, first=2)
    applied(connection, batch)
    one, other = rows(connection, "*, uuid_send(event_id)")
    assert one[1:10] == (
        *(False, False, True, False, "jobcentre-2", None),
        *(date(2021, 7, 1), moment("2021-07-01"), "CV-2"),
    )
    assert one[11] == batch[0].id
    assert other[:11] == untouched


def test_a_first_load_is_in_the_table_like_any_other(connection: Connection) -> None:
    applied(connection, incoming_events(changed("2021-06-13 08:00", before=NO_DUTY, now=BOTH, initial=True)))
    assert rows(connection) == [("citizen-1", True, True, "jobcentre-1", None, date(2021, 6, 13))]


def test_a_batch_that_is_rolled_back_leaves_no_trace(connection: Connection) -> None:
    with connection.transaction():
        apply(connection, incoming_events(changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH)))
        raise Rollback
    assert rows(connection) == []
