"""What the protocol's model consists of. All values are frozen: a state is one `World`."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

from tests.model.repairs import Repair

T = TypeVar("T")

LIMIT = 2
"""Stands for `MAX_UNACKED_BATCHES`."""

LAST_EPOCH = 8
"""More take-overs than dangers ever call for: who gets there is going in a circle."""


class Topic(NamedTuple):
    """What is read. Where the ledger writes, a record is its sequence, a digit; else its id. `!`: unreadable."""

    name: str
    log: str
    ledger: bool = False


class Event(NamedTuple):
    """One event decided, as it lies in the outbox and travels."""

    batch: int
    partition: int
    sequence: int
    id: str


Queues = tuple[tuple[Event, ...], ...]
"""By partition: what a producer has not got acknowledged, in order."""


class Batch(NamedTuple):
    """Offsets `first` to `end` of one topic, fetched from `start` on."""

    topic: int
    epoch: int
    start: int
    first: int
    end: int


class Slice(NamedTuple):
    """The slice's row and what commits with it. `decided` are its tables; marks and inbox follow from them."""

    epoch: int
    positions: tuple[int, ...]
    sent: tuple[int, ...]
    batch: int = 0
    outbox: tuple[Event, ...] = ()
    decided: tuple[Event, ...] = ()
    letters: tuple[tuple[int, int], ...] = ()
    known: frozenset[str] = frozenset()
    """Ids that lay on the topics when the database was restored."""


class Worker(NamedTuple):
    """One process's part in the slice. Epoch 0: it must take over first."""

    epoch: int = 0
    cut: tuple[int, ...] = ()
    batches: tuple[Batch, ...] = ()
    locked: Batch | None = None
    """The batch in a transaction."""
    read: Slice | None = None
    """What was read too early, with LOCK_FIRST or LATER off."""
    unsent: tuple[tuple[bool, tuple[Event, ...]], ...] = ()
    """Committed, not produced; whether they are leftovers."""
    queues: Queues = ()
    tickets: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """Batch, and the partitions whose acknowledgement is awaited."""
    frozen: bool = False


class Dangers(NamedTuple):
    """How often each may still happen. A slow process needs no danger: any other may always step first."""

    takes: int = 0
    """Take-overs from a worker that is well."""
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
    """By partition: what the subscriber has taken in; what it skipped is not kept."""
    late: tuple[Queues, ...] = ()
    """Of producers that are gone: a beginning of it may still arrive."""
    begins: int = 0
    """Where the first topic's log begins."""
    dump: Slice | None = None
    restored: bool = False
    alarm: bool = False


@dataclass(frozen=True)
class Model:
    """One configuration: what is read, which dangers there are, what is switched off."""

    reads: tuple[Topic, ...]
    dangers: Dangers = SAFE
    workers: int = 2
    partitions: int = 2
    alarms: bool = False
    """An alarm is the right end here."""
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
    """The world with another worker of that number."""
    return world._replace(workers=replaced(world.workers, number, worker))


def failed(worker: Worker) -> Worker:
    """`Lane.failed`: nothing in memory counts; what the producer has stays on its way."""
    return worker._replace(epoch=0, batches=(), locked=None, read=None, unsent=())


def taken_in(model: Model, world: World, event: Event) -> World:
    """Kafka appends the record; the subscriber takes it in, unless its rule skips it."""
    taken = world.topics[event.partition]
    if taken and event.sequence <= taken[-1].sequence and model.on(Repair.SUBSCRIBER):
        return world
    return world._replace(topics=replaced(world.topics, event.partition, (*taken, event)))
