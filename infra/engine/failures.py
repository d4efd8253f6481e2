"""Failures of PostgreSQL and the registry become our kinds of failure; sessions that block a take-over are ended."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from infra.errors import AlarmError, TakeOverError, TransientError
from infra.log import get_logger
from infra.registry import RegistryAwayError

LOG = get_logger(__name__)

LOCK_WAIT_S = 3.0
"""A live worker's transaction lasts well under a second: a session that blocks longer is frozen or cut off."""

_AWAY = ("08", "25", "53", "55", "57", "58")
"""Classes of SQLSTATE that tell of the server: connection, transaction state, resources, locks, operator, system."""


class RolledBackError(Exception):
    """The transaction was rolled back for certain and the connection is intact: the same batch may be tried again."""


@contextmanager
def known_failures() -> Iterator[None]:
    """Failures inside become `RolledBackError`, `TransientError` or `AlarmError`; `TakeOverError` when the outcome of
    the transaction is not known."""
    try:
        yield
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as error:
        raise RolledBackError(type(error).__name__) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed) as error:
        raise TakeOverError(f"PostgreSQL: {type(error).__name__}", away=_server(error)) from error
    except psycopg.Error as error:
        if (error.sqlstate or "")[:2] in _AWAY:
            raise TakeOverError(f"PostgreSQL: {type(error).__name__}", away=_server(error)) from error
        # Only the message: PostgreSQL's detail and context quote rows, and a row may hold what only the audit may see.
        text = f"a statement failed: {error.sqlstate} {type(error).__name__}"
        raise AlarmError(f"{text}. PostgreSQL's log has the statement.") from None
    except RegistryAwayError as error:
        raise TransientError(str(error), away=error.away) from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise AlarmError(f"a rule failed on a record: {type(error).__name__}: {error}") from error


def _server(error: Exception) -> str | None:
    """The log's field `away`: none for a session that was ended, or for a statement that took too long."""
    if isinstance(error, PoolClosed):  # this process stops
        return None
    state = getattr(error, "sqlstate", None)
    return "postgres" if state is None or state[:2] == "08" or state in ("57P02", "57P03") else None


@contextmanager
def terminate_blockers(pool: ConnectionPool, connection: psycopg.Connection) -> Iterator[None]:
    """Ends, after `LOCK_WAIT_S`, the sessions that block this connection: no frozen worker holds a slice for ever."""
    timer = threading.Timer(LOCK_WAIT_S, _end_blockers, (pool, connection.info.backend_pid))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end_blockers(pool: ConnectionPool, pid: int) -> None:
    query = "select pg_terminate_backend(blocker) from unnest(pg_blocking_pids(%s)) blocker"
    with pool.connection() as other:
        ended = other.execute(query, (pid,)).fetchall()
    LOG.warning("sessions that blocked a take-over were ended", sessions=len(ended))
