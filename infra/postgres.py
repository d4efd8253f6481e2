"""Connections to PostgreSQL, one by one and in pools."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from infra.arrays import adapt

SESSION = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO,YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "timezone_abbreviations": "Default",
    "standard_conforming_strings": "on",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "transform_null_equals": "off",
    "search_path": "public,pg_temp",
    "row_security": "on",
    "default_transaction_isolation": r"read\ committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
}
"""What a statement means and how its rows are written is ours to say: no setting of a server, database or role."""

CONNECT_TIMEOUT_S = 10
LOCK_WAIT_S = 3.0
"""A live worker's transaction lasts well under a second: a session that blocks longer is frozen or cut off."""

_OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where pid = any(pg_blocking_pids(%s)) and (usename <> current_user or application_name is distinct from %s)
"""
_ALONE = "select name from ledger.lock_row where name = any(%s) order by name for update"


def connect(dsn: str, name: str) -> Connection:
    """A connection, not in autocommit, that `pg_stat_activity` shows as `name`."""
    options = _options(dsn)
    connection = psycopg.connect(dsn, application_name=name, connect_timeout=CONNECT_TIMEOUT_S, options=options)
    adapt(connection)
    return connection


def open_pool(dsn: str, name: str, size: int) -> ConnectionPool:
    """Connections in autocommit for the threads of one consumer. Waiting for the server, a statement and an idle
    transaction each have a time-out, so that neither a lost server nor a frozen worker holds a slice for ever."""

    def configure(connection: Connection) -> None:
        adapt(connection)

    ours = {"idle_in_transaction_session_timeout": "30s", "statement_timeout": "120s", "synchronous_commit": "on"}
    limits = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "keepalives_idle": 5,
        "tcp_user_timeout": 15_000,
        "options": _options(dsn, ours),
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


@contextmanager
def blockers_ended(
    connection: Connection,
    other: Callable[[], AbstractContextManager[Connection]],
    spared: str | None,
    told: Callable[[int], object],
) -> Iterator[None]:
    """Inside, sessions that block the connection for `LOCK_WAIT_S` are ended, each time anew: no provider and no frozen
    worker stops it for ever. Not those of the same account that `pg_stat_activity` shows as `spared`.

    `other` opens the connection that ends them; `told` hears how many were ended.
    """
    done, pid = threading.Event(), connection.info.backend_pid

    def watch() -> None:
        while not done.wait(LOCK_WAIT_S):
            with other() as ending:
                if ended := len(ending.execute(_OTHERS, (pid, spared)).fetchall()):
                    told(ended)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()


def lock_names(connection: Connection, names: list[str]) -> None:
    """Until the transaction ends, nobody else locks these rows of `ledger.lock_row`, for the engine alone.

    Always in the order of their names, so that two transactions never wait for each other.
    """
    found = connection.execute(_ALONE, (names,)).fetchall()
    if len(found) < len(names):
        raise LookupError(f"ledger.lock_row lacks rows: {sorted(set(names) - {name for (name,) in found})}")


def _options(dsn: str, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """The address's own options, and ours behind them, which win."""
    theirs = str(conninfo_to_dict(dsn).get("options") or "")
    return " ".join([theirs, *(f"-c {name}={value}" for name, value in {**SESSION, **more}.items())]).strip()
