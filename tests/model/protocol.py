"""The steps that may happen next. Each is a step of the code, named in the code's words, or a danger."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.model.outside import fails, outside
from tests.model.repairs import Repair
from tests.model.transaction import acked, apply, opens
from tests.model.world import (
    LAST_EPOCH,
    LIMIT,
    Batch,
    Event,
    Model,
    Worker,
    World,
    enqueued,
    failed,
    named,
    put,
    replaced,
    taken_in,
)

Steps = Iterator[tuple[str, World]]


@dataclass(frozen=True)
class Protocol:
    """The steps of one model, worker by worker."""

    model: Model

    def steps(self, world: World) -> Steps:
        if world.alarm:
            return
        for number, worker in enumerate(world.workers):
            if not worker.frozen:
                for text, after in self._worker(world, number, worker):
                    yield f"worker {number} {text}", after
        yield from outside(self.model, world)

    def _worker(self, world: World, number: int, worker: Worker) -> Steps:
        yield from self._take_over(world, number, worker)
        yield from self._fetch(world, number, worker)
        yield from self._lock(world, number, worker)
        yield from self._commit(world, number, worker)
        yield from self._publish(world, number, worker)
        yield from self._settle(world, number, worker)
        yield from fails(self.model, world, number, worker)

    def _take_over(self, world: World, number: int, worker: Worker) -> Steps:
        """`ledger.take_over`. Raising the epoch and reading are one step here: under a raised epoch no other worker can
        commit."""
        on, row = self.model.on, world.slice
        well = [w for w in world.workers if w.epoch == row.epoch and w.epoch and not w.frozen]
        if worker.locked or worker.unsent or (well and not world.dangers.takes) or row.epoch == LAST_EPOCH:
            return
        if not on(Repair.LATER) and worker.read is None:
            yield "takes over: reads the leftovers, waits for the lock", put(world, number, worker._replace(read=row))
            return
        text = "takes over: raises the epoch, reads the row and the leftovers"
        workers = list(world.workers)
        for other, blocker in enumerate(world.workers):
            if blocker.locked and on(Repair.LOCK_FIRST):
                if not on(Repair.ENDS_BLOCKER):
                    return
                text = f"ends worker {other}'s session, which blocks it, and {text}"
                workers[other] = failed(blocker)
        left = (worker.read or row).outbox if on(Repair.LEFTOVERS) else ()
        epoch = row.epoch + 1
        workers[number] = worker._replace(
            epoch=epoch,
            cut=row.positions if on(Repair.RESET) or not worker.cut else worker.cut,
            read=None,
            unsent=((True, left),) if left else (),
            pending=(),
        )
        dangers = world.dangers._replace(takes=world.dangers.takes - bool(well))
        yield text, world._replace(slice=row._replace(epoch=epoch), workers=tuple(workers), dangers=dangers)

    def _fetch(self, world: World, number: int, worker: Worker) -> Steps:
        on, model = self.model.on, self.model
        busy = worker.locked is not None or any(batch.epoch == worker.epoch for batch in worker.batches)
        if not worker.epoch or (busy and (on(Repair.ONE_THREAD) or len(worker.batches) > 1)):
            return
        leftovers = any(left for left, _ in worker.unsent)
        if worker.unsent and on(Repair.LEFTOVERS_FIRST if leftovers else Repair.ONE_THREAD):
            return
        if on(Repair.LIMIT) and len(worker.pending) >= LIMIT and worker.pending[0][1]:
            return
        for topic, (name, log, _) in enumerate(model.reads):
            start = worker.cut[topic]
            first = start if topic else max(start, world.begins)
            if first > start and on(Repair.OUTSIDE):
                yield f"finds its position {start} of {name} outside the log", world._replace(alarm=True)
                continue
            for end in sorted({first + 1, len(log)}):
                if first < end <= len(log):
                    batch = Batch(topic, worker.epoch, start, first, end)
                    fetched = worker._replace(cut=replaced(worker.cut, topic, end), batches=(*worker.batches, batch))
                    yield f"fetches {name} from {start} to {end}", put(world, number, fetched)

    def _lock(self, world: World, number: int, worker: Worker) -> Steps:
        on, row = self.model.on, world.slice
        if worker.locked or (worker.unsent and on(Repair.ONE_THREAD) and on(Repair.LEFTOVERS_FIRST)):
            return
        if on(Repair.LOCK_FIRST) and any(other.locked for other in world.workers):
            return
        for batch in worker.batches:
            if not opens(self.model, row, worker, batch):
                yield f"is refused with {batch.start} to {batch.end}: takes over", put(world, number, failed(worker))
                continue
            rest = tuple(other for other in worker.batches if other is not batch)
            locks = worker._replace(locked=batch, batches=rest, read=None if on(Repair.LOCK_FIRST) else row)
            text = f"locks the row for {batch.start} to {batch.end}"
            if not on(Repair.AFTER_COMMIT):
                events = apply(self.model, row, row, batch)[1] or ()
                locks = self._produced(locks, events)
                text += f" and publishes {named(list(events))}"
            yield text, put(world, number, locks)

    def _commit(self, world: World, number: int, worker: Worker) -> Steps:
        batch, model = worker.locked, self.model
        if batch is None:
            return
        after, events = apply(model, worker.read or world.slice, world.slice, batch)
        if events is None:
            yield "finds a gap in the sequence", world._replace(alarm=True)
            return
        cleared, pending = acked(model, worker, after.outbox)
        after = after._replace(outbox=cleared)
        sends = ((False, events),) if events and model.on(Repair.AFTER_COMMIT) else ()
        idle = worker._replace(locked=None, read=None)
        well = idle._replace(pending=pending, unsent=(*worker.unsent, *sends))
        text = f"{batch.start} to {batch.end}, deciding {named(list(events))}"
        yield f"commits {text}", put(world._replace(slice=after), number, well)
        if world.dangers.unknowns:
            dangers = world.dangers._replace(unknowns=world.dangers.unknowns - 1)
            retries = idle._replace(batches=(batch, *idle.batches))
            doubts = failed(worker) if model.on(Repair.UNKNOWN) else retries
            for word, row in (("commits", after), ("rolls back", world.slice)):
                doubt = put(world._replace(slice=row, dangers=dangers), number, doubts)
                yield f"{word} {text}, and the reply is lost", doubt

    def _publish(self, world: World, number: int, worker: Worker) -> Steps:
        """Hands events from memory to the producer. They go in order, unless the rule that allows one entry only is
        off."""
        for index, (leftovers, events) in enumerate(worker.unsent):
            rest = worker._replace(unsent=worker.unsent[:index] + worker.unsent[index + 1 :])
            text = f"produces {'leftovers ' if leftovers else ''}{named(list(events))}"
            if leftovers and not self.model.on(Repair.SAME_PRODUCER):
                late = (*world.late, enqueued(self.model.none, events))
                yield f"{text} by a producer of their own", put(world._replace(late=late), number, rest)
            else:
                yield text, put(world, number, self._produced(rest, events))

    def _produced(self, worker: Worker, events: tuple[Event, ...]) -> Worker:
        """`OutboxPublisher.publish`: records in order, and a `PendingDelivery` for each batch."""
        pending = worker.pending
        for batch in sorted({event.batch for event in events}):
            partitions = [event.partition for event in events if event.batch == batch]
            awaited = sorted(set(partitions)) if self.model.on(Repair.EACH_PARTITION) else partitions[-1:]
            pending = (*pending, (batch, tuple(awaited)))
        return worker._replace(queues=enqueued(worker.queues, events), pending=pending)

    def _settle(self, world: World, number: int, worker: Worker) -> Steps:
        """Acknowledgements arrive, and the batches that they cover are cleared, whatever the epoch."""
        for partition, queue in enumerate(worker.queues):
            if queue:
                yield f"gets {named([queue[0]])} acknowledged", self._arrive(world, number, worker, partition)
        cleared, pending = acked(self.model, worker, world.slice.outbox)
        if pending != worker.pending and not worker.locked:
            after = world._replace(slice=world.slice._replace(outbox=cleared))
            yield "clears the acknowledged batches", put(after, number, worker._replace(pending=pending))

    def _arrive(self, world: World, number: int, worker: Worker, partition: int) -> World:
        event, *rest = worker.queues[partition]
        pending = worker.pending
        if all(other.batch != event.batch for other in rest):
            told = [i for i, (batch, awaited) in enumerate(pending) if batch == event.batch and partition in awaited]
            for index in told[:1]:
                awaited = tuple(other for other in pending[index][1] if other != partition)
                pending = replaced(pending, index, (event.batch, awaited))
        took = worker._replace(queues=replaced(worker.queues, partition, tuple(rest)), pending=pending)
        return put(taken_in(self.model, world, event), number, took)
