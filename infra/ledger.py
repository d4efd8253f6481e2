"""The exactly-once point: position, de-duplication, state and outgoing events of a batch commit together (DESIGN 2.2).

A slice's row is locked first and holds all that must be read under the lock. Nothing is published before the commit,
and an outcome that is not known is never retried in place: the slice is taken over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from psycopg import Connection
from psycopg.types.json import Jsonb

from infra import failpoints
from infra.errors import FencedError, TakeOverError
from infra.record import Arrival, Departure, micros, pack, unpack
from schemas.codec import encode
from schemas.event import Caused
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic

MEMORY_DAYS = 400
"""For so long a repeated record is known, and a batch can be replayed: a year's files, and a month to find out."""

FORGET_ROWS = 50_000
"""Deleted in one transaction: some tenths of a second."""

Runs = list[list[Any]]
"""What a batch applied, in order: [topic, first offset, next offset]."""


@dataclass(slots=True)
class Cursor:
    """Where a slice stands: its row in `ledger.slice`, changed here during a batch and written back at its end."""

    consumer: str
    slice: int
    epoch: int
    batch: int
    day: date | None
    reference: str | None
    positions: dict[str, int]
    received: dict[str, dict[str, int]]
    sent: dict[str, int]
    parked: dict[str, bool] = field(default_factory=dict)
    breaker: dict[str, list[int]] = field(default_factory=dict)
    """Subjects behind a dead letter, and whether what waits is applied by now; of each topic the letters of late."""
    restored: bool = False  # some of what it decides may lie on its topics already (`infra/restored.py`)
    runs: Runs = field(default_factory=list)

    @property
    def source(self) -> str:
        """The `ce_source` of what the slice sends: sequences are dense per source, topic and partition."""
        return f"{self.consumer}/{self.slice}"

    def move(self, topic: str, to: int) -> None:
        """All of the topic below that offset has been applied."""
        if to > (at := self.positions.get(topic, 0)):
            if not self.runs or self.runs[-1][0] != topic:
                self.runs.append([topic, at, to])
            self.runs[-1][2] = self.positions[topic] = to


class Handler(Protocol):
    """What a consumer does inside the transaction of a batch: all its effects are rows, and the events it returns."""

    def apply(self, connection: Connection, cursor: Cursor, arrivals: Sequence[Arrival]) -> Sequence[Caused]: ...

    def step(self, connection: Connection, cursor: Cursor) -> Sequence[Caused] | None:
        """One bounded piece of work that the slice's day has brought, or None when there is none left."""


class TakenOver(NamedTuple):
    cursor: Cursor
    leftovers: list[tuple[int, list[Departure]]]
    """Batches that were committed but perhaps never published, oldest first."""


_ROW = "epoch, batch, day, reference, positions, received, sent, parked, breaker, restored"
_LOCK = f"select {_ROW} from ledger.slice where consumer = %s and slice = %s for update"
_RAISE = """update ledger.slice set epoch = epoch + 1, owner = %s, alarm = null
where consumer = %s and slice = %s returning epoch"""
_LEFT = "select batch, body from ledger.outbox where consumer = %s and slice = %s order by batch"
_CLEAR = """
delete from ledger.outbox where consumer = %(consumer)s and slice = %(slice)s and batch = any(%(acked)s)
    and exists (select from ledger.slice where consumer = %(consumer)s and slice = %(slice)s and epoch = %(epoch)s)
"""
_FORGET = (
    "delete from ledger.inbox where ctid = any(array(select ctid from ledger.inbox"
    " where consumer = %s and slice = %s and arrived < current_date - %s::int limit %s))",
    "delete from ledger.batch where ctid = any(array(select ctid from ledger.batch"
    " where consumer = %s and slice = %s and applied_at < current_date - %s::int limit %s))",
)
_CLOSE = """
with gone as (
    delete from ledger.outbox where consumer = %(consumer)s and slice = %(slice)s and batch = any(%(acked)s)
), kept as (
    insert into ledger.outbox (consumer, slice, batch, records, body)
    select %(consumer)s, %(slice)s, %(batch)s, %(outgoing)s, %(body)b where %(outgoing)s > 0
), logged as (
    insert into ledger.batch (consumer, slice, batch, epoch, day, step, runs, records, outgoing, digest)
    select %(consumer)s, %(slice)s, %(batch)s, %(epoch)s, %(day)s, %(step)s, %(runs)s, %(records)s, %(outgoing)s,
        case when %(outgoing)s > 0 then sha256(%(body)b) end
)
update ledger.slice set batch = %(batch)s, day = %(day)s, reference = %(reference)s,
    positions = %(positions)s, received = %(received)s, sent = %(sent)s
where consumer = %(consumer)s and slice = %(slice)s
"""


