"""What operators order for dead letters, and the thread that tells a consumer's workers of it.

An order is a row in `dead_letter.act`, written by the command; the slice's owner carries it out as a step under the
slice's lock, never a second process beside it. The row stays, as the record of who decided what, and what came of it.
"""

import logging
import threading
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from infra.ledger import Cursor

LOG = logging.getLogger(__name__)

LOOK_S = 2.0
"""Between two looks for orders: one small query of each consumer."""

_PENDING = """
select distinct slice from dead_letter.act where consumer = %s and outcome is null and due_at <= clock_timestamp()
"""
# What lets letters through comes first: the others' step may wait behind a batch that needs it.
_NEXT = """
select id, act, letter, topic, letters from dead_letter.act
where consumer = %s and slice = %s and outcome is null and due_at <= clock_timestamp()
order by letter is not null, due_at, id limit 1
"""
_DONE = "update dead_letter.act set outcome = %s, batch = %s, done_at = clock_timestamp() where id = %s"


class Order(NamedTuple):
    """`letter` is re-driven or discarded; or so many `letters` of a topic are accepted. A skip's `letter` stands for so
    many offsets, and was made with the order."""

    id: int
    act: str
    letter: int | None
    topic: str | None
    letters: int | None


def next_order(connection: Connection, cursor: Cursor) -> Order | None:
    """The next order for the slice that is due."""
    row = connection.execute(_NEXT, (cursor.consumer, cursor.slice)).fetchone()
    return None if row is None else Order(*row)


def done(connection: Connection, cursor: Cursor, order: Order, outcome: str) -> None:
    """What came of it, and in which of the slice's batches."""
    connection.execute(_DONE, (outcome, cursor.batch + 1, order.id))


class Stirred(Protocol):
    """A slice's worker."""

    stirred: bool


class Stirs(Protocol):
    """What hands a slice its work."""

    def stir(self, slice_: int) -> None: ...


class Lookout:
    """Looks for orders from `start` to `stop`, and stirs each slice that has some."""

    def __init__(self, consumer: str, pool: ConnectionPool, workers: Sequence[Stirred], source: Stirs) -> None:
        self._consumer, self._pool, self._workers, self._source = consumer, pool, workers, source
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"orders-{consumer}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_S):
            try:
                with self._pool.connection() as connection:
                    slices = connection.execute(_PENDING, (self._consumer,)).fetchall()
            except (psycopg.Error, PoolTimeout, PoolClosed) as error:
                LOG.info("%s: no look for orders (%s)", self._consumer, type(error).__name__)
                continue
            for (slice_,) in slices:
                self._workers[slice_].stirred = True
                self._source.stir(slice_)
