"""What happens to a slice from outside its workers: late records, retention, a database restored."""

from collections.abc import Iterator

from tests.model.repairs import Repair
from tests.model.world import Model, Worker, World, taken_in


def outside(model: Model, world: World) -> Iterator[tuple[str, World]]:
    for index, queues in enumerate(world.late):
        others = world.late[:index] + world.late[index + 1 :]
        yield "what a producer that is gone still had on the wire vanishes", world._replace(late=others)
        for partition, queue in enumerate(queues):
            if queue:
                rest = (*queues[:partition], queue[1:], *queues[partition + 1 :])
                left = tuple(sorted((*others, rest))) if any(rest) else others
                text = f"{queue[0].id}#{queue[0].sequence} arrives late, its producer is gone"
                yield text, taken_in(model, world._replace(late=left), queue[0])
    if world.dangers.retention and world.begins < len(model.reads[0].log):
        dangers = world.dangers._replace(retention=world.dangers.retention - 1)
        yield "retention deletes the first record of a topic", world._replace(begins=world.begins + 1, dangers=dangers)
    if world.dangers.restores and world.dump is None:
        yield "the database is dumped", world._replace(dump=world.slice)
    if world.dangers.restores and world.dump is not None and (_quiet(world) or not model.on(Repair.ENDED)):
        yield "all workers are ended, the older dump is restored", _restored(model, world)


def _quiet(world: World) -> bool:
    busy = any(worker.locked or worker.unsent or any(worker.queues) for worker in world.workers)
    return not busy and not world.late


def _restored(model: Model, world: World) -> World:
    assert world.dump is not None, "asked before"
    sent, known = world.dump.sent, frozenset[str]()
    if model.on(Repair.ABOVE):
        sent = tuple(
            max([mark, *(event.sequence for event in on)]) for mark, on in zip(sent, world.topics, strict=True)
        )
    if model.on(Repair.IDS):
        known = frozenset(event.id for taken in world.topics for event in taken)
    return world._replace(
        slice=world.dump._replace(sent=sent, known=known),
        workers=(Worker(queues=model.none),) * model.workers if model.on(Repair.ENDED) else world.workers,
        dangers=world.dangers._replace(restores=world.dangers.restores - 1),
        dump=None,
        restored=True,
    )
