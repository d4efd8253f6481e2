"""Finds the record on which a batch fails. A faulty one is set aside if another one of the batch passes (DESIGN 2.6).

If none passes, it is the program that is wrong, and no record. What is set aside parks its key and counts for the
limits of dead letters, so a program that is wrong for one kind of record drains no topic.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, cast

from infra.engine.aside import Aside
from infra.engine.record import Batch
from infra.errors import FaultyRecordError, RecordAlarmError, TransientError
from schemas.topics import TOPICS

MAX_PIECE = 1 << 20
"""Records of a batch in one transaction: more than any batch has."""

PROBES = 20
"""Records behind a faulty one that are tried by themselves, when none before it has passed."""

_BROADCAST = {topic.name for topic in TOPICS if topic.broadcast}


class Attempt(Protocol):
    def __call__(self, batch: Batch, aside: Sequence[Aside] = (), *, probe: bool = False) -> int:
        """Applies the batch without these records in a transaction, and returns how many events it applied. A probe is
        rolled back. Raises `RecordAlarmError`."""


def head(batch: Batch, count: int) -> Batch:
    """The batch's first so many records. Each topic moves behind its last one, to the batch's end if none is left."""
    tos: dict[str, int] = {}
    for record in batch.records[:count]:
        tos[cast(str, record.topic())] = cast(int, record.offset()) + 1
    left = {record.topic() for record in batch.records[count:]}
    tos |= {topic: to for topic, to in batch.tos.items() if topic not in left}
    return batch._replace(tos=tos, records=batch.records[:count])


class Pieces:
    """How much a slice does in a transaction: `most`, until a transaction does not come to its end. Then half, and half
    again, so that no work is too long for the time that a transaction has; and a `share` more again each time it
    goes."""

    def __init__(self, most: int, share: float = 1.0) -> None:
        self.size = self._most = most
        self._share = share

    def apply(self, batch: Batch, attempt: Attempt) -> None:
        """Applies the batch, piece by piece. Raises what `apply` does, and `TransientError` as the transaction does."""
        count = len(batch.records)
        with self.of(count):
            for end in range(self.size, count, self.size):
                apply(head(batch, end), attempt)
            apply(batch, attempt)

    @contextmanager
    def of(self, count: int) -> Iterator[None]:
        """Learns the size of the next pieces from how the work inside ends, which is `count` large."""
        try:
            yield
        except TransientError:
            self.size = max(1, min(self.size, count) // 2)
            raise
        self.size = min(self.size + max(1, int(self._share * self.size)), self._most)


def apply(batch: Batch, attempt: Attempt) -> None:
    """Applies the batch, in one transaction if nothing fails. Else the part before the record on which it fails is
    committed by itself, and the rest without that record, if it is faulty. Raises the error if it is not, if no other
    record passes, or if it is a broadcast: what is for every slice waits for a person. The slice then stands exactly in
    front of it."""
    low = passed = 0
    while True:
        if (fault := _fault(batch, attempt)) is None:
            return
        high = len(batch.records)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                passed += attempt(head(batch, middle))
                low = middle
            except RecordAlarmError as error:
                fault, high = error, middle
        if low == high:
            raise fault
        if not isinstance(fault, FaultyRecordError) or batch.records[low].topic() in _BROADCAST:
            raise _at(batch, low, fault)
        if not passed and not any(_passes(batch, at, attempt) for at in range(high, len(batch.records))[:PROBES]):
            raise _at(batch, low, fault)
        passed += attempt(head(batch, high), [_aside(batch, low, str(fault), parks=True, counts=True)])
        low = high


def _fault(batch: Batch, attempt: Attempt) -> RecordAlarmError | None:
    try:
        attempt(batch)
    except RecordAlarmError as error:
        return error
    return None


def _at(batch: Batch, at: int, fault: RecordAlarmError) -> RecordAlarmError:
    record = batch.records[at]
    return type(fault)(f"{fault} At offset {record.offset()} of {record.topic()}, partition {batch.slice}.")


def _passes(batch: Batch, at: int, attempt: Attempt) -> bool:
    """Whether this record passes without all others."""
    others = [_aside(batch, number, "not tried") for number in range(len(batch.records)) if number != at]
    try:
        return attempt(batch, others, probe=True) > 0
    except RecordAlarmError:
        return False


def _aside(batch: Batch, at: int, reason: str, *, parks: bool = False, counts: bool = False) -> Aside:
    record = batch.records[at]
    return Aside(cast(str, record.topic()), cast(int, record.offset()), reason, parks=parks, counts=counts)
