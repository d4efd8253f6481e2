"""The values of the protocol's model. All are frozen: a state is one `World`."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

from tests.model.repairs import Repair

T = TypeVar("T")

LIMIT = 2
"""Stands for `MAX_UNACKED_BATCHES`."""

LAST_EPOCH = 8
"""More take-overs than the dangers ever cause: a worker that gets there goes in a circle."""


class Topic(NamedTuple):
    """A topic that the slice reads. Each character of `log` is a record: its id, or, on a ledger's topic, its sequence.
    `!` is an unreadable record."""

    name: str
    log: str
    ledger: bool = False


class Event(NamedTuple):
    """One decided event, as it is in the outbox and on the wire."""

    batch: int
    partition: int
    sequence: int
    id: str


Queues = tuple[tuple[Event, ...], ...]
"""For each partition, the events of a producer that are not acknowledged yet, in order."""


class Batch(NamedTuple):
    """Offsets `first` to `end` of one topic, fetched from `start` on."""

    topic: int
    epoch: int
    start: int
    first: int
    end: int


class Slice(NamedTuple):
    """The slice's row and everything that commits with it. `decided` stands for its tables; marks and inbox follow from
    it."""

    epoch: int
    positions: tuple[int, ...]
    sent: tuple[int, ...]
    batch: int = 0
    outbox: tuple[Event, ...] = ()
    decided: tuple[Event, ...] = ()
    letters: tuple[tuple[int, int], ...] = ()
    known: frozenset[str] = frozenset()
    """Ids that were on the topics when the database was restored."""


class Worker(NamedTuple):
    """One process's view of the slice. Epoch 0: it must take over first."""

    epoch: int = 0
    cut: tuple[int, ...] = ()
    batches: tuple[Batch, ...] = ()
    locked: Batch | None = None
    """The batch whose transaction is open."""
    read: Slice | None = None
    """The row as it was read too early, with LOCK_FIRST or LATER off."""
    unsent: tuple[tuple[bool, tuple[Event, ...]], ...] = ()
    """Events that are committed but not produced yet; true: they are leftovers."""
    queues: Queues = ()
    pending: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """Batch, and the partitions whose acknowledgement is awaited."""
    frozen: bool = False


class Dangers(NamedTuple):
    """How often each danger may still happen. A slow process needs none: any other worker may always step first."""

    takes: int = 0
    """Take-overs from a worker that still works."""
    crashes: int = 0
    unknowns: int = 0
    errors: int = 0
    """Delivery errors."""
    freezes: int = 0
    restores: int = 0
    retention: int = 0


SAFE = Dangers()


class World(NamedTuple):
    slice: Slice
    workers: tuple[Worker, ...]
    dangers: Dangers
    topics: Queues
    """For each partition, the events that the subscriber has accepted, without those that it skipped."""
    late: tuple[Queues, ...] = ()
    """Unacknowledged events of ended producers: the first ones of each queue may still arrive."""
    begins: int = 0
    """The first offset of the first topic's log."""
    dump: Slice | None = None
    restored: bool = False
    alarm: bool = False


@dataclass(frozen=True)
class Model:
    """One configuration: the topics that are read, the dangers, and the rules that are switched off."""

    reads: tuple[Topic, ...]
    dangers: Dangers = SAFE
    workers: int = 2
    partitions: int = 2
    alarms: bool = False
    """True when an alarm is the right end."""
    off: frozenset[Repair] = frozenset()

    def on(self, repair: Repair) -> bool:
        return repair not in self.off

    @cached_property
    def none(self) -> Queues:
        return ((),) * self.partitions

    def start(self) -> World:
        row = Slice(0, (0,) * len(self.reads), (0,) * self.partitions)
        return World(row, (Worker(queues=self.none),) * self.workers, self.dangers, self.none)


def replaced(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])


def enqueued(queues: Queues, events: tuple[Event, ...]) -> Queues:
    return tuple(
        (*queue, *(event for event in events if event.partition == partition)) for partition, queue in enumerate(queues)
    )


def named(events: list[Event]) -> str:
    return ", ".join(f"{event.id}#{event.sequence}" for event in events) or "nothing"


def put(world: World, number: int, worker: Worker) -> World:
    """The world with this worker in the place of that number."""
    return world._replace(workers=replaced(world.workers, number, worker))


def failed(worker: Worker) -> Worker:
    """`PartitionState.failed`: nothing in memory counts any more; records that the producer has are still on their
    way."""
    return worker._replace(epoch=0, batches=(), locked=None, read=None, unsent=())


def taken_in(model: Model, world: World, event: Event) -> World:
    """Kafka appends the record; the subscriber accepts it, unless its rule skips it."""
    taken = world.topics[event.partition]
    if taken and event.sequence <= taken[-1].sequence and model.on(Repair.SUBSCRIBER):
        return world
    return world._replace(topics=replaced(world.topics, event.partition, (*taken, event)))
