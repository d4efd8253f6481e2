"""One consumer in this process, composed: its source, one worker for each slice, and what a transaction does beside."""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial

import psycopg
from confluent_kafka import Consumer, KafkaException
from psycopg_pool import PoolTimeout
from structlog import contextvars

from infra.dead_letters.commands import CommandWatcher
from infra.dead_letters.redrive import Redrive
from infra.dead_letters.store import store
from infra.engine import failpoints
from infra.engine.consumer import LedgerConsumer, Wiring, check_same, register
from infra.engine.encoder import EventEncoder
from infra.engine.intake import Intake
from infra.engine.outbox import OutboxPublisher
from infra.engine.record import Batch
from infra.engine.transaction import BatchTransaction, ExtraSteps
from infra.engine.worker import Worker
from infra.errors import AlarmError, FaultyRecordError, FencedError, TransientError, named
from infra.kafka import admin, away, known_ids, topic_ids, watermarks
from infra.log import get_logger
from infra.postgres import connect, open_pool
from infra.recovery.restore import forget_published, published, unpublished
from infra.source.log_check import SETTINGS, check_log
from infra.source.partition_state import Stop, TakeOver, Work
from infra.source.poll_loop import Source
from schemas.topic import SLICES

LOG = get_logger(__name__)

THREADS = 4
"""Slices of one consumer that are worked on at once: Python decodes one while PostgreSQL and Kafka work on others."""

ASK_S = 10.0
"""Seconds for Kafka to say where a log begins, before a slice is taken over."""

MAX_FAILURES = 5
"""Failures of rules, statements or the program in a slice, without progress, before an alarm: some seconds, in which
what passes by itself passes, and another record may come and show that it is the first one's fault."""

FLUSH_S = 1.0
"""Seconds for the producer's last acknowledgements when it stops."""


def transaction_of(consumer: LedgerConsumer, wiring: Wiring) -> BatchTransaction:
    """The consumer's transaction, with dead letters and restores as its extra steps."""
    intake = Intake(consumer.reads, wiring.schemas, wiring.sources)
    redrive = Redrive(intake, consumer, wiring.refused, published)
    extra = ExtraSteps(partial(store, published=published), redrive.step, unpublished, forget_published)
    return BatchTransaction(intake, EventEncoder(consumer.writes, wiring.schema_ids), consumer, extra)


