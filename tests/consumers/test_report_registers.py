"""The demo's account of retention: silent when all adds up, and it finds what does not."""

from collections.abc import Iterator

import pytest
from psycopg import Connection

from infra.demo.report_registers import registers
from tests.consumers.batches import slice_connection
from tests.retention_builders import Nights, archived, check, entry


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def test_a_night_that_adds_up_has_no_faults_and_every_kind_of_fault_is_found(connection: Connection) -> None:
    assert registers(connection).faults == ["Nothing was deleted at all."]
    nights = Nights(connection)
    nights.record(entry("2017-08-01 12:00"), check("2015-08-01 12:00"))
    archived(connection, "job-suggestion-checks", "check-1", "2015-08-01 12:00")
    nights.day("2021-08-01")
    assert registers(connection).faults == []

    connection.execute("update register.joblog_entry set note = 'back'")
    connection.execute("update retention.receipt set deleted_on = due - 1, reference = null where area <> 'joblog'")
    assert registers(connection).faults[:3] == [
        "RET-6: 1 records went unarchived.",
        "RET-7: 2 records went early.",
        "RET-8: 1 records have a receipt and are there.",
    ]
    assert "does not follow from number 0" in registers(connection).faults[3]
