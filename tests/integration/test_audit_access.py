"""Who held which title before it was replaced is readable by the auditor role only (TIT-9, invariant 5)."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing
from importlib.resources import files
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from consumers import cv_status, journal, mailboxes, title_audit, title_register
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from schemas.event import ProducedEvent
from schemas.title_table import TitleOutcome
from schemas.topics import NOTICE_ISSUED, TITLE_CHANGED, TITLE_REPLACED
from streams.processor import Processor
from streams.titles import decision
from tests.builders import BOTH, CITIZEN, NO_DUTY, situation
from tests.builders import changed as requirement_changed
from tests.conftest import new_database
from tests.consumers.batches import in_parallel, slice_connection
from tests.consumers.title_batches import SLICE, TOPIC_OF, begun, incoming, incoming_events, rows, store
from tests.title_builders import COOK, HERMIT, NEW_COOK, corrected, wish

OLD_LABEL, ALIAS = "Kokkemand", "(gourmetkok)"
TABLE = corrected("v1", _5120001=TitleOutcome("converted", "TIT-2", title=NEW_COOK, label=OLD_LABEL))
ROLES = ("dfdg_operator", "dfdg_citizen_view", "dfdg_edge", "dfdg_auditor")
SECRET = (
    "select * from audit.replaced_title",
    "select original from audit.replaced_title",
    "select count(*) from audit.replaced_title",
    "copy audit.replaced_title to stdout",
)


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """The database's owner, after wave 1 has run."""
    with slice_connection(database) as connection:
        run_wave_1(connection)
        yield connection


def run_wave_1(connection: Connection) -> None:
    """One title is converted, one retired; every sink applies what it reads of it."""
    store(connection, TABLE)
    facts = incoming_events(
        wish("2021-06-01 10:00", COOK, alias=ALIAS),
        wish("2021-06-01 10:00", HERMIT, item="w2"),
        situation("2021-06-01"),
    )
    titles, cursor = Processor(decision), Cursor("titles", SLICE, 1, 0, None, "v1", {}, {}, {})
    with connection.transaction():
        out = titles.apply(connection, cursor, facts)
        for day in ("2021-06-12", "2021-06-14"):
            cursor.day = begun(day).day_begun
            out += titles.step(connection, cursor) or []
    decided = [as_arrival(produced) for produced in out]
    with connection.transaction():
        known = [fact for fact in facts if fact.topic in title_register.READS]
        title_register.apply(connection, [*known, incoming(begun("2021-06-12")), *of(decided, TITLE_CHANGED)])
        title_audit.apply(connection, of(decided, TITLE_REPLACED))
        mailboxes.apply(connection, of(decided, NOTICE_ISSUED))
        journal.apply(connection, [each for each in (*facts, *decided) if each.topic in journal.READS])
        cv_status.apply(connection, incoming_events(requirement_changed("2021-06-14", before=NO_DUTY, now=BOTH)))


def as_arrival(produced: ProducedEvent) -> IncomingEvent:
    return IncomingEvent(TOPIC_OF[type(produced.event)], 0, produced.id, produced.event, produced.cause, SLICE)


def of(decided: list[IncomingEvent], topic: Any) -> list[IncomingEvent]:
    found = [each for each in decided if each.topic is topic]
    assert found, f"the wave gave nothing on {topic}"
    return found


