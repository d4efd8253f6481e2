"""ACC-1: providers that share one connection of a pool never read as each other; who is let in and shut out."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from consumers.admin.provider_gateway import as_provider, open_gateway
from consumers.admin.provider_roles import ProviderError, grant, moment, providers, revoke, role_of
from tests.access_builders import OTHER, PROVIDER, provider, referral
from tests.builders import CITIZEN, day
from tests.builders import moment as at
from tests.consumers.access_lab import (
    MICROSECOND,
    SEEN,
    admitted,
    applied,
    gateway_account,
    last_microsecond,
    seen,
    sessions,
    set_clock,
)
from tests.consumers.batches import slice_connection

LAST_DAY, THEIRS = "2021-06-30", "citizen-2"


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """It is noon of 2021-06-20; each provider has one citizen, whose referral ends on LAST_DAY."""
    with slice_connection(database) as connection:
        set_clock(connection, at("2021-06-20 12:00"))
        applied(
            connection,
            referral("2021-06-14 08:00", "2021-06-14", LAST_DAY),
            referral("2021-06-14 08:00", "2021-06-14", LAST_DAY, record="r-2", citizen=THEIRS, provider=OTHER),
        )
        yield connection


@pytest.fixture
def dsns(owner: Connection) -> Iterator[dict[str, str]]:
    with admitted(owner) as found:
        yield found


@pytest.fixture
def pool(owner: Connection, dsns: dict[str, str]) -> Iterator[ConnectionPool]:
    """The gateway's pool, of one connection."""
    assert set(dsns) == {PROVIDER, OTHER}
    with gateway_account(owner) as dsn, open_gateway(dsn, 1) as gateway:
        yield gateway


def asked(pool: ConnectionPool, name: str) -> list[str]:
    with pool.connection() as connection, as_provider(connection, name) as reader:
        return seen(reader)


def nobody(pool: ConnectionPool) -> None:
    """Between two providers the connection is nobody, who reads nothing."""
    with pool.connection() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(SEEN)


def test_acc_1_two_providers_over_a_pool_of_one_connection_each_read_their_own_in_turn(pool: ConnectionPool) -> None:
    for _ in range(7):  # more often than the driver takes to prepare a statement for good
        assert (asked(pool, PROVIDER), asked(pool, OTHER)) == ([CITIZEN], [THEIRS])
    nobody(pool)


def test_acc_1_after_an_error_the_connection_is_nobody_again(pool: ConnectionPool) -> None:
    with (
        pytest.raises(psycopg.errors.DivisionByZero),
        pool.connection() as connection,
        as_provider(connection, PROVIDER) as reader,
    ):
        reader.execute("select 1 / 0")
    nobody(pool)
    assert asked(pool, OTHER) == [THEIRS]


def test_acc_1_with_the_provider_the_role_ends_though_the_connection_goes_on(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        with as_provider(connection, PROVIDER) as reader:
            assert seen(reader) == [CITIZEN]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(SEEN)


def test_acc_1_what_a_provider_leaves_behind_is_gone_before_the_next_one_comes(pool: ConnectionPool) -> None:
    role = sql.Identifier(role_of(PROVIDER))
    with pool.connection() as connection:
        connection.execute(sql.SQL("set role {}").format(role))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="temporary"):
            connection.execute("create temp table kept as select citizen from provider.referral")
        connection.execute("declare kept cursor with hold for select citizen from provider.referral")
    nobody(pool)
    with pool.connection() as connection, pytest.raises(psycopg.DatabaseError, match="does not exist"):
        connection.execute("fetch all from kept")
    assert asked(pool, OTHER) == [THEIRS]


def test_acc_1_a_session_left_in_a_transaction_is_nobody_for_the_next_and_refused_to_another_provider(
    pool: ConnectionPool,
) -> None:
    connection = pool.getconn()
    connection.execute("begin")
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role_of(PROVIDER))))
    with pytest.raises(ProviderError, match="in a transaction"), as_provider(connection, OTHER):
        pass
    pool.putconn(connection)
    nobody(pool)
    assert asked(pool, OTHER) == [THEIRS]


