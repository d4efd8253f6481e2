"""One consumer in this process: its source, a worker a slice, and the threads' connections."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import psycopg
from confluent_kafka import Consumer, KafkaException
from psycopg import Connection
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from infra import failpoints, ledger
from infra.errors import AlarmError, FencedError, TransientError
from infra.intake import Intake, Schemas
from infra.kafka import admin, topic_ids
from infra.lane import Stop, TakeOver, Work
from infra.local import Addresses
from infra.orders import Lookout
from infra.outbox import Outlet
from infra.postgres import connect, open_pool
from infra.source import Source
from infra.transacting import Transacting
from infra.watermarks import watermarks
from infra.worker import Worker
from schemas.topic import SLICES, Topic

LOG = logging.getLogger(__name__)

THREADS = 4
"""Slices of one consumer worked on at once: Python decodes one while PostgreSQL and Kafka work on others."""

ASK_S = 10.0
"""For Kafka to say where a log begins, before a slice is taken over."""

FLUSH_S = 1.0
"""For the producer's last acknowledgements when it stops."""


class Consuming(ledger.Handler, Protocol):
    """A decision's processor, or a sink: what reads topics, and what it does in the transaction of a batch."""

    @property
    def name(self) -> str: ...
    @property
    def reads(self) -> Sequence[Topic]: ...
    @property
    def writes(self) -> Sequence[Topic]: ...


class Wiring(NamedTuple):
    """What consumers need of the servers."""

    addresses: Addresses
    schemas: Schemas
    schema_ids: dict[str, int]


