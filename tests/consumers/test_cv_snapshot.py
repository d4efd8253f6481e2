"""A new system takes the snapshot and reads the topic from where it ends: nothing is missing or double (CV-5)."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from consumers import cv_status
from consumers.admin import cv_snapshot
from infra.errors import AlarmError
from schemas.cpr import looks_like_cpr
from schemas.topic import SLICES
from tests.builders import BOTH, NO_DUTY, REGISTER, changed
from tests.consumers.batches import incoming_events, slice_connection

TOPIC = "dfdg.cv-requirement-changed-v1"
SLICE = 3


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        connection.execute("insert into ledger.consumer (consumer, slices) values ('cv-status', %s)", (SLICES,))
        rows = [("cv-status", slice_) for slice_ in range(SLICES)]
        with connection.cursor() as cursor:
            cursor.executemany("insert into ledger.slice (consumer, slice) values (%s, %s)", rows)
        yield connection


def batch(connection: Connection, citizen: str, offset: int) -> None:
    """One batch of slice 3: a change at that offset, and the position and sequence behind it, as the ledger does."""
    event = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH, citizen=citizen, fund="fund-1")
    with connection.transaction():
        cv_status.apply(connection, incoming_events(event, first=offset))
        connection.execute(
            "update ledger.slice set positions = %s, received = %s where consumer = 'cv-status' and slice = %s",
            (Jsonb({TOPIC: offset + 1}), Jsonb({TOPIC: {"cv-requirement/3": offset + 5, "*": 0}}), SLICE),
        )


def taken(connection: Connection) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first line and the citizens' lines."""
    out = io.StringIO()
    count = cv_snapshot.snapshot(connection, out)
    first, *citizens = map(json.loads, out.getvalue().splitlines())
    assert count == len(citizens) == first["citizens"]
    return first, citizens


def test_the_first_line_says_for_each_partition_where_to_read_on_and_which_sequences_are_in(
    connection: Connection,
) -> None:
    batch(connection, "citizen-1", offset=41)
    first, citizens = taken(connection)
    unread = [{"partition": n, "next_offset": 0, "sequences": {}} for n in range(SLICES)]
    unread[SLICE] = {"partition": SLICE, "next_offset": 42, "sequences": {"cv-requirement/3": 46}}
    assert first == {"topic": TOPIC, "citizens": 1, "partitions": unread}
    assert citizens == [
        {
            "citizen": "citizen-1",
            "must_register": True,
            "must_be_searchable": True,
            "exempt_from_registering": False,
            "exempt_from_being_searchable": False,
            "jobcentre": "jobcentre-1",
            "fund": "fund-1",
            "from_day": "2021-06-14",
            "changed_at": "2021-06-14T06:00:00+00:00",
            "rule": "CV-1",
        }
    ]


def test_a_batch_that_commits_while_the_snapshot_is_written_is_neither_in_its_rows_nor_in_its_offsets(
    connection: Connection, database: str
) -> None:
    batch(connection, "citizen-1", offset=0)

    class SliceGoesOn(io.StringIO):
        """Commits the slice's next batch as soon as the first line was written."""

        def write(self, text: str) -> int:
            if not self.getvalue():
                with slice_connection(database) as other:
                    batch(other, "citizen-2", offset=1)
            return super().write(text)

    out = SliceGoesOn()
    assert cv_snapshot.snapshot(connection, out) == 1
    first, *citizens = map(json.loads, out.getvalue().splitlines())
    assert first["partitions"][SLICE]["next_offset"] == 1
    assert [row["citizen"] for row in citizens] == ["citizen-1"]
    first, citizens = taken(connection)
    assert first["partitions"][SLICE]["next_offset"] == 2
    assert sorted(row["citizen"] for row in citizens) == ["citizen-1", "citizen-2"]


def test_more_citizens_than_are_fetched_at_once_are_all_there_once(connection: Connection) -> None:
    many = cv_snapshot.ROWS_AT_ONCE + 1
    event = changed("2021-06-14 08:00", before=NO_DUTY, now=REGISTER)
    with connection.transaction():
        cv_status.apply(
            connection, incoming_events(*(event.model_copy(update={"citizen": f"c-{n}"}) for n in range(many)))
        )
    _, citizens = taken(connection)
    assert {row["citizen"] for row in citizens} == {f"c-{n}" for n in range(many)}


def test_the_connection_writes_again_after_a_snapshot(connection: Connection) -> None:
    assert taken(connection)[1] == []
    batch(connection, "citizen-1", offset=0)
    assert len(taken(connection)[1]) == 1


def test_a_snapshot_carries_no_cpr_number(connection: Connection) -> None:
    batch(connection, "citizen-1", offset=0)
    out = io.StringIO()
    cv_snapshot.snapshot(connection, out)
    assert not looks_like_cpr(out.getvalue())


def test_without_a_ledger_there_is_no_snapshot_but_a_word_on_what_to_do(database: str) -> None:
    out = io.StringIO()
    with (
        slice_connection(database) as connection,
        pytest.raises(AlarmError, match="0 of 8 slices of cv-status: start it once"),
    ):
        cv_snapshot.snapshot(connection, out)
    assert out.getvalue() == ""