@pytest.fixture
def accounts(owner: Connection, database: str) -> Iterator[dict[str, str]]:
    """For each group role, and for none (""), the DSN of an account that is a member of it alone."""
    password, made = secrets.token_hex(16), {}
    for role in ("", *ROLES):
        name = f"test_{secrets.token_hex(8)}"
        owner.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(name), sql.Literal(password)))
        if role:
            owner.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(name)))
        made[role] = (name, make_conninfo(database, user=name, password=password))
    yield {role: dsn for role, (_, dsn) in made.items()}
    for name, _ in made.values():
        owner.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_every_account_but_the_auditors_is_refused_what_was_replaced(accounts: dict[str, str]) -> None:
    for role in ("", *ROLES[:-1]):
        for statement in SECRET:
            with (
                closing(psycopg.connect(accounts[role])) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(statement)


def test_the_auditor_reads_it_and_changes_nothing_and_reads_nothing_else_of_a_person(accounts: dict[str, str]) -> None:
    with closing(psycopg.connect(accounts["dfdg_auditor"], autocommit=True)) as connection:
        found = rows(connection, "select holder, original, alias, replaced_by from audit.replaced_title")
        assert found == [(CITIZEN, COOK, ALIAS, NEW_COOK)]
        for statement in (
            *("delete from audit.replaced_title", "update audit.replaced_title set original = ''"),
            *("insert into audit.table_announced values (1, 'v', 1, now())", "select * from titles.held"),
            *("select * from identity.person", "select * from ledger.state", "select * from mailbox.notice"),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_each_role_reads_what_it_needs_and_no_more(accounts: dict[str, str]) -> None:
    allowed = {
        "": set(),
        "dfdg_operator": {
            *("ledger", "cv", "mailbox", "flood", "titles", "journal", "reference", "archive", "access"),
            *("register", "retention", "vitas", "jobkon", "bi", "clock"),
        },
        "dfdg_auditor": {"audit", "reference"},
        "dfdg_citizen_view": {"cv", "titles", "access", "register"},
        "dfdg_edge": {"identity"},
    }
    readable = """
        select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v') and n.nspname not in ('pg_catalog', 'information_schema')
            and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select')
    """
    found = {}
    for role, dsn in accounts.items():
        with closing(psycopg.connect(dsn)) as connection:
            found[role] = set(rows(connection, readable))
    assert {role: {schema for schema, _ in tables} for role, tables in found.items()} == allowed
    shown = {("titles", view) for view in ("current", "search", "searchable", "advert")}
    shown |= {("cv", "status"), ("access", "profile"), ("register", "citizen_joblog")}
    assert found["dfdg_citizen_view"] == shown
    registers = {table for schema, table in found["dfdg_operator"] if schema == "register"}
    assert registers == {"job_suggestion_checks", "joblog"}, "views alone, which hold back what is withheld (RET-6)"


def test_an_operator_does_not_read_the_bodies_that_wait_for_kafka(accounts: dict[str, str]) -> None:
    with closing(psycopg.connect(accounts["dfdg_operator"], autocommit=True)) as connection:
        assert rows(connection, "select consumer, slice, batch, records from ledger.outbox") == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select body from ledger.outbox")


def test_after_the_conversion_no_other_table_knows_a_holder_together_with_the_original(owner: Connection) -> None:
    tables = rows(
        owner,
        "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    )
    assert {schema for schema, _ in tables} >= {"ledger", "titles", "journal", "mailbox", "cv", "audit", "dead_letter"}
    told, found = set(), set()
    for schema, table in tables:
        texts = owner.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table))).fetchall()
        about = [text for (text,) in texts if names(text, CITIZEN)]
        told |= {schema} if about else set()
        if any(names(text, secret) for text in about for secret in (COOK, OLD_LABEL, ALIAS)):
            found.add((schema, table))
    assert told == {"ledger", "titles", "journal", "mailbox", "cv", "audit"}  # the walk sees the citizen everywhere
    assert found == {("audit", "replaced_title")}


def names(text: str, what: str) -> bool:
    """Also within bytes, which PostgreSQL shows in hex."""
    return what in text or what.encode().hex() in text


def test_several_databases_of_one_server_may_make_the_roles_at_the_same_moment(postgres: str) -> None:
    prefix = f"test_{secrets.token_hex(8)}"
    migration = files("infra.migrations").joinpath("0008_roles.sql").read_text(encoding="utf-8")
    block = migration[migration.index("do $$") : migration.index("$$;") + 3].replace("dfdg_", f"{prefix}_")
    made = [role.replace("dfdg_", f"{prefix}_") for role in ROLES]
    with ExitStack() as stack:
        others = [stack.enter_context(new_database(postgres)) for _ in range(3)]
        connections = [stack.enter_context(psycopg.connect(dsn)) for dsn in others]

        def make(connection: Connection) -> None:
            connection.execute(block.encode())
            connection.commit()

        in_parallel([lambda connection=connection: make(connection) for connection in connections])  # type: ignore[misc] # its default makes it mypy's "cannot infer"
        found = rows(connections[0], "select rolname from pg_roles where rolname like %s", f"{prefix}%")
        assert {name for (name,) in found} == set(made)
        for role in made:
            connections[0].execute(sql.SQL("drop role {}").format(sql.Identifier(role)))
        connections[0].commit()
