"""Operator commands for dead letters, and the thread that notifies a consumer's workers of them.

An operator command is a row in `dead_letter.act`, written by `dfdg dead-letters`. The slice's owner carries it out as a
step under the slice's lock; no second process works on the slice beside it. The row stays as the record of the
operator, the decision and the outcome.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from infra.dead_letters.queries import Parked, parked
from infra.engine.ledger import Cursor
from infra.log import answered, get_logger

LOG = get_logger(__name__)

LOOK_S = 2.0
"""Seconds between two looks for operator commands and parked keys: two small queries for each consumer."""

_PENDING = """
select distinct slice from dead_letter.act where consumer = %s and outcome is null and due_at <= clock_timestamp()
"""
# Commands that accept dead letters come first: the step of the others may wait behind a batch that needs them.
_NEXT = """
select id, act, letter, topic, letters from dead_letter.act
where consumer = %s and slice = %s and outcome is null and due_at <= clock_timestamp()
order by letter is not null, due_at, id limit 1
"""
_DONE = "update dead_letter.act set outcome = %s, batch = %s, done_at = clock_timestamp() where id = %s"


class Command(NamedTuple):
    """A redrive or discard names a `letter` (a dead letter's id). An accept names a `topic` and how many `letters` of
    it are let through. The `letter` of a skip or a set-aside was stored with the command, for `letters` offsets."""

    id: int
    act: str
    letter: int | None
    topic: str | None
    letters: int | None


def next_command(connection: Connection, cursor: Cursor) -> Command | None:
    """The slice's next operator command that is due; None when there is none."""
    row = connection.execute(_NEXT, (cursor.consumer, cursor.slice)).fetchone()
    return None if row is None else Command(*row)


def done(connection: Connection, cursor: Cursor, command: Command, outcome: str) -> None:
    """Records the command's outcome and the batch of the slice in which it was carried out."""
    connection.execute(_DONE, (outcome, cursor.batch + 1, command.id))


class Notified(Protocol):
    """A slice's worker."""

    notified: bool


class Notifies(Protocol):
    """The source that hands each slice its work."""

    def notify(self, slice_: int) -> None: ...


class CommandWatcher:
    """Looks for operator commands from `start` to `stop`, and notifies each slice that has some. Raises the alarm,
    once, when keys of a slice have been parked for too long."""

    def __init__(self, consumer: str, pool: ConnectionPool, workers: Sequence[Notified], source: Notifies) -> None:
        self._consumer, self._pool, self._workers, self._source = consumer, pool, workers, source
        self._stopped = threading.Event()
        self._told: set[tuple[int, datetime]] = set()
        self._thread = threading.Thread(target=self._run, name=f"commands-{consumer}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_S):
            asked = time.monotonic()
            try:
                with self._pool.connection() as connection:
                    slices = connection.execute(_PENDING, (self._consumer,)).fetchall()
                    self._tell([each for each in parked(connection, self._consumer) if each.overdue])
            except (psycopg.Error, PoolTimeout, PoolClosed) as error:
                away = (
                    "postgres" if isinstance(error, psycopg.OperationalError) and not self._stopped.is_set() else None
                )
                why = type(error).__name__
                LOG.info("operator commands cannot be read", consumer=self._consumer, why=why, away=away)
                continue
            answered("postgres", asked)
            for (slice_,) in slices:
                self._workers[slice_].notified = True
                self._source.notify(slice_)

    def _tell(self, overdue: Sequence[Parked]) -> None:
        for each in overdue:
            if (each.slice, each.since) not in self._told:
                LOG.error("ALARM", consumer=each.consumer, slice=each.slice, alarm=str(each))
        self._told = {(each.slice, each.since) for each in overdue}
