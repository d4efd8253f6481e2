"""Where the time goes: the engine's own code in this process, one slice after the other, with a timer around each part.

Nothing in the product knows of it: its functions are wrapped by name. The parts add up, for a part's time excludes the
parts inside it. A timed call costs something itself, half of it in the part around: the report says how much.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from confluent_kafka import Consumer, TopicPartition
from psycopg.transaction import Transaction

import infra.engine.envelope
import infra.engine.inbox
import infra.engine.intake
import infra.engine.ledger
import infra.engine.worker
import streams.processor
from bench.job import Job
from bench.lab import Ground, Lab
from bench.timers import Timers
from consumers import cv_status, mailboxes
from consumers.record_lock import deleted_for_good
from consumers.sink import Sink
from infra.cli.catalog import sources
from infra.consumer_group import THREADS, transaction_of
from infra.engine.consumer import LedgerConsumer, Wiring, register
from infra.engine.encoder import EventEncoder
from infra.engine.intake import Intake
from infra.engine.outbox import OutboxPublisher
from infra.engine.record import Batch
from infra.engine.worker import Result, Worker
from infra.kafka import end_offsets, topic_ids
from infra.postgres import connect, open_pool
from infra.registry import Registry
from infra.source.buffer import Buffer
from infra.source.record_queue import BATCH_RECORDS
from schemas.topic import SLICES
from streams import cv_requirement
from streams.decision import Subject
from streams.processor import Processor

READ_WAIT_S, ACK_WAIT_S = 1.0, 0.01
FLUSH_S = 10.0
OTHER = "the rest"
_BY_STATEMENT = {
    infra.engine.ledger._LOCK: "begin, lock",
    infra.engine.ledger._CLOSE: "outbox, close",
    infra.engine.inbox._REMEMBER: "inbox",
    streams.processor._READ: "state read",
    streams.processor._WRITE: "state write",
}


@contextmanager
def instrumented(timers: Timers) -> Iterator[None]:
    """The engine's parts, wrapped for the time of the block."""
    wrapped: list[tuple[Any, str, str, bool]] = [
        (infra.engine.envelope, "parse", "headers, key", False),
        (infra.engine.envelope, "_check_key", "headers, key", False),
        (infra.engine.intake, "remember", "inbox", False),
        (Intake, "_event", "decode, validate", False),
        (Processor, "_subject", "state read", False),
        (Subject, "apply", "decide", False),
        (Processor, "_write", "state write", False),
        (Sink, "apply", "rows", False),
        (EventEncoder, "encode_all", "encode", True),
        (infra.engine.ledger, "close", "outbox, close", False),
        (Transaction, "__enter__", "begin, lock", False),
        (Transaction, "__exit__", "commit", False),
        (OutboxPublisher, "publish", "publish", False),
        (Worker, "_wait_for_room", "wait for acks", False),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _, _ in wrapped]
    before.append((psycopg.Connection, "execute", psycopg.Connection.execute))
    try:
        for (owner, name, part, lazy), (_, _, function) in zip(wrapped, before, strict=False):
            setattr(owner, name, timers.around(function, part, lazy=lazy))
        setattr(psycopg.Connection, "execute", timers.execute(psycopg.Connection.execute, _BY_STATEMENT))  # noqa: B010 - mypy forbids assigning a method
        yield
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def profile(lab: Lab, events: int) -> Iterator[tuple[str, int, Timers]]:
    """Consumer by consumer: its name, the records that it applied, and where their time went."""
    job = Job(events)
    with lab.fresh() as ground:
        everyone: list[LedgerConsumer] = [Processor(cv_requirement.decision), cv_status.sink, mailboxes.sink]
        ground.fill(job.first_load)
        ground.begin_day()
        _drain(ground, everyone[0], Timers())
        ground.fill(job.facts)
        for consumer in everyone:
            timers = Timers()
            with instrumented(timers):
                records = _drain(ground, consumer, timers)
            yield consumer.name, records, timers


def _drain(ground: Ground, consumer: LedgerConsumer, timers: Timers) -> int:
    """Apply all that is on the topics, slice by slice in batches; returns the number of records."""
    with connect(ground.addresses.dsn, consumer.name) as connection:
        register(connection, consumer.name, topic_ids(ground.client, [topic.name for topic in consumer.reads]))
    publisher = OutboxPublisher(ground.addresses.kafka, consumer.name)
    registry = Registry(ground.addresses.registry)
    wiring = Wiring(ground.addresses, registry, ground.schema_ids, deleted_for_good, sources())
    transaction = transaction_of(consumer, wiring)
    records = 0
    with open_pool(ground.addresses.dsn, consumer.name, THREADS) as pool:
        for slice_ in range(SLICES):
            worker = Worker(consumer.name, slice_, pool, lambda: publisher, transaction)
            records += _drain_slice(ground, consumer, worker, transaction.intake, slice_, timers)
        publisher.close()
    return records


def _drain_slice(
    ground: Ground, consumer: LedgerConsumer, worker: Worker, intake: Intake, slice_: int, timers: Timers
) -> int:
    names = [topic.name for topic in consumer.reads]
    epoch, positions = worker.take_over("bench", lambda: dict.fromkeys(names, 0))
    ends = end_offsets(ground.client, names)[slice_]
    left = records = sum(ends[name] - positions[name] for name in names)
    buffer = Buffer(slice_, epoch, names, positions, intake.ends_of)
    reader = Consumer(
        {"bootstrap.servers": ground.addresses.kafka, "group.id": "bench-profile", "enable.partition.eof": True}
    )
    reader.assign([TopicPartition(name, slice_, positions[name]) for name in names])
    result = Result(more=True, unsettled=False)
    while left:
        for record in reader.consume(min(BATCH_RECORDS, left), READ_WAIT_S):
            buffer.take_in(record)
        batch = buffer.cut()
        left -= sum(to - batch.froms[name] for name, to in batch.tos.items())
        with timers.part(OTHER):
            result = worker.work(batch)
    reader.close()
    while result.more or result.unsettled:
        threading.Event().wait(ACK_WAIT_S)
        with timers.part(OTHER):
            result = worker.work(Batch(slice_, epoch, {}, {}, []))
    return records
