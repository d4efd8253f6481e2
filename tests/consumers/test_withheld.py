"""RET-6: who reads what is out of ordinary reach, and that it is logged. Asked by each reader's own account."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from secrets import token_hex
from typing import Any

import pytest
from psycopg import Connection, errors
from psycopg.sql import SQL, Identifier

from consumers.admin.retention_status import standing
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import rows
from tests.retention_builders import Nights, check, entry, hold

REVIEWED = {("titles", name) for name in ("current", "search", "advert", "searchable")}
"""Views that keep back what is history, of their reader's own holder, and nothing that another rule withholds."""
VIEWS = """
select r.rolname, n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r
where c.relkind = 'v' and r.rolname ~ '^dfdg_' and n.nspname not in ('pg_catalog', 'information_schema')
    and has_table_privilege(r.rolname, c.oid, 'select') and r.rolname <> 'dfdg_provider_views'
"""
MAY = "select has_table_privilege(%s, %s, 'select') and not row_security_active(%s)"
ASK = "select retention.ask_withheld(%s, %s, 'case 17')"
READ = "select retention.read_withheld(%s) ->> 'record'"
ON_RECORD = "select account, what, subject, why from audit.reading order by number"
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


def read(connection: Connection, area: str, record: str) -> Sequence[tuple[Any, ...]]:
    """In two steps, as a reader has to."""
    ((ticket,),) = rows(connection, ASK, area, record)
    return rows(connection, READ, ticket)


