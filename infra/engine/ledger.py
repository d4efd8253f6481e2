"""The exactly-once point: positions, deduplication, state and produced events of a batch commit together (DESIGN 2.2).

A transaction locks its slice's row first; the row holds everything that must be read under the lock. Nothing is
published before the commit. A transaction whose outcome is not known is never repeated: the slice is taken over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.engine import failpoints
from infra.engine.aside import Aside
from infra.engine.record import IncomingEvent, OutgoingRecord, pack, unpack
from infra.errors import FencedError, TakeOverError

MEMORY_DAYS = 400
"""Days for which a repeated record is recognised and a batch can be replayed: a year's files, and a month to notice."""

FORGET_ROWS = 50_000
"""Rows deleted from each table in one transaction, which takes some tenths of a second."""

Runs = list[list[Any]]
"""What a batch has applied, in order: [topic, first offset, next offset]."""


@dataclass(slots=True)
class Cursor:
    """A slice's row in `ledger.slice`, read under the lock and changed by a batch. `positions`: by topic, the next
    offset to apply. `received`: by topic and source, the last sequence applied and its id (`last_sequence`). `sent`: by
    "topic/partition", the last sequence given out."""

    consumer: str
    slice: int
    epoch: int
    batch: int
    day: date | None
    reference: str | None
    positions: dict[str, int]
    received: dict[str, dict[str, Any]]
    sent: dict[str, int]
    parked: dict[str, bool] = field(default_factory=dict)
    breaker: dict[str, list[int]] = field(default_factory=dict)
    restored: bool = False
    """The extra steps' own. `parked`: subjects behind a dead letter; true while waiting records are being applied."""
    marks: dict[str, list[Any]] = field(default_factory=dict)
    """By topic: the offset of the last record that was applied, and `mark_of` it."""
    runs: Runs = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    """What the batch sets aside by judgement. A replay begins with what is in the batch log."""
    judged: bool = False
    """It is judged already: by the batch that a replay repeats, or by a person who drives a refusal again."""

    wakes: int | None = None
    """The most wakes that a step may do; None in a replay of a step of before there was a bound (0060)."""

    bare: bool = False
    """A replay of a batch of before ids of 32 digits had their source, and the inbox a hash of what they say."""

    def refuse(self, incoming: IncomingEvent, reason: str) -> None:
        """The handler must not apply this event: it is set aside, parks nobody, and only a person applies it. Not to be
        called once it is `judged`."""
        self.aside.append(Aside(incoming.topic.name, incoming.offset, reason))

    @property
    def source(self) -> str:
        """The `ce_source` of the slice's records. Sequences are dense for each source, topic and partition."""
        return f"{self.consumer}/{self.slice}"

    def move(self, topic: str, to: int) -> None:
        """Records that every offset of the topic below `to` is applied."""
        if to > (at := self.positions.get(topic, 0)):
            if not self.runs or self.runs[-1][0] != topic:
                self.runs.append([topic, at, to])
            self.runs[-1][2] = self.positions[topic] = to


class TakenOver(NamedTuple):
    cursor: Cursor
    leftovers: list[tuple[int, list[OutgoingRecord]]]
    """Batches that are committed and perhaps not published, oldest first: their numbers and records."""


_ROW = "epoch, batch, day, reference, positions, received, sent, parked, breaker, restored, marks"
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
    insert into ledger.batch
        (consumer, slice, batch, epoch, day, step, runs, records, outgoing, digest, set_aside, bare, wakes)
    select %(consumer)s, %(slice)s, %(batch)s, %(epoch)s, %(day)s, %(step)s, %(runs)s, %(records)s, %(outgoing)s,
        case when %(outgoing)s > 0 then sha256(%(body)b) end, %(aside)s, %(bare)s, %(wakes)s
)
update ledger.slice set batch = %(batch)s, day = %(day)s, reference = %(reference)s,
    positions = %(positions)s, received = %(received)s, sent = %(sent)s, marks = %(marks)s
where consumer = %(consumer)s and slice = %(slice)s
"""


def take_over(connection: Connection, consumer: str, slice_: int, owner: str) -> TakenOver:
    """Raises the slice's epoch and commits; only later statements read the row and the outbox, so that they see every
    batch that the previous owner has committed."""
    with connection.transaction():
        epoch = raise_epoch(connection, consumer, slice_, owner)
    failpoints.reach("epoch raised")
    with connection.transaction():
        cursor = lock(connection, consumer, slice_, epoch)
        left = connection.execute(_LEFT, (consumer, slice_), binary=True).fetchall()
    return TakenOver(cursor, [(batch, list(unpack(body))) for batch, body in left])


def raise_epoch(connection: Connection, consumer: str, slice_: int, owner: str) -> int:
    """Raises the slice's epoch and returns it. The previous owner can commit nothing more."""
    raised = connection.execute(_RAISE, (owner, consumer, slice_)).fetchone()
    if raised is None:
        raise TakeOverError(f"{consumer} has no slice {slice_} in the ledger yet")
    return int(raised[0])


def lock(connection: Connection, consumer: str, slice_: int, epoch: int) -> Cursor:
    """Locks the slice's row and returns it as it is under the lock. `FencedError` if the epoch was raised since."""
    row = connection.execute(_LOCK, (consumer, slice_)).fetchone()
    if row is None or row[0] != epoch:
        raise FencedError(f"{consumer}/{slice_}: epoch {epoch} is gone, it is {row and row[0]} now")
    return Cursor(consumer, slice_, *row)


def close(
    connection: Connection,
    cursor: Cursor,
    outgoing: Sequence[OutgoingRecord],
    applied: int,
    acked: Sequence[int],
    step: bool = False,
) -> None:
    """Writes the end of the batch (outbox, batch log, slice's row) and deletes exactly the acknowledged batches."""
    cursor.batch += 1
    known: dict[str, Any] = {"consumer": cursor.consumer, "slice": cursor.slice, "batch": cursor.batch}
    known |= {"epoch": cursor.epoch, "day": cursor.day, "reference": cursor.reference, "step": step, "records": applied}
    known |= {column: Jsonb(getattr(cursor, column)) for column in ("positions", "received", "sent", "marks", "runs")}
    known |= {"outgoing": len(outgoing), "body": pack(outgoing), "acked": list(acked)}
    known |= {"aside": Jsonb(cursor.aside) if cursor.aside else None, "bare": cursor.bare}
    known["wakes"] = cursor.wakes if step else None
    connection.execute(_CLOSE, known)


def clear(connection: Connection, consumer: str, slice_: int, epoch: int, acked: Sequence[int]) -> None:
    """Deletes exactly these batches, whose records Kafka has all acknowledged, from the outbox. Deletes nothing under
    another epoch: in a database that was restored beneath a living worker, its numbers mean other batches."""
    connection.execute(_CLEAR, {"consumer": consumer, "slice": slice_, "epoch": epoch, "acked": list(acked)})


def forget(connection: Connection, cursor: Cursor) -> None:
    """Deletes ids and batch rows older than `MEMORY_DAYS`: a bounded number each time a day begins."""
    for query in _FORGET:
        connection.execute(query, (cursor.consumer, cursor.slice, MEMORY_DAYS, FORGET_ROWS))
