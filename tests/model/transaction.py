"""One transaction of a slice: when it opens, what it decides and what it clears (`intake`, `ledger`)."""

from tests.model.repairs import Repair
from tests.model.world import Batch, Event, Model, Slice, Worker, replaced


def opens(model: Model, row: Slice, worker: Worker, batch: Batch) -> bool:
    """True when the batch may be applied: `Worker.work`, `ledger.lock` and the beginning of `Intake.accept`."""
    return (
        (batch.epoch == worker.epoch or not model.on(Repair.BATCH_EPOCH))
        and (row.epoch == worker.epoch or not model.on(Repair.EPOCH))
        and (batch.start <= row.positions[batch.topic] or not model.on(Repair.FROMS))
    )


def apply(model: Model, read: Slice, row: Slice, batch: Batch) -> tuple[Slice, tuple[Event, ...] | None]:
    """The row after the batch, and the events decided; None when a gap stops the slice. `read`: the row as the worker
    read it, which is `row` if it read under the lock."""
    name, log, ledger = model.reads[batch.topic]
    position, sent, number = read.positions[batch.topic], list(read.sent), read.batch + 1
    done, letters, events = [event.id for event in read.decided], [*row.letters], []
    for offset in range(max(position, batch.first), batch.end):
        position, record = offset + 1, log[offset]
        id_ = name + record
        if record == "!":
            letters += [(batch.topic, offset)] if model.on(Repair.LETTERS) else []
            continue
        last = max((int(known[1:]) for known in done if known[0] == name), default=0) if ledger else 0
        if model.on(Repair.SEQUENCE) and int(record) <= last if ledger else model.on(Repair.INBOX) and id_ in done:
            continue
        if ledger and int(record) > last + 1 and model.on(Repair.GAP):
            return row, None
        partition, done = ord(record) % model.partitions, [*done, id_]
        known = id_ in read.known
        sent[partition] += not known
        events.append(Event(number, partition, 0 if known else sent[partition], id_))
    goes = tuple(event for event in events if event.sequence)
    after = row._replace(
        positions=replaced(read.positions, batch.topic, position),
        sent=tuple(sent),
        batch=number,
        outbox=row.outbox + goes if model.on(Repair.ONE_TRANSACTION) else row.outbox,
        decided=(*row.decided, *events),
        letters=tuple(letters),
    )
    return after, goes


def acked(
    model: Model, worker: Worker, outbox: tuple[Event, ...]
) -> tuple[tuple[Event, ...], tuple[tuple[int, tuple[int, ...]], ...]]:
    """The events that stay in the outbox, and the deliveries that stay pending (`Worker._acked`, `ledger.clear`)."""
    pending = worker.pending
    done = [index for index, (_, awaited) in enumerate(pending) if not awaited]
    if not model.on(Repair.EXACT):
        last = pending[done[-1]][0] if done else 0
        return tuple(event for event in outbox if event.batch > last), pending[done[-1] + 1 :] if done else pending
    front = next((index for index, (_, awaited) in enumerate(pending) if awaited), len(pending))
    gone = {batch for batch, _ in pending[:front]}
    return tuple(event for event in outbox if event.batch not in gone), pending[front:]