def test_ret_6_only_the_handler_that_the_hold_names_reads_what_it_covers_and_that_is_logged(
    connection: Connection,
) -> None:
    nights = Nights(connection)
    with account(connection, "dfdg_case_handler") as named, account(connection, "dfdg_case_handler") as other:
        nights.record(entry("2017-07-20 12:00"), entry("2017-07-20 12:00", "entry-2"), entry("2020-01-01", "entry-3"))
        nights.record(hold("2021-06-20 12:00", record="entry-1", handler=named))
        nights.record(hold("2021-06-20 12:00", "hold-2", record="entry-2", handler=other))
        nights.record(hold("2021-06-20 12:00", "hold-3", record="entry-3", handler=named))
        nights.day("2021-07-20")
        ask_as(connection, named)
        assert read(connection, "joblog-voluntary", "entry-1") == [("entry-1",)]
        for record in ("entry-2", "entry-3", "no-such"):  # another's; not withheld; nobody's
            with pytest.raises(errors.InsufficientPrivilege):
                read(connection, "joblog-voluntary", record)
        for table in ("register.joblog_entry", "register.joblog", "retention.reading", "retention.hold"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(SQL("select from {}").format(SQL(table)))
        connection.execute("reset session authorization")
        assert rows(connection, READINGS) == [(named, "joblog-voluntary", "entry-1", "case 17")]
        nights.record(hold("2021-08-01 12:00", record="entry-1", handler=named, released=True))
        ask_as(connection, named)
        with pytest.raises(errors.InsufficientPrivilege):
            read(connection, "joblog-voluntary", "entry-1")


def test_ret_6_the_archive_job_reads_what_waits_for_its_receipt_and_an_operator_does_not(
    connection: Connection,
) -> None:
    nights = Nights(connection)
    nights.record(check("2015-07-01 12:00"))
    nights.day("2021-07-01")
    with account(connection, "dfdg_archive") as archivist, account(connection, "dfdg_operator") as operator:
        ask_as(connection, archivist)
        assert read(connection, "job-suggestion-checks", "check-1") == [("check-1",)]
        connection.execute("reset session authorization")
        ask_as(connection, operator)
        assert rows(connection, "select * from register.job_suggestion_checks") == []
        assert rows(connection, "select outcome, records from retention.standing('2021-07-01')") == [("no-receipt", 1)]
        with pytest.raises(errors.InsufficientPrivilege):
            read(connection, "job-suggestion-checks", "check-1")
        connection.execute("reset session authorization")
        assert [who for who, *_ in rows(connection, READINGS)] == [archivist]


def test_ret_6_no_reader_takes_back_that_it_read_and_what_is_refused_stays_on_record_too(
    connection: Connection,
) -> None:
    nights = Nights(connection)
    nights.record(check("2015-07-01 12:00"))
    nights.day("2021-07-01")
    with account(connection, "dfdg_archive") as archivist:
        ask_as(connection, archivist)
        for nested in (False, True):
            with connection.transaction(force_rollback=True):
                with connection.transaction(savepoint_name="inner") if nested else nullcontext():
                    ((ticket,),) = rows(connection, ASK, "job-suggestion-checks", "check-1")
                with pytest.raises(errors.InsufficientPrivilege, match="not on record yet"), connection.transaction():
                    rows(connection, READ, ticket)
        ((ticket,),) = rows(connection, ASK, "job-suggestion-checks", "check-1")
        assert rows(connection, READ, ticket) == [("check-1",)]
        for wrong in (ticket, ticket + 1):  # used; nobody's
            with pytest.raises(errors.InsufficientPrivilege):
                rows(connection, READ, wrong)
        with pytest.raises(errors.InsufficientPrivilege):
            read(connection, "job-suggestion-checks", "no-such")
        for statement in ("select from audit.reading", "select audit.note_reading('a', 'b', 'c')"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        connection.execute("reset session authorization")
    known = [(archivist, "withheld/job-suggestion-checks", record, "case 17") for record in ("check-1", "no-such")]
    assert rows(connection, ON_RECORD) == known


def test_the_record_of_readings_is_a_chain_that_nobody_changes_and_a_change_in_spite_of_it_is_seen(
    connection: Connection,
) -> None:
    for n in range(3):
        rows(connection, "select audit.note_reading('explain', %s, 'Anna')", f"citizen-{n}")
    for change in ("update audit.reading set who = 'Bo'", "delete from audit.reading", "truncate audit.reading"):
        with pytest.raises(errors.RaiseException, match="append-only"):
            connection.execute(change.encode())
    stand = standing(connection)
    assert (stand.record_of_readings[:2], stand.alarms) == ("3/", [])
    connection.execute("alter table audit.reading disable trigger append_only")
    connection.execute("update audit.reading set subject = 'citizen-9' where number = 2")
    assert "row 2 of audit.reading" in standing(connection).alarms[0]


def _scanned(plan: Any) -> set[str]:
    """Every table that a plan reads."""
    if isinstance(plan, dict):
        own = {f"{plan['Schema']}.{plan['Relation Name']}"} if "Relation Name" in plan else set()
        return own.union(*map(_scanned, plan.values()))
    return set().union(*map(_scanned, plan)) if isinstance(plan, list) else set()


def test_ret_6_a_view_reads_no_table_in_its_readers_own_query_but_those_that_the_reader_may_read_whole(
    connection: Connection,
) -> None:
    found = connection.execute(VIEWS).fetchall()
    assert {("dfdg_operator", "register", "joblog"), ("dfdg_citizen_view", "access", "profile")} <= set(found)
    for role, *view in found:
        explain = SQL("explain (verbose, format json) select * from {}").format(Identifier(*view))
        ((plan,),) = connection.execute(explain).fetchall()
        for table in _scanned(plan) - {"access.clock", "access.provider"}:
            assert tuple(view) in REVIEWED or rows(connection, MAY, role, table, table) == [(True,)], (
                role,
                view,
                table,
            )


def test_ret_6_a_readers_own_operators_never_meet_what_is_withheld_closed_or_held(connection: Connection) -> None:
    nights = Nights(connection)
    nights.record(entry("2015-07-01 12:00"), entry("2021-06-14 12:00", "entry-2"), check("2015-07-01 12:00"))
    nights.day("2021-07-20")
    connection.execute("insert into register.joblog_closed values ('citizen-1', '2021-06-14') on conflict do nothing")
    asked = ("register.joblog", "register.citizen_joblog", "register.job_suggestion_checks", "access.referrals")
    shown = {view: len(rows(connection, f"select from {view}")) for view in asked}
    assert shown == dict(zip(asked, (1, 0, 0, 0), strict=True))
    for view in asked:
        explain = f"explain (analyze, format json) select from {view} where record = 'no-such'"
        ((plan,),) = rows(connection, explain)
        assert plan[0]["Plan"].get("Rows Removed by Filter", 0) == shown[view]