def test_acc_3_over_the_shared_connection_a_transaction_from_before_midnight_reads_nothing_after_it(
    owner: Connection, pool: ConnectionPool
) -> None:
    last = last_microsecond(LAST_DAY)
    for name, citizen in ((PROVIDER, CITIZEN), (OTHER, THEIRS)):
        set_clock(owner, last)
        with pool.connection() as connection, as_provider(connection, name) as reader:
            assert seen(reader) == [citizen]
            set_clock(owner, last + MICROSECOND)
            assert seen(reader) == []


def test_what_a_provider_would_read_at_a_moment_is_asked_without_leaving_a_trace(
    owner: Connection, dsns: dict[str, str]
) -> None:
    assert PROVIDER in dsns
    for when, expected in (
        (at("2021-06-14 00:00") - MICROSECOND, []),
        (at("2021-06-14 00:00"), [CITIZEN]),
        (last_microsecond(LAST_DAY), [CITIZEN]),
        (last_microsecond(LAST_DAY) + MICROSECOND, []),
    ):
        with as_provider(owner, PROVIDER, when) as reader:
            assert seen(reader) == expected
    assert moment(owner) == (day("2021-06-20"), at("2021-06-20 12:00"))
    assert owner.execute("select current_user = session_user").fetchone() == (True,)


def test_acc_1_a_provider_that_is_shut_out_reads_nothing_from_that_moment_until_it_is_let_in_again(
    owner: Connection, pool: ConnectionPool, dsns: dict[str, str]
) -> None:
    with sessions(dsns) as own, pool.connection() as connection, as_provider(connection, PROVIDER) as reader:
        assert seen(own[PROVIDER]) == seen(reader) == [CITIZEN]
        revoke(owner, PROVIDER, "tester")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(SEEN)
        with pytest.raises(psycopg.OperationalError):
            own[PROVIDER].execute(SEEN)
        assert seen(own[OTHER]) == [THEIRS]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsns[PROVIDER])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        asked(pool, PROVIDER)
    applied(owner, provider(PROVIDER, "2021-06-21 08:00"))  # recorded again, it stays shut out
    assert [(each.provider, each.admitted, each.can_log_in) for each in providers(owner)] == [
        (PROVIDER, False, False),
        (OTHER, True, True),
    ]
    grant(owner, PROVIDER, "new-password", "tester")
    assert asked(pool, PROVIDER) == [CITIZEN]


def test_an_admission_is_recorded_with_a_name_and_the_password_nowhere(owner: Connection, dsns: dict[str, str]) -> None:
    assert PROVIDER in dsns
    owner.execute("set log_statement = 'all'")
    grant(owner, PROVIDER, "not-to-be-found", "Anna Holm")
    rows = owner.execute("select who, action, provider from access.admission order by id").fetchall()
    assert rows[-1] == ("Anna Holm", "grant", PROVIDER)
    secret = owner.execute("select rolpassword from pg_authid where rolname = %s", (role_of(PROVIDER),)).fetchone()
    assert secret is not None
    assert secret[0].startswith("SCRAM-SHA-256$")
    with pytest.raises(ProviderError, match="--who"):
        revoke(owner, PROVIDER, " ")
    with pytest.raises(ProviderError, match="No provider nobody"):
        grant(owner, "nobody", "x", "Anna Holm")


def test_the_list_counts_the_citizens_that_each_provider_can_read_now(owner: Connection, dsns: dict[str, str]) -> None:
    assert set(dsns) == {PROVIDER, OTHER}
    applied(owner, referral("2021-06-14 08:00", "2021-06-15", LAST_DAY, record="r-3"))
    assert [(each.provider, each.citizens) for each in providers(owner)] == [(PROVIDER, 1), (OTHER, 1)]
    set_clock(owner, last_microsecond(LAST_DAY) + MICROSECOND)
    assert [(each.provider, each.citizens) for each in providers(owner)] == [(PROVIDER, 0), (OTHER, 0)]
