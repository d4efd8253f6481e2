"""Failures of PostgreSQL and the registry become our kinds of failure; sessions that block a take-over are ended."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from infra.errors import FaultyRecordError, RecordAlarmError, TakeOverError, TransientError, named
from infra.log import get_logger
from infra.postgres import blockers_ended
from infra.registry import RegistryAwayError

LOG = get_logger(__name__)

_AWAY = ("08", "25", "53", "55", "57", "58")
"""Classes of SQLSTATE that tell of the server: connection, transaction state, resources, locks, operator, system."""

_DATA = ("22", "23")
"""Classes of SQLSTATE that tell of what a record says: data, and what the tables forbid."""


class RolledBackError(Exception):
    """The transaction was rolled back for certain and the connection is intact: the same batch may be tried again."""


@contextmanager
def known_failures() -> Iterator[None]:
    """Failures inside become `RolledBackError`, `TransientError`, `AlarmError` or `FaultyRecordError`; `TakeOverError`
    when the outcome of the transaction is not known. No text says more than a class and a place: a message may quote
    data."""
    try:
        yield
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as error:
        raise RolledBackError(type(error).__name__) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed) as error:
        raise TakeOverError(f"PostgreSQL: {type(error).__name__}", away=_server(error)) from error
    except psycopg.Error as error:
        if (error.sqlstate or "")[:2] in _AWAY:
            raise TakeOverError(f"PostgreSQL: {type(error).__name__}", away=_server(error)) from error
        data = isinstance(error, psycopg.DataError) or (error.sqlstate or "")[:2] in _DATA
        text = f"a statement failed: {error.sqlstate} {named(error)}. PostgreSQL's log has the statement."
        raise (FaultyRecordError if data else RecordAlarmError)(text) from None
    except RegistryAwayError as error:
        raise TransientError(str(error), away=error.away) from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise FaultyRecordError(f"a rule failed on a record: {named(error)}.") from None


def _server(error: Exception) -> str | None:
    """The log's field `away`: none for a session that was ended, or for a statement that took too long."""
    if isinstance(error, PoolClosed):  # this process stops
        return None
    state = getattr(error, "sqlstate", None)
    return "postgres" if state is None or state[:2] == "08" or state in ("57P02", "57P03") else None


def terminate_blockers(pool: ConnectionPool, connection: psycopg.Connection) -> AbstractContextManager[None]:
    """Ends the sessions that block this connection for `LOCK_WAIT_S`: no frozen worker holds a slice for ever."""
    return blockers_ended(connection, pool.connection, None, _told)


def _told(sessions: int) -> None:
    LOG.warning("sessions that blocked a take-over were ended", sessions=sessions)
