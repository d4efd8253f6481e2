"""ACC-1: the engine's account owns the tables; forced row-level security leaves it all of them, superuser or not."""

from collections.abc import Iterator
from secrets import token_hex

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from consumers import cv_status, title_register
from consumers.admin.provider_gateway import as_provider
from consumers.admin.provider_roles import grant, revoke, role_of
from infra.migrate import migrate
from tests.access_builders import provider, referral
from tests.builders import BOTH, CITIZEN, NO_DUTY, changed, moment
from tests.consumers.access_lab import applied, seen, set_clock
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import incoming_events
from tests.title_builders import COOK, wish

OTHERS_ROLES = "dfdg_provider, dfdg_provider_views, dfdg_provider_gateway, dfdg_audit_keeper"
FORCED = "select relname from pg_class where relrowsecurity and relforcerowsecurity order by relname"


@pytest.fixture
def engine(postgres: str, database: str) -> Iterator[Connection]:
    """A migrated database of an account that is no superuser and may make roles; `database` made the group roles."""
    account, password, name = f"test_{token_hex(8)}", token_hex(16), f"test_{token_hex(8)}"
    assert database
    with psycopg.connect(postgres, autocommit=True) as server:
        role = sql.Identifier(account)
        server.execute(sql.SQL("create role {} login createrole password {}").format(role, sql.Literal(password)))
        server.execute(sql.SQL("grant pg_signal_backend to {}").format(role))
        # As it would have been, had it made these roles itself.
        server.execute(
            sql.SQL("grant {} to {} with admin true, inherit false, set false").format(sql.SQL(OTHERS_ROLES), role)
        )
        server.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), role))
        dsn = make_conninfo(postgres, dbname=name, user=account, password=password)
        try:
            migrate(dsn)
            with slice_connection(dsn) as connection:
                connection.execute("update clock.stand set simulated = true")  # like every test's database
                yield connection
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
            server.execute(sql.SQL("drop owned by {} cascade").format(role))
            server.execute(sql.SQL("drop role {}").format(role))


def test_acc_1_an_engine_that_is_no_superuser_writes_and_reads_all_and_its_providers_only_their_own(
    engine: Connection, postgres: str
) -> None:
    name = token_hex(8)
    assert seen(engine, FORCED) == ["held", "referral", "status"]
    with engine.transaction():
        for citizen in (CITIZEN, "citizen-2"):
            now = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH, citizen=citizen)
            cv_status.apply(engine, incoming_events(now))
            title_register.apply(engine, incoming_events(wish("2021-06-14 08:00", COOK, holder=citizen)))
    try:
        applied(engine, provider(name), referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", provider=name))
        applied(engine, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record="r-2", citizen="citizen-2"))
        engine.execute("update access.referral set reach = 'withheld' where record = 'r-2'")
        assert len(seen(engine, "select record from access.referral")) == 2
        assert len(seen(engine, "select citizen from cv.status")) == len(seen(engine, "select * from titles.held")) == 2
        set_clock(engine, moment("2021-06-20 12:00"))
        with as_provider(engine, name) as reader:
            for view in ("referral", "citizen", "job_wish"):
                assert seen(reader, f"select citizen from provider.{view}") == [CITIZEN]
        grant(engine, name, "password", "tester")
        own = make_conninfo(postgres, dbname=engine.info.dbname, user=role_of(name), password="password")
        with psycopg.connect(own) as session:
            assert seen(session) == [CITIZEN]
        revoke(engine, name, "tester")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(own)
    finally:
        engine.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role_of(name))))
