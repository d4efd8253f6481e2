"""The dangers: workers die, producers fail, records come late, logs shrink, an older database is restored."""

from collections.abc import Iterator

from tests.model.repairs import Repair
from tests.model.world import Model, Worker, World, failed, named, put, taken_in

Steps = Iterator[tuple[str, World]]


def fails(model: Model, world: World, number: int, worker: Worker) -> Steps:
    """The steps in which this worker crashes, freezes for good or has a delivery error."""
    dangers, on, none = world.dangers, model.on, model.none
    gone = world._replace(late=tuple(sorted((*world.late, worker.queues)))) if any(worker.queues) else world
    if dangers.crashes and worker != Worker(queues=none):
        after = gone._replace(dangers=dangers._replace(crashes=dangers.crashes - 1))
        yield "dies", put(after, number, Worker(queues=none))
    if dangers.freezes and worker.epoch:
        after = gone._replace(dangers=dangers._replace(freezes=dangers.freezes - 1))
        yield "freezes for good", put(after, number, worker._replace(queues=none, frozen=True))
    if not dangers.errors or worker.locked or not any(worker.queues):
        return
    dangers = dangers._replace(errors=dangers.errors - 1)
    goes_on = failed(worker) if on(Repair.DISCARD) else worker
    text = "has a delivery error: the producer is discarded, what is on the wire may still arrive"
    yield text, put(gone._replace(dangers=dangers), number, goes_on._replace(queues=none))
    for partition, queue in enumerate(worker.queues):
        rest = worker.queues[:partition], worker.queues[partition + 1 :]
        if not on(Repair.NO_TIMEOUT) and queue:
            late = (*world.late, (*rest[0], queue[1:], *rest[1]))
            after = world._replace(late=late, dangers=dangers)
            yield f"has {named([queue[0]])} time out", put(after, number, goes_on._replace(queues=none))
        if not on(Repair.IDEMPOTENT) and len(queue) > 1:
            queues = (*rest[0], (queue[1], queue[0], *queue[2:]), *rest[1])
            after = world._replace(dangers=dangers)
            yield f"sends {named([queue[0]])} again", put(after, number, worker._replace(queues=queues))


def outside(model: Model, world: World) -> Steps:
    for index, queues in enumerate(world.late):
        others = world.late[:index] + world.late[index + 1 :]
        yield "records that an ended producer still had on the wire vanish", world._replace(late=others)
        for partition, queue in enumerate(queues):
            if queue:
                rest = (*queues[:partition], queue[1:], *queues[partition + 1 :])
                left = tuple(sorted((*others, rest))) if any(rest) else others
                text = f"{queue[0].id}#{queue[0].sequence} arrives late, its producer has ended"
                yield text, taken_in(model, world._replace(late=left), queue[0])
    if world.dangers.retention and world.begins < len(model.reads[0].log):
        dangers = world.dangers._replace(retention=world.dangers.retention - 1)
        yield "retention deletes the first record of a topic", world._replace(begins=world.begins + 1, dangers=dangers)
    if world.dangers.restores and world.dump is None:
        yield "the database is dumped", world._replace(dump=world.slice)
    if world.dangers.restores and world.dump is not None and (_quiet(world) or not model.on(Repair.ENDED)):
        yield "the older dump is restored", _restored(model, world)


def _quiet(world: World) -> bool:
    busy = any(worker.locked or worker.unsent or any(worker.queues) for worker in world.workers)
    return not busy and not world.late


def _restored(model: Model, world: World) -> World:
    assert world.dump is not None, "asked before"
    sent, known = world.dump.sent, frozenset[str]()
    # No session outlives the restore.
    living = tuple(failed(worker) if worker.locked else worker for worker in world.workers)
    if model.on(Repair.ABOVE):
        sent = tuple(
            max([mark, *(event.sequence for event in on)]) for mark, on in zip(sent, world.topics, strict=True)
        )
    if model.on(Repair.IDS):
        known = frozenset(event.id for taken in world.topics for event in taken)
    return world._replace(
        slice=world.dump._replace(sent=sent, known=known),
        workers=(Worker(queues=model.none),) * model.workers if model.on(Repair.ENDED) else living,
        dangers=world.dangers._replace(restores=world.dangers.restores - 1),
        dump=None,
        restored=True,
    )
