"""RET-6: who reads what is out of ordinary reach, and that it is logged. Asked by each reader's own account."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

import pytest
from psycopg import Connection, errors
from psycopg.sql import SQL, Identifier

from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import rows
from tests.retention_builders import Nights, check, entry, hold

READ = "select retention.read_withheld(%s, %s, 'case 17') ->> 'record'"
READINGS = "select who, area, record, why from retention.reading order by id"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@contextmanager
def account(connection: Connection, role: str) -> Iterator[str]:
    """A login that is a member of the role; its name is new, for accounts belong to the whole server."""
    name = f"test_{token_hex(6)}"
    connection.execute(SQL("create role {} login in role {}").format(Identifier(name), Identifier(role)))
    try:
        yield name
    finally:
        connection.execute("reset session authorization")
        connection.execute(SQL("drop role {}").format(Identifier(name)))


def ask_as(connection: Connection, name: str) -> None:
    connection.execute(SQL("set session authorization {}").format(Identifier(name)))


def test_ret_6_only_the_handler_that_the_hold_names_reads_what_it_covers_and_that_is_logged(
    connection: Connection,
) -> None:
    nights = Nights(connection)
    with account(connection, "dfdg_case_handler") as named, account(connection, "dfdg_case_handler") as other:
        nights.record(entry("2017-07-01 12:00"), entry("2017-07-01 12:00", "entry-2"), entry("2020-01-01", "entry-3"))
        nights.record(hold("2021-06-20 12:00", record="entry-1", handler=named))
        nights.record(hold("2021-06-20 12:00", "hold-2", record="entry-2", handler=other))
        nights.record(hold("2021-06-20 12:00", "hold-3", record="entry-3", handler=named))
        nights.day("2021-07-01")
        ask_as(connection, named)
        assert rows(connection, READ, "joblog-voluntary", "entry-1") == [("entry-1",)]
        for record in ("entry-2", "entry-3", "no-such"):  # another's; not withheld; nobody's
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(READ, ("joblog-voluntary", record))
        for table in ("register.joblog_entry", "register.joblog", "retention.reading", "retention.hold"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(SQL("select from {}").format(SQL(table)))
        connection.execute("reset session authorization")
        assert rows(connection, READINGS) == [(named, "joblog-voluntary", "entry-1", "case 17")]
        nights.record(hold("2021-08-01 12:00", record="entry-1", handler=named, released=True))
        ask_as(connection, named)
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(READ, ("joblog-voluntary", "entry-1"))


def test_ret_6_the_archive_job_reads_what_waits_for_its_receipt_and_an_operator_does_not(
    connection: Connection,
) -> None:
    nights = Nights(connection)
    nights.record(check("2015-07-01 12:00"))
    nights.day("2021-07-01")
    with account(connection, "dfdg_archive") as archivist, account(connection, "dfdg_operator") as operator:
        ask_as(connection, archivist)
        assert rows(connection, READ, "job-suggestion-checks", "check-1") == [("check-1",)]
        connection.execute("reset session authorization")
        ask_as(connection, operator)
        assert rows(connection, "select * from register.job_suggestion_checks") == []
        assert rows(connection, "select outcome, records from retention.standing('2021-07-01')") == [("no-receipt", 1)]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(READ, ("job-suggestion-checks", "check-1"))
        connection.execute("reset session authorization")
        assert [who for who, *_ in rows(connection, READINGS)] == [archivist]