def take_over(connection: Connection, consumer: str, slice_: int, owner: str) -> TakenOver:
    """Raise the slice's epoch and commit; only then, in later statements, read where it stands and what is left."""
    with connection.transaction():
        epoch = raise_epoch(connection, consumer, slice_, owner)
    failpoints.reach("epoch raised")
    with connection.transaction():
        cursor = lock(connection, consumer, slice_, epoch)
        left = connection.execute(_LEFT, (consumer, slice_), binary=True).fetchall()
    return TakenOver(cursor, [(batch, list(unpack(body))) for batch, body in left])


def raise_epoch(connection: Connection, consumer: str, slice_: int, owner: str) -> int:
    """The slice's new epoch: with it, whoever had the slice has lost it."""
    raised = connection.execute(_RAISE, (owner, consumer, slice_)).fetchone()
    if raised is None:
        raise TakeOverError(f"{consumer} has no slice {slice_} in the ledger yet")
    return int(raised[0])


def lock(connection: Connection, consumer: str, slice_: int, epoch: int) -> Cursor:
    """Lock the slice's row and return it as it is under the lock; `FencedError` when the epoch is not ours."""
    row = connection.execute(_LOCK, (consumer, slice_)).fetchone()
    if row is None or row[0] != epoch:
        raise FencedError(f"{consumer}/{slice_}: epoch {epoch} is gone, it is {row and row[0]} now")
    return Cursor(consumer, slice_, *row)


def close(
    connection: Connection,
    cursor: Cursor,
    departures: Sequence[Departure],
    applied: int,
    acked: Sequence[int],
    step: bool = False,
) -> None:
    """Write the batch's end: outbox, batch log, the slice's row; delete exactly the acknowledged batches."""
    cursor.batch += 1
    parameters = {
        "consumer": cursor.consumer,
        "slice": cursor.slice,
        "batch": cursor.batch,
        "epoch": cursor.epoch,
        "day": cursor.day,
        "reference": cursor.reference,
        "positions": Jsonb(cursor.positions),
        "received": Jsonb(cursor.received),
        "sent": Jsonb(cursor.sent),
        "step": step,
        "runs": Jsonb(cursor.runs),
        "records": applied,
        "outgoing": len(departures),
        "body": pack(departures),
        "acked": list(acked),
    }
    connection.execute(_CLOSE, parameters)


def clear(connection: Connection, consumer: str, slice_: int, epoch: int, acked: Sequence[int]) -> None:
    """Delete exactly these batches from the outbox: Kafka has acknowledged every record of them. Nothing under another
    epoch: in a database restored beneath a living worker its numbers mean other batches."""
    connection.execute(_CLEAR, {"consumer": consumer, "slice": slice_, "epoch": epoch, "acked": list(acked)})


def forget(connection: Connection, cursor: Cursor) -> None:
    """Drop ids and batch rows older than `MEMORY_DAYS`, a bounded number each time a day begins."""
    for query in _FORGET:
        connection.execute(query, (cursor.consumer, cursor.slice, MEMORY_DAYS, FORGET_ROWS))


class Outgoing:
    """Numbers and encodes what a consumer decides: dense per source, topic and partition."""

    def __init__(self, writes: Sequence[Topic], schema_ids: dict[str, int]) -> None:
        self._topics = {topic.event: (topic.name, schema_ids[topic.name]) for topic in writes}

    def depart(self, cursor: Cursor, decided: Sequence[Caused]) -> Iterator[Departure]:
        for event, id_, cause in decided:
            topic, schema_id = self._topics[type(event)]
            key = event.key.encode()
            sequence = number(cursor, topic, partition := slice_of(key, SLICES))
            time_us, value = micros(event.occurred_at), encode(event, schema_id)
            yield Departure(topic, partition, sequence, id_, cause, time_us, key, value)


def number(cursor: Cursor, topic: str, partition: int) -> int:
    """The next sequence of this slice in that partition."""
    lane = f"{topic}/{partition}"
    sequence = cursor.sent[lane] = cursor.sent.get(lane, 0) + 1
    return sequence
