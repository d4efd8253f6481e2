"""One slice of one consumer: takes it over, applies its batches through the ledger, publishes what they produce."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple

import psycopg
from confluent_kafka import KafkaError
from psycopg_pool import ConnectionPool
from structlog import contextvars

from infra.engine import failpoints, ledger, sift
from infra.engine.aside import Aside
from infra.engine.consumer import join
from infra.engine.failures import RolledBackError, known_failures, terminate_blockers
from infra.engine.outbox import OutboxPublisher, PendingDelivery
from infra.engine.record import Batch
from infra.engine.transaction import BatchTransaction, Done
from infra.errors import TakeOverError, TransientError
from infra.log import get_logger

LOG = get_logger(__name__)

MAX_UNACKED_BATCHES = 8
"""Committed batches that Kafka has not acknowledged: bounds outbox, memory and what a take-over publishes again."""

WAKES = 5_000
"""Wakes in one transaction: some tenths of a second. A slice may have stood still for years, of daily wakes."""

SHARE = 1 / 8
"""So much more a step may do after one that passed. Each that is too long costs half a minute."""

MAX_RETRIES = 5
"""Certain roll-backs (deadlock, serialization) of one batch before the slice is taken over."""


class Result(NamedTuple):
    """`more`: there is work that no new record brings. `unsettled`: acknowledgements are still awaited."""

    more: bool
    unsettled: bool


class Worker:
    """Carries a slice's batches from the lock to the last `produce()`. Used by one thread at a time."""

    def __init__(
        self,
        consumer: str,
        slice_: int,
        pool: ConnectionPool,
        publisher: Callable[[], OutboxPublisher],
        transaction: BatchTransaction,
    ) -> None:
        self._consumer, self.slice, self._pool = consumer, slice_, pool
        self._new_publisher, self._transaction = publisher, transaction
        self.epoch = self.batch = -1
        """`batch`: the last one that was committed when the slice was taken over."""
        self._publisher: OutboxPublisher | None = None
        self._pending: deque[PendingDelivery] = deque()
        self._waking = True
        self._pieces, self._wakes = sift.Pieces(sift.MAX_PIECE), sift.Pieces(WAKES, SHARE)
        self.notified = False
        """Operators have commanded something for dead letters of the slice."""
        self.positions: dict[str, int] = {}
        self.marks: dict[str, list[Any]] = {}
        self.mutex = threading.Lock()
        """Its caller holds it around each call: an abandoned thread may still be at work when the slice comes back."""

    def take_over(self, owner: str, first: Callable[[], dict[str, int]]) -> tuple[int, dict[str, int]]:
        """Takes the slice over and publishes its leftovers again; returns its epoch and positions.

        `first` asks Kafka where the logs begin. It runs before the epoch is raised, so a process that cannot reach
        Kafka never fences one that can."""
        self._pending.clear()
        lows = first()
        with known_failures(), self._pool.connection() as connection, terminate_blockers(self._pool, connection):
            taken = ledger.take_over(connection, self._consumer, self.slice, owner)
            cursor = taken.cursor
            if missing := {topic: low for topic, low in lows.items() if topic not in cursor.positions}:
                cursor.batch = self._join(connection, cursor.epoch, missing)
                cursor.positions.update(missing)
                cursor.marks = {topic: mark for topic, mark in cursor.marks.items() if topic not in missing}
        self.epoch, self.batch, self._waking = cursor.epoch, cursor.batch, True
        self.positions, self.marks = cursor.positions, cursor.marks
        self._publisher = self._new_publisher()
        for batch, outgoing in taken.leftovers:
            self._pending.append(self._publisher.publish(cursor.source, batch, outgoing))
            failpoints.reach("leftover published")
        return cursor.epoch, cursor.positions

    def _join(self, connection: psycopg.Connection, epoch: int, missing: dict[str, int]) -> int:
        with connection.transaction():
            cursor = ledger.lock(connection, self._consumer, self.slice, epoch)
            join(cursor, missing)
            ledger.close(connection, cursor, (), 0, ())
        failpoints.reach("joined")
        return cursor.batch

    def work(self, batch: Batch) -> Result:
        """Applies the batch, then one step of what the day has brought. Raises `TransientError` or `AlarmError`."""
        if batch.epoch != self.epoch or self._publisher is None:
            raise TakeOverError(f"{self._consumer}/{self.slice}: a batch of epoch {batch.epoch}, ours is {self.epoch}")
        if self.notified:  # before the batch: the command may be what lets it pass
            self._transact(self._publisher, None)
        if batch.tos:
            self._pieces.apply(batch, partial(self._transact, self._publisher))
        else:  # no batch follows that could delete the acknowledged ones
            self.settle()
        if self._waking:
            with self._wakes.of(self._wakes.size):
                self._transact(self._publisher, None)
        return Result(self._waking, unsettled=bool(self._pending))

    def settle(self) -> None:
        """Takes in acknowledgements and deletes exactly the batches that they cover from the outbox."""
        if self._publisher is not None and self._pending:
            self._take_in(self._publisher)
            if acked := self._acked():
                failpoints.reach("acknowledged")
                with known_failures(), self._pool.connection() as connection:
                    ledger.clear(connection, self._consumer, self.slice, self.epoch, acked)
                self._forget(acked)
                failpoints.reach("outbox cleared")

    def _wait_for_room(self, publisher: OutboxPublisher) -> None:
        self._take_in(publisher)
        while len(self._pending) >= MAX_UNACKED_BATCHES and not self._pending[0].acked:
            self._take_in(publisher, 0.1)

    def _take_in(self, publisher: OutboxPublisher, timeout_s: float = 0.0) -> None:
        """Takes in acknowledgements. Raises `TakeOverError` when one is overdue."""
        publisher.poll(timeout_s)
        if self._pending and self._pending[0].overdue:
            publisher.close(KafkaError._TIMED_OUT)
            publisher.check()

    def _acked(self) -> list[int]:
        return [pending.batch for pending in takewhile(lambda pending: pending.acked, self._pending)]

    def _forget(self, acked: Sequence[int]) -> None:
        """These are deleted from the outbox, for certain: the transaction that did it is committed."""
        for _ in acked:
            self._pending.popleft()

    def _transact(
        self, publisher: OutboxPublisher, batch: Batch | None, aside: Sequence[Aside] = (), *, probe: bool = False
    ) -> int:
        """One transaction, for a batch or for a step, and the publishing of what it produced. See `sift.Attempt`."""
        if batch is not None:
            self._wait_for_room(publisher)
        acked = [] if probe else self._acked()
        for attempt in range(MAX_RETRIES):
            try:
                with known_failures(), self._pool.connection() as connection:
                    cursor, done = self._apply(connection, batch, acked, aside, probe=probe)
                break
            except RolledBackError as error:
                LOG.warning("rolled back", why=str(error), attempt=attempt + 1)
        else:
            raise TakeOverError(f"{self._consumer}/{self.slice}: rolled back {MAX_RETRIES} times")
        if probe:
            return done.applied
        self._forget(acked)
        failpoints.reach("committed")
        self.positions = cursor.positions
        if done.outgoing:
            self._pending.append(publisher.publish(cursor.source, cursor.batch, done.outgoing))
            failpoints.reach("published")
        if done.early:
            raise TransientError(f"{cursor.source}: {done.early} has not come by PostgreSQL's clock: the slice waits")
        return done.applied

    def _apply(
        self,
        connection: psycopg.Connection,
        batch: Batch | None,
        acked: Sequence[int],
        aside: Sequence[Aside],
        *,
        probe: bool,
    ) -> tuple[ledger.Cursor, Done]:
        with connection.transaction(force_rollback=probe):
            failpoints.reach("begun")
            cursor = ledger.lock(connection, self._consumer, self.slice, self.epoch)
            failpoints.reach("locked")
            contextvars.bind_contextvars(batch=cursor.batch + 1)
            cursor.aside += aside
            cursor.wakes = self._wakes.size
            before = cursor.day, cursor.reference
            done = self._transaction.apply(connection, cursor, batch, acked, notified=self.notified)
        if probe:
            return cursor, done
        if batch is None:
            self._waking, self.notified = done.stepped, done.redriven
        elif (cursor.day, cursor.reference) != before:
            self._waking = True
        return cursor, done
