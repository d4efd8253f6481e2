"""ACC-1, ACC-3: the database itself answers a provider: rows exactly in the window, reviewed fields only."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg import Connection, sql

from consumers import cv_status, title_register
from schemas.dates import copenhagen_day, midnight
from schemas.provider_fields import CONDITIONS, FIELDS
from tests.access_builders import OTHER, PROVIDER, referral
from tests.builders import BOTH, CITIZEN, NO_DUTY, changed, moment
from tests.consumers.access_lab import MICROSECOND, admitted, applied, last_microsecond, seen, sessions, set_clock
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import incoming_events
from tests.title_builders import NEW_COOK, wish

STRANGER = "citizen-2"
VIEWS = {("provider", name) for name in ("referral", "citizen", "job_wish")}
QUERIES = [f"select citizen from provider.{name} order by citizen" for _, name in sorted(VIEWS)]


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """Two citizens with CV duties and job wishes; it is noon of 2021-06-20."""
    with slice_connection(database) as connection, connection.transaction():
        for citizen in (CITIZEN, STRANGER):
            status = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH, citizen=citizen)
            cv_status.apply(connection, incoming_events(status))
            title_register.apply(
                connection,
                incoming_events(
                    wish("2021-06-14 08:00", NEW_COOK, scheme="esco-star", holder=citizen),
                    wish("2021-06-14 08:00", NEW_COOK, scheme="esco-star", holder=citizen, area="my-plan", item="g1"),
                ),
            )
        set_clock(connection, moment("2021-06-20 12:00"))
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def providers(owner: Connection) -> Iterator[dict[str, Connection]]:
    """A session of each provider."""
    with admitted(owner) as dsns, sessions(dsns) as open_sessions:
        yield open_sessions


def test_acc_1_a_provider_reads_its_own_citizen_in_every_view_and_nobody_else(
    owner: Connection, providers: dict[str, Connection]
) -> None:
    assert [seen(providers[PROVIDER], query) for query in QUERIES] == [[], [], []]
    applied(
        owner,
        referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"),
        referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record="r-2", citizen=STRANGER, provider=OTHER),
    )
    assert [seen(providers[PROVIDER], query) for query in QUERIES] == [[CITIZEN]] * 3
    assert [seen(providers[OTHER], query) for query in QUERIES] == [[STRANGER]] * 3
    days = (date(2021, 6, 14), date(2021, 6, 30))
    reader = providers[PROVIDER]
    assert reader.execute("select * from provider.referral").fetchall() == [("referral-1", CITIZEN, *days)]
    assert reader.execute("select * from provider.job_wish").fetchall() == [
        (CITIZEN, "w1", "esco-star", NEW_COOK, None)
    ]


def test_acc_1_the_views_have_exactly_the_reviewed_fields_and_their_owner_reads_no_other_column(
    owner: Connection,
) -> None:
    columns = owner.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'provider'"
    )
    assert set(columns.fetchall()) == {(field.view, field.column) for field in FIELDS}
    readable = owner.execute(
        """
        select n.nspname || '.' || c.relname, a.attname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
            and n.nspname not in ('pg_catalog', 'information_schema', 'provider')
            and has_column_privilege('dfdg_provider_views', c.oid, a.attnum, 'select')
        """
    )
    assert set(readable.fetchall()) == {(field.table, field.source) for field in FIELDS} | set(CONDITIONS)
    assert all(field.why for field in FIELDS)


def test_acc_1_everything_but_the_three_views_is_denied_to_a_provider(
    owner: Connection, providers: dict[str, Connection]
) -> None:
    relations = owner.execute(
        """
        select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
        """
    ).fetchall()
    assert {schema for schema, _ in relations} >= {"access", "cv", "titles", "identity", "audit", "ledger", "public"}
    reader = providers[PROVIDER]
    for schema, name in set(relations) - VIEWS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(sql.SQL("select * from {}").format(sql.Identifier(schema, name)))
    for statement in (
        "select access.may_read('provider_provider-2', 'citizen-2')",
        "select access.admit('{x}')",
        "set role dfdg_provider_views",
        "set role dfdg_operator",
        'set role "provider_provider-2"',
        "create table provider.mine (a int)",
        "create temp table mine (a int)",
        "create function pg_temp.peek(text) returns boolean language sql as 'select true'",
        "create role provider_mine",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement.encode())
    for statement in ("update provider.referral set first_day = '2021-01-01'", "delete from provider.citizen"):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot"):
            reader.execute(statement.encode())


def test_acc_1_a_table_that_is_granted_to_providers_by_mistake_shows_nothing_and_is_not_looked_at(
    owner: Connection, providers: dict[str, Connection]
) -> None:
    applied(owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"))
    owner.execute("grant usage on schema cv, titles to dfdg_provider")
    owner.execute("grant select on cv.status, titles.held to dfdg_provider")
    for query in ("select citizen from cv.status", "select holder from titles.held"):
        assert seen(providers[PROVIDER], query) == []
        assert "Scan" not in str(seen(providers[PROVIDER], f"explain {query}"))


BOUNDARIES = [
    ("2021-06-14", "2021-06-30"),
    ("2021-03-28", "2021-03-28"),
    ("2021-10-31", "2021-10-31"),
    ("2022-03-27", "2022-03-27"),
    ("2022-10-30", "2022-10-30"),
    ("2024-02-29", "2024-02-29"),
]


@pytest.mark.parametrize(("first_day", "last_day"), BOUNDARIES)
def test_acc_3_a_window_is_open_from_its_first_to_its_last_microsecond_inside_a_transaction_from_before_midnight(
    owner: Connection, providers: dict[str, Connection], first_day: str, last_day: str
) -> None:
    applied(owner, referral("2021-01-01", first_day, last_day))
    opens, reader = midnight(date.fromisoformat(first_day)), providers[PROVIDER]
    last = last_microsecond(last_day)
    for at, expected in ((opens, []), (last, [CITIZEN])):
        set_clock(owner, at - MICROSECOND)
        with reader.transaction():
            assert [seen(reader, query) for query in QUERIES] == [expected] * 3
            set_clock(owner, at)
            assert [seen(reader, query) for query in QUERIES] == [[CITIZEN]] * 3
    with reader.transaction():
        assert [seen(reader, query) for query in QUERIES] == [[CITIZEN]] * 3
        set_clock(owner, last + MICROSECOND)
        assert [seen(reader, query) for query in QUERIES] == [[]] * 3


def test_acc_3_a_cursor_from_before_midnight_gives_no_row_after_it_nor_after_a_cancellation(
    owner: Connection, providers: dict[str, Connection]
) -> None:
    reader = providers[PROVIDER]
    many = [f"c-{n}" for n in range(4)]
    applied(
        owner,
        *(referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record=f"r-{c}", citizen=c) for c in many),
    )
    set_clock(owner, last_microsecond("2021-06-30"))
    with reader.transaction():
        cursor = reader.execute("declare c no scroll cursor for select citizen from provider.referral")
        (first,) = cursor.execute("fetch 1 from c").fetchone() or ("",)
        gone = next(c for c in many if c != first)
        applied(
            owner,
            referral(
                "2021-06-30 09:00",
                "2021-06-14",
                "2021-06-30",
                record=f"r-{gone}",
                citizen=gone,
                cancelled_on="2021-06-30",
            ),
        )
        (second,) = cursor.execute("fetch 1 from c").fetchone() or ("",)
        assert len({first, second, gone}) == 3
        set_clock(owner, last_microsecond("2021-06-30") + MICROSECOND)
        assert cursor.execute("fetch all from c").fetchall() == []


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_acc_3_an_older_snapshot_cannot_be_kept_to_read_what_was_cancelled_since(
    owner: Connection, providers: dict[str, Connection], level: str
) -> None:
    applied(owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"))
    reader = providers[PROVIDER]
    for query in QUERIES:
        reader.execute(f"begin isolation level {level}".encode())
        with pytest.raises(psycopg.errors.ActiveSqlTransaction, match="judged at the moment of reading"):
            reader.execute(query.encode())
        reader.execute("rollback")


def test_without_a_simulated_moment_the_wall_clock_judges_and_goes_on_within_a_transaction(owner: Connection) -> None:
    set_clock(owner, None)
    before = copenhagen_day(datetime.now(UTC))
    with owner.transaction():
        row = owner.execute("select a.today, now(), a.moment, b.moment from access.now a, access.now b").fetchone()
    assert row is not None
    today, began, first, second = row
    assert began < first < second < began + timedelta(minutes=1)
    assert before <= today <= copenhagen_day(datetime.now(UTC))


@pytest.mark.usefixtures("providers")
def test_only_the_owner_sets_the_clock(owner: Connection) -> None:
    for role in ("provider_provider-1", "dfdg_operator", "dfdg_provider_views", "dfdg_provider_gateway"):
        owner.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("update access.clock set moment = '2021-06-15 12:00'")
        owner.execute("reset role")


def test_a_withheld_referral_opens_nothing_and_is_out_of_everyones_ordinary_reach(
    owner: Connection, providers: dict[str, Connection]
) -> None:
    applied(owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"))
    owner.execute("update access.referral set reach = 'withheld'")
    assert [seen(providers[PROVIDER], query) for query in QUERIES] == [[], [], []]
    assert seen(owner, f"select access.may_read('provider_{PROVIDER}', '{CITIZEN}')") == [False]
    assert seen(owner, "select citizen from access.profile") == []
    with owner.transaction():
        owner.execute("set local role dfdg_operator")
        assert seen(owner, "select citizen from access.referrals") == []
    assert seen(owner, "select citizen from access.referral") == [CITIZEN]


def test_acc_2_the_profile_shows_to_whom_and_in_which_period_the_citizen_is_referred(
    owner: Connection, providers: dict[str, Connection]
) -> None:
    applied(
        owner,
        referral("2021-06-14 08:00", "2021-06-14", "2021-06-20"),
        referral("2021-06-14 08:00", "2021-06-21", "2021-08-31", record="r-2", provider=OTHER),
        referral("2021-06-14 08:00", "2021-05-01", "2021-06-30", record="r-3", cancelled_on="2021-06-01"),
        referral("2021-06-14 08:00", "2021-07-01", "2021-07-31", record="r-4", cancelled_on="2021-07-01"),
        referral("2021-06-14 08:00", "2021-07-01", "2021-07-31", record="r-5", provider="unknown"),
    )
    days = {name: date.fromisoformat(f"2021-{name}") for name in ("05-01", "05-31", "06-14", "06-20", "06-21", "08-31")}
    july = (date(2021, 7, 1), date(2021, 7, 31))
    profile = "select provider_name, first_day, last_day, referred_now from access.profile order by first_day"
    set_clock(owner, last_microsecond("2021-06-20"))
    with owner.transaction():
        owner.execute("set local role dfdg_citizen_view")
        assert owner.execute(profile).fetchall() == [
            ("provider-1 ApS", days["05-01"], days["05-31"], False),
            ("provider-1 ApS", days["06-14"], days["06-20"], True),
            ("provider-2 ApS", days["06-21"], days["08-31"], False),
            (None, *july, False),
        ]
    set_clock(owner, midnight(days["06-21"]))
    assert seen(owner, "select provider from access.profile where referred_now") == [OTHER]
    assert seen(providers[OTHER]) == [CITIZEN]
    assert seen(providers[PROVIDER]) == []
