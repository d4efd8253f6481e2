"""One slice of one consumer: takes over, applies batches through the ledger, publishes. One thread at a time."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from confluent_kafka import KafkaError
from psycopg_pool import ConnectionPool

from infra import failpoints, ledger
from infra.buffer import Batch
from infra.errors import TakeOverError
from infra.failures import RolledBackError, impatience, sorted_failures
from infra.intake import join
from infra.outbox import Outlet, Ticket
from infra.record import Departure
from infra.transacting import Transacting

LOG = logging.getLogger(__name__)

MAX_UNACKED_BATCHES = 8
"""Batches committed but not acknowledged by Kafka: bounds the outbox, memory, and what a take-over repeats."""

MAX_RETRIES = 5
"""Definite roll-backs (deadlock, serialization) of one batch before the slice is taken over afresh."""


@dataclass(frozen=True)
class Result:
    """What a worker says after a piece of work."""

    more: bool = False
    """There is more to do without any new record."""
    unsettled: bool = False
    """Acknowledgements are still awaited."""


class Worker:
    """Carries a slice's batches from lock to the last `produce()`."""

    def __init__(
        self,
        consumer: str,
        slice_: int,
        pool: ConnectionPool,
        outlet: Callable[[], Outlet],
        transacting: Transacting,
    ) -> None:
        self._consumer, self._slice, self._pool = consumer, slice_, pool
        self._new_outlet, self._transacting = outlet, transacting
        self.epoch = -1
        self._outlet: Outlet | None = None
        self._tickets: deque[Ticket] = deque()
        self._waking = True
        self.stirred = False
        """Operators have ordered something for dead letters of the slice."""
        self.positions: dict[str, int] = {}
        self.mutex = threading.Lock()
        """Held by whoever is in here: a thread that was given up may still be at work when the slice comes back."""

    def take_over(self, owner: str, first: Callable[[], dict[str, int]]) -> tuple[int, dict[str, int]]:
        """Make the slice ours; returns its epoch and positions. `first` gives the positions of topics new to it, from
        Kafka, and comes first: who cannot reach Kafka fences nobody who can."""
        self._tickets.clear()
        lows = first()
        with sorted_failures(), self._pool.connection() as connection, impatience(self._pool, connection):
            taken = ledger.take_over(connection, self._consumer, self._slice, owner)
            cursor = taken.cursor
            missing = {topic: low for topic, low in lows.items() if topic not in cursor.positions}
            if missing:
                self._join(connection, cursor.epoch, missing)
                cursor.positions.update(missing)
        self.epoch, self._waking, self.positions = cursor.epoch, True, cursor.positions
        self._outlet = self._new_outlet()
        for batch, departures in taken.leftovers:
            self._tickets.append(self._outlet.publish(cursor.source, batch, departures))
            failpoints.reach("leftover published")
        return cursor.epoch, cursor.positions

    def _join(self, connection: psycopg.Connection, epoch: int, missing: dict[str, int]) -> None:
        with connection.transaction():
            cursor = ledger.lock(connection, self._consumer, self._slice, epoch)
            join(cursor, missing)
            ledger.close(connection, cursor, (), 0, ())
        failpoints.reach("joined")

    def work(self, batch: Batch) -> Result:
        """Apply the batch, then one step of what the day has brought. Raises TransientError or AlarmError."""
        if batch.epoch != self.epoch or self._outlet is None:
            raise TakeOverError(f"{self._consumer}/{self._slice}: a batch of epoch {batch.epoch}, ours is {self.epoch}")
        self._wait_for_room(self._outlet)
        if self.stirred:  # before the batch: the order may be what lets it pass
            self._transact(self._outlet, None)
        if batch.tos:
            self._transact(self._outlet, batch)
        else:  # else the next batch's transaction deletes what is acknowledged: one commit less for each batch
            self.settle()
        if self._waking:
            self._transact(self._outlet, None)
        return Result(self._waking, unsettled=bool(self._tickets))

    def settle(self) -> None:
        """Take in acknowledgements and delete exactly what they cover."""
        if self._outlet is not None and self._tickets:
            self._take_in(self._outlet)
            acked = self._acked()
            if acked:
                failpoints.reach("acknowledged")
                with sorted_failures(), self._pool.connection() as connection:
                    ledger.clear(connection, self._consumer, self._slice, self.epoch, acked)
                failpoints.reach("outbox cleared")

    def _wait_for_room(self, outlet: Outlet) -> None:
        self._take_in(outlet)
        while len(self._tickets) >= MAX_UNACKED_BATCHES and not self._tickets[0].acked:
            self._take_in(outlet, 0.1)

    def _take_in(self, outlet: Outlet, timeout_s: float = 0.0) -> None:
        """What Kafka has acknowledged. Raises `TakeOverError` when an acknowledgement is overdue."""
        outlet.poll(timeout_s)
        if self._tickets and self._tickets[0].overdue:
            outlet.close(KafkaError._TIMED_OUT)
            outlet.check()

    def _acked(self) -> list[int]:
        acked = []
        while self._tickets and self._tickets[0].acked:
            acked.append(self._tickets.popleft().batch)
        return acked

    def _transact(self, outlet: Outlet, batch: Batch | None) -> None:
        """One transaction, for a batch or for a step of wakes, and the publishing of what it decided."""
        acked = self._acked()
        for attempt in range(MAX_RETRIES):
            try:
                with sorted_failures(), self._pool.connection() as connection:
                    cursor, departures = self._apply(connection, batch, acked)
                break
            except RolledBackError as error:
                LOG.warning("%s/%s: rolled back (%s), attempt %s", self._consumer, self._slice, error, attempt + 1)
        else:
            raise TakeOverError(f"{self._consumer}/{self._slice}: rolled back {MAX_RETRIES} times")
        failpoints.reach("committed")
        self.positions = cursor.positions
        if departures:
            self._tickets.append(outlet.publish(cursor.source, cursor.batch, departures))
            failpoints.reach("published")

    def _apply(
        self, connection: psycopg.Connection, batch: Batch | None, acked: Sequence[int]
    ) -> tuple[ledger.Cursor, list[Departure]]:
        with connection.transaction():
            failpoints.reach("begun")
            cursor = ledger.lock(connection, self._consumer, self._slice, self.epoch)
            failpoints.reach("locked")
            before = cursor.day, cursor.reference
            done = self._transacting.carry_out(connection, cursor, batch, acked, stirred=self.stirred)
        if batch is None:
            self._waking, self.stirred = done.stepped, done.redriven
        elif (cursor.day, cursor.reference) != before:
            self._waking = True
        return cursor, done.departures
