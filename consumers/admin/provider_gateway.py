"""For a service that lets providers in over shared connections: each reads with the provider's own rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import Connection, sql
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from consumers.admin.provider_roles import ProviderError, role_of
from infra.postgres import CONNECT_TIMEOUT_S

LIMITS = "-c idle_in_transaction_session_timeout=30s -c statement_timeout=30s"
WAIT_S = 10.0


def open_gateway(dsn: str, size: int) -> ConnectionPool:
    """Connections of an account that is a member of `dfdg_provider_gateway`, which alone reads nothing.

    Anything that a user leaves behind (a transaction, role, setting or cursor) is gone before the next user comes.
    """
    return ConnectionPool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=WAIT_S,
        reset=_forget,
        kwargs={
            "application_name": "dfdg-provider-gateway",
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": LIMITS,
            "prepare_threshold": None,  # a statement prepared for one user is discarded before the next
        },
        open=True,
    )


@contextmanager
def as_provider(connection: Connection, provider: str, at: datetime | None = None) -> Iterator[Connection]:
    """Inside, the connection reads only what the provider may, in a transaction, at whose end the role is reset.

    `at`: as it would be at that moment; only the owner of the tables may ask so, and everything is rolled back.
    """
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        raise ProviderError("The connection is in a transaction, which could outlast the provider: end it first.")
    with connection.transaction(force_rollback=at is not None):
        if at is not None:
            connection.execute("update access.clock set moment = %s", (at,))
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role_of(provider))))
        yield connection


def _forget(connection: Connection) -> None:
    connection.execute("discard all")