class ConsumerGroup:
    """One process's share of a consumer: a member of the Kafka consumer group of that name, which runs the slices that
    Kafka gives it. `deliver` hands a piece of work to a thread, which calls `run` with it."""

    def __init__(
        self, consumer: LedgerConsumer, wiring: Wiring, deliver: Callable[[Work], None], linger_s: float = 0.0
    ) -> None:
        self.name, self._reads, self._addresses = consumer.name, consumer.reads, wiring.addresses
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = threading.Lock()
        self._publisher: OutboxPublisher | None = None
        self._failures: dict[int, int] = {}
        """By slice, how often it has failed without progress."""
        self._pool = open_pool(wiring.addresses.dsn, consumer.name, THREADS + 1)
        transaction = transaction_of(consumer, wiring)
        self._workers = [
            Worker(self.name, slice_, self._pool, self._current_publisher, transaction) for slice_ in range(SLICES)
        ]
        kafka = wiring.addresses.kafka
        self.source = Source(self.name, self._reads, kafka, deliver, self._let_go, transaction.intake.ends_of, linger_s)
        self._watcher = CommandWatcher(self.name, self._pool, self._workers, self.source)

    def start(self) -> None:
        with connect(self._addresses.dsn, self.name) as connection:
            self.source.ids = topic_ids(admin(self._addresses.kafka), [t.name for t in self._reads])
            register(connection, self.name, self.source.ids)
        self.source.start()
        self._watcher.start()

    def run(self, work: Work) -> None:
        """Does one piece of work and tells the source how it went."""
        slice_ = int(work) if isinstance(work, TakeOver) else work.slice
        worker = self._workers[slice_]
        contextvars.clear_contextvars()  # of every line of this thread until the next work
        contextvars.bind_contextvars(consumer=self.name, slice=slice_)
        if isinstance(work, Batch) and work.tos:
            contextvars.bind_contextvars(topic=", ".join(work.tos))
        try:
            with worker.mutex:
                self._do(worker, slice_, work)
        except (TransientError, KafkaException) as error:
            if isinstance(error, FencedError):
                self.source.fenced(slice_)
            else:
                self.source.failed(slice_, None)
            server = error.away if isinstance(error, TransientError) else away(error)
            LOG.warning("taking over again", why=str(error), away=server)
        except FaultyRecordError as error:
            self._repeats(slice_, worker.epoch, str(error))
        except AlarmError as error:
            self._stop(slice_, worker.epoch, str(error))
        except Exception as error:  # noqa: BLE001 - the default branch: what nobody has thought of
            self._repeats(slice_, worker.epoch, f"this program failed: {named(error)}")
        except BaseException:
            self.source.failed(slice_, None)
            raise

    def _repeats(self, slice_: int, epoch: int, why: str) -> None:
        """Takes the slice over again; at the `MAX_FAILURES`th such failure in a row, stops it with an alarm."""
        times = self._failures[slice_] = self._failures.get(slice_, 0) + 1
        if times < MAX_FAILURES:
            LOG.error("failed; taking over again", why=why, times=times)
            self.source.failed(slice_, None)
        else:
            del self._failures[slice_]
            self._stop(slice_, epoch, f"{why} ({times} failures without progress)")

    def _stop(self, slice_: int, epoch: int, alarm: str) -> None:
        LOG.error("ALARM", alarm=alarm)
        self.source.failed(slice_, alarm)
        self._alarm(slice_, epoch, alarm)

    def _do(self, worker: Worker, slice_: int, work: Work) -> None:
        if isinstance(work, Stop):
            raise AlarmError(work.alarm)
        if isinstance(work, TakeOver):
            self._take_over(worker, slice_)
            return
        failpoints.reach("polled")
        result = worker.work(work)
        self.source.done(slice_, result.more, result.unsettled)
        if work.tos or result.more:
            self._failures.pop(slice_, None)
        if work.tos:
            self.source.offsets.note(slice_, worker.positions)

    def _take_over(self, worker: Worker, slice_: int) -> None:
        """Takes the slice over, if its topics and the ends of their logs are those that it has read."""
        kafka, names = self._addresses.kafka, [topic.name for topic in self._reads]
        asking = Consumer({"bootstrap.servers": kafka, "group.id": self.name, "log_level": 0, **SETTINGS})
        try:
            lows = lambda: {name: watermarks(asking, name, slice_, ASK_S)[0] for name in names}  # noqa: E731 - one line
            stood = worker.batch
            epoch, positions = worker.take_over(self._owner, lows)
            if worker.batch != stood:  # it came further, though it failed behind the commit
                self._failures.pop(slice_, None)
            check_same(self.name, self.source.ids, known_ids(admin(kafka), names))
            check_log(asking, slice_, worker.marks)
        finally:
            asking.close()
        self.source.started(slice_, epoch, positions)

    def stop(self) -> None:
        """Finishes or abandons the work under way within 10 s. Unacknowledged batches: the next owner's leftovers."""
        self._watcher.stop()
        self.source.stop()
        if self._publisher is not None:
            self._publisher.close()
        self._pool.close(FLUSH_S)

    def _let_go(self, slices: Sequence[int]) -> None:
        """Takes in acknowledgements for these slices: their next owner publishes the unacknowledged rest again."""
        if self._publisher is not None:
            self._publisher.flush(FLUSH_S)
        for worker in (self._workers[slice_] for slice_ in slices):
            if worker.mutex.acquire(blocking=False):  # else it is still at work, and its epoch fences it
                try:
                    worker.settle()
                except TransientError as error:
                    LOG.info(
                        "batches stay in the outbox",
                        consumer=self.name,
                        slice=worker.slice,
                        why=str(error),
                        away=error.away,
                    )
                    return  # what is away is so for all of them, and Kafka waits for our word
                finally:
                    worker.mutex.release()

    def _current_publisher(self) -> OutboxPublisher:
        with self._lock:
            if self._publisher is None or self._publisher.failure is not None:
                if self._publisher is not None:
                    self._publisher.discard()
                self._publisher = OutboxPublisher(self._addresses.kafka, self.name)
            return self._publisher

    def _alarm(self, slice_: int, epoch: int, text: str) -> None:
        """Shows the alarm to operators, unless the slice has another owner by now."""
        query = "update ledger.slice set alarm = %s where consumer = %s and slice = %s and epoch = %s"
        try:
            with self._pool.connection() as connection:
                connection.execute(query, (text, self.name, slice_, epoch))
        except (psycopg.Error, PoolTimeout) as error:
            LOG.warning("the alarm stands in this log only", consumer=self.name, slice=slice_, why=type(error).__name__)