class Group:
    """Runs one consumer's slices. `deliver` hands work to a thread, which calls `run` with it."""

    def __init__(
        self, consuming: Consuming, wiring: Wiring, deliver: Callable[[Work], None], linger_s: float = 0.0
    ) -> None:
        self.name, self._reads, self._addresses = consuming.name, consuming.reads, wiring.addresses
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = threading.Lock()
        self._outlet: Outlet | None = None
        self._pool = open_pool(wiring.addresses.dsn, consuming.name, THREADS + 1)
        intake = Intake(consuming.reads, wiring.schemas)
        transacting = Transacting(intake, ledger.Outgoing(consuming.writes, wiring.schema_ids), consuming)
        self._workers = [
            Worker(self.name, slice_, self._pool, self._current_outlet, transacting) for slice_ in range(SLICES)
        ]
        kafka = wiring.addresses.kafka
        self.source = Source(self.name, self._reads, kafka, deliver, self._let_go, intake.ends_of, linger_s)
        self._lookout = Lookout(self.name, self._pool, self._workers, self.source)

    def start(self) -> None:
        with connect(self._addresses.dsn, self.name) as connection:
            register(connection, self.name, topic_ids(admin(self._addresses.kafka), [t.name for t in self._reads]))
        self.source.start()
        self._lookout.start()

    def run(self, work: Work) -> None:
        """Do one piece of work and tell the source how it went."""
        slice_ = int(work) if isinstance(work, TakeOver) else work.slice
        worker = self._workers[slice_]
        try:
            with worker.mutex:
                self._do(worker, slice_, work)
        except (TransientError, KafkaException) as error:
            LOG.warning("%s/%s: taking over again: %s", self.name, slice_, error)
            if isinstance(error, FencedError):
                self.source.fenced(slice_)
            else:
                self.source.failed(slice_, None)
        except AlarmError as error:
            LOG.error("ALARM %s/%s: %s", self.name, slice_, error)  # noqa: TRY400 - the text says it; a trace may quote data
            self.source.failed(slice_, str(error))
            self._alarm(slice_, worker.epoch, str(error))
        except BaseException:
            self.source.failed(slice_, None)
            raise

    def _do(self, worker: Worker, slice_: int, work: Work) -> None:
        if isinstance(work, Stop):
            raise AlarmError(work.alarm)
        if isinstance(work, TakeOver):
            self.source.started(slice_, *worker.take_over(self._owner, lambda: self._first_positions(slice_)))
            return
        failpoints.reach("polled")
        result = worker.work(work)
        self.source.done(slice_, result.more, result.unsettled)
        if work.tos:
            self.source.hints.note(slice_, worker.positions)

    def stop(self) -> None:
        """Finish or abandon what is under way within 10 s. What stays unacknowledged is the successor's leftovers."""
        self._lookout.stop()
        self.source.stop()
        if self._outlet is not None:
            self._outlet.close()
        self._pool.close(FLUSH_S)

    def _let_go(self, slices: Sequence[int]) -> None:
        """Take in what Kafka acknowledges of these slices' batches, or their next owner publishes them once more."""
        if self._outlet is not None:
            self._outlet.flush(FLUSH_S)
        for worker in (self._workers[slice_] for slice_ in slices):
            if worker.mutex.acquire(blocking=False):  # else it is still at work, and its epoch fences it
                try:
                    worker.settle()
                except TransientError as error:
                    LOG.info("%s: left in the outbox: %s", self.name, error)
                    return  # what is away is so for all of them, and Kafka waits for our word
                finally:
                    worker.mutex.release()

    def _current_outlet(self) -> Outlet:
        with self._lock:
            if self._outlet is None or self._outlet.failure is not None:
                if self._outlet is not None:
                    self._outlet.discard()
                self._outlet = Outlet(self._addresses.kafka, self.name)
            return self._outlet

    def _first_positions(self, slice_: int) -> dict[str, int]:
        """Where the log of each topic begins: the first position of a slice that never read it."""
        asking = Consumer({"bootstrap.servers": self._addresses.kafka, "group.id": self.name})
        try:
            return {topic.name: watermarks(asking, topic.name, slice_, ASK_S)[0] for topic in self._reads}
        finally:
            asking.close()

    def _alarm(self, slice_: int, epoch: int, text: str) -> None:
        """Show the alarm to operators, unless the slice is somebody else's by now."""
        query = "update ledger.slice set alarm = %s where consumer = %s and slice = %s and epoch = %s"
        try:
            with self._pool.connection() as connection:
                connection.execute(query, (text, self.name, slice_, epoch))
        except (psycopg.Error, PoolTimeout) as error:
            LOG.warning("%s/%s: the alarm stands in this log only (%s)", self.name, slice_, type(error).__name__)


_REGISTER = """
insert into ledger.consumer (consumer, slices, topic_ids) values (%(name)s, %(slices)s, %(ids)s)
on conflict (consumer) do update set topic_ids = excluded.topic_ids || ledger.consumer.topic_ids
returning slices, topic_ids
"""
_SLICES = """
insert into ledger.slice (consumer, slice)
select %(name)s, slice from generate_series(0, %(slices)s - 1) slice
where not exists (select from ledger.slice there where there.consumer = %(name)s and there.slice = slice.slice)
on conflict do nothing -- by another at the same moment; of one that is there, it would wait for who is at work on it
"""


def register(connection: Connection, name: str, ids: dict[str, str]) -> None:
    """Make the consumer known to the ledger; refuses another number of slices, or a topic with another id."""
    parameters = {"name": name, "slices": SLICES, "ids": Jsonb(ids)}
    row = connection.execute(_REGISTER, parameters).fetchone()
    assert row is not None, "an upsert returns its row"
    slices, known = row
    if slices != SLICES:
        raise AlarmError(f"{name} has {slices} slices in the ledger; {SLICES} now: growth is a new topic version")
    if strangers := [topic for topic, id_ in ids.items() if known[topic] != id_]:
        raise AlarmError(
            f"{name}: {', '.join(strangers)} has another id than before: it was deleted and made anew, so the ledger's"
            " positions mean nothing there. Restore the topic, or clear the consumer's positions to replay it."
        )
    connection.execute(_SLICES, parameters)
