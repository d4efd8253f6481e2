"""A database with referrals, its clock in the test's hand, and connections of the providers themselves."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from consumers.admin.provider_roles import GATEWAY, grant, role_of
from consumers.referral_register import apply
from schemas.dates import midnight, next_day
from schemas.event import Event
from tests.access_builders import OTHER, PROVIDER, provider
from tests.consumers.title_batches import incoming_events

SEEN = "select distinct citizen from provider.referral order by citizen"
MICROSECOND = timedelta(microseconds=1)


def applied(owner: Connection, *events: Event) -> None:
    """The events as one batch."""
    with owner.transaction():
        apply(owner, incoming_events(*events))


def set_clock(owner: Connection, moment: datetime | None) -> None:
    owner.execute("update access.clock set moment = %s", (moment,))


def last_microsecond(day: str) -> datetime:
    return midnight(next_day(date.fromisoformat(day))) - MICROSECOND


def seen(connection: Connection, query: str = SEEN) -> list[Any]:
    """What the connection's role reads: the first column."""
    return [row[0] for row in connection.execute(query.encode()).fetchall()]


@contextmanager
def admitted(owner: Connection, names: Sequence[str] = (PROVIDER, OTHER)) -> Iterator[dict[str, str]]:
    """The providers, recorded and granted; their DSNs. Their roles are the server's, so they go at the end."""
    applied(owner, *(provider(name) for name in names))
    dsns = {}
    for name in names:
        password = token_hex(16)
        grant(owner, name, password, "tester")
        dsns[name] = make_conninfo(dsn_of(owner), user=role_of(name), password=password)
    yield dsns


@contextmanager
def gateway_account(owner: Connection) -> Iterator[str]:
    """The DSN of an account that is a member of the gateway's role, and of nothing else."""
    name, password = f"test_{token_hex(8)}", token_hex(16)
    account = sql.Identifier(name)
    owner.execute(sql.SQL("create role {} login password {}").format(account, sql.Literal(password)))
    owner.execute(sql.SQL("grant {} to {}").format(sql.Identifier(GATEWAY), account))
    try:
        yield make_conninfo(dsn_of(owner), user=name, password=password)
    finally:
        owner.execute(sql.SQL("drop role {}").format(account))


def dsn_of(owner: Connection) -> str:
    return make_conninfo(owner.info.dsn, password=owner.info.password)


@contextmanager
def sessions(dsns: dict[str, str]) -> Iterator[dict[str, Connection]]:
    """A session of each, in autocommit."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(psycopg.connect(dsn, autocommit=True)) for name, dsn in dsns.items()}
