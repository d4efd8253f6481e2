"""Connections to PostgreSQL, one by one and in pools."""

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool

from infra.arrays import adapt

CONNECT_TIMEOUT_S = 10


def connect(dsn: str, name: str) -> Connection:
    """A connection, not in autocommit, that `pg_stat_activity` shows as `name`."""
    connection = psycopg.connect(dsn, application_name=name, connect_timeout=CONNECT_TIMEOUT_S)
    adapt(connection)
    return connection


def open_pool(dsn: str, name: str, size: int) -> ConnectionPool:
    """Connections in autocommit for the threads of one consumer. Waiting for the server, a statement and an idle
    transaction each have a time-out, so that neither a lost server nor a frozen worker holds a slice for ever."""

    def configure(connection: Connection) -> None:
        adapt(connection)

    options = "-c idle_in_transaction_session_timeout=30s -c statement_timeout=120s -c synchronous_commit=on"
    limits = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "keepalives_idle": 5,
        "tcp_user_timeout": 15_000,
        "options": options,
    }
    return ConnectionPool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=5.0,
        reconnect_timeout=5.0,
        configure=configure,
        kwargs={"application_name": name, "autocommit": True, **limits},
        open=True,
    )
