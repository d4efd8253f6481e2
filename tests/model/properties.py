"""The properties that must hold at every moment, and those that must hold once all is done."""

from tests.model.world import LIMIT, Model, World, named


def _effects(model: Model, topic: int, end: int) -> list[str]:
    """The ids of the events that the records below `end` must produce: each once, in order."""
    name, log, ledger = model.reads[topic]
    once = [record for record in dict.fromkeys(log[:end]) if record != "!"]
    dense = [record for place, record in enumerate(once, 1) if not ledger or int(record) == place]
    return [name + record for record in dense]


def wrong(model: Model, world: World) -> str:
    """The property that this state violates; empty when it violates none."""
    row = world.slice
    if world.alarm and not model.alarms:
        return "ALARM: it stopped, though nothing was lost outside"
    for topic, (position, (name, log, _)) in enumerate(zip(row.positions, model.reads, strict=True)):
        done = [event.id for event in row.decided if event.id[0] == name]
        if done != _effects(model, topic, position):
            return f"TABLES: {name} read up to {position}: {_effects(model, topic, position)} expected, {done} found"
        letters = tuple((topic, offset) for offset in range(position) if log[offset] == "!")
        if letters != tuple(letter for letter in row.letters if letter[0] == topic):
            return f"LETTERS: of {name} below {position}: {letters} expected, {row.letters} found"
    if len({event.batch for event in row.outbox}) > LIMIT:
        return f"LIMIT: more than {LIMIT} batches wait in the outbox"
    return next(filter(None, (_wrong_on_topic(world, p) for p in range(model.partitions))), "")


def _wrong_on_topic(world: World, partition: int) -> str:
    row = world.slice
    decided = [event for event in row.decided if event.partition == partition]
    taken = list(world.topics[partition])
    ids, waiting = {event.id for event in taken}, {event.id for event in row.outbox}
    if len(ids) < len(taken):
        return f"DOUBLED: the subscriber of partition {partition} took in {named(taken)}"
    if lost := [event for event in decided if event.id not in ids | waiting]:
        return f"LOST: {named(lost)} decided, but neither on the topic nor in the outbox"
    if world.restored:
        return ""
    if [event.sequence for event in decided] != list(range(1, len(decided) + 1)):
        return f"NUMBERS: {named(decided)} decided for partition {partition}: not dense"
    if not ids <= {event.id for event in decided}:
        return f"NOT COMMITTED: the subscriber took in {named(taken)}, decided is {named(decided)}"
    if taken != decided[: len(taken)]:
        return f"ORDER: the subscriber took in {named(taken)}, decided is {named(decided)}: the rest is lost to it"
    return ""


def rests(model: Model, world: World) -> bool:
    """True once all is read, published, acknowledged and cleared, or once an alarm has stopped the slice."""
    row, workers = world.slice, world.workers
    read = row.positions == tuple(len(topic.log) for topic in model.reads)
    idle = not any(not w.frozen and (w.locked or w.unsent or any(w.queues)) for w in workers)
    return world.alarm or (read and idle and not row.outbox)
