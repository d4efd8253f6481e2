"""Replay (invariant 6): applies every batch in another database's batch log to a fresh database.

The batches of all consumers and slices are applied in the order in which they ended there: a batch that waited for
another batch's lock ended later. A consumer that `sweeps` waits for nobody: its step may find its rows gone already.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from infra.engine import ledger
from infra.engine.aside import Aside
from infra.engine.consumer import LedgerConsumer, join, register
from infra.engine.deduplication import last_sequence
from infra.engine.record import Batch
from infra.engine.transaction import BatchTransaction
from infra.errors import AlarmError
from infra.kafka import admin, topic_ids
from infra.recovery.copy_tables import copy_tables
from infra.recovery.log_reader import LogReader

EPOCH = 0
"""The epoch of every slice of a fresh database: no take-over has raised it."""

ROWS = 500
"""How many rows of the batch log are in memory at once."""


class Outcome(NamedTuple):
    """The columns of a batch's row in the batch log that are the same each time the batch is applied. `digest`: that of
    its outgoing records."""

    day: date | None
    runs: ledger.Runs
    records: int
    outgoing: int
    digest: bytes | None
    set_aside: list[list[Any]] | None
    bare: bool


class Logged(NamedTuple):
    consumer: str
    slice: int
    batch: int
    epoch: int
    step: bool
    commanded: bool
    """The step only noted that a person had set a record aside, in a batch before."""
    wakes: int | None
    outcome: Outcome


_OUTCOME = """day, runs, records, outgoing, digest, to_jsonb(b) -> 'set_aside',
coalesce((to_jsonb(b) ->> 'bare')::boolean, true)"""  # a log of before 0028, 0050 or 0060 has no such column
_LOG = f"""
select consumer, slice, batch, epoch, step, (consumer, slice, batch) in (
    select consumer, slice, batch from dead_letter.act where act = 'set-aside' and batch is not null
), (to_jsonb(b) ->> 'wakes')::int, {_OUTCOME} from ledger.batch b where consumer = any(%s)
order by applied_at, consumer, slice, batch
"""
_FOUND = f"select {_OUTCOME} from ledger.batch b where consumer = %s and slice = %s and batch = %s"
_WHOLE = """
select consumer, slice, batch, (select count(*) from ledger.batch b where (b.consumer, b.slice) = (s.consumer, s.slice))
from ledger.slice s where consumer = any(%s)
"""
_STANDS = "select consumer, slice, batch, day, reference, positions, sent, received from ledger.slice order by 1, 2"
_WAITING = "select count(*) from ledger.outbox where consumer = any(%s)"
_TOPIC_IDS = "select topic_ids from ledger.consumer where consumer = %s"


def replay(
    old: Connection,
    new: Connection,
    kafka: str,
    consumers: Sequence[LedgerConsumer],
    transaction_of: Callable[[LedgerConsumer], BatchTransaction],
    owned: Collection[str],
    progress: Callable[[int, int], None],
) -> int:
    """Applies in `new` every batch that the batch log of `old` holds for these consumers; returns how many.

    Both connections are in autocommit. Nothing is published. Tables that are not `owned` are copied. `progress` gets
    the number of batches done and their total. Raises `AlarmError`, and stops, when the batch log or a topic is not
    complete, when batches in `old` still wait to be published, when `new` is not fresh, or when a batch has another
    outcome than before.
    """
    names = [each.name for each in consumers]
    total = _check(old, new, names)
    copy_tables(old, new, owned)
    done = 0
    with closing(LogReader(kafka)) as reader, old.transaction():
        for consumer in consumers:
            _register(old, new, kafka, consumer)
        again = {consumer.name: transaction_of(consumer) for consumer in consumers}
        for logged in _log(old, names):
            _apply(new, again[logged.consumer], logged, reader)
            done += 1
            progress(done, total)
        if (stands := _stands(old, names)) != _stands(new, names):
            raise AlarmError(f"The slices do not stand where they stood: {_stands(new, names)}, not {stands}.")
    return done


def _check(old: Connection, new: Connection, names: list[str]) -> int:
    """How many batches there are. Raises `AlarmError` when they cannot be replayed."""
    if (waiting := _number(old, _WAITING, names)) > 0:
        raise AlarmError(f"{waiting} batches wait there to be published. Let `dfdg run` finish, then stop it.")
    if any(batch for _, _, batch, _ in new.execute(_WHOLE, (names,))):
        raise AlarmError("This database is not fresh: these consumers have been at work in it. Make a new one.")
    total = 0
    for consumer, slice_, batch, kept in old.execute(_WHOLE, (names,)).fetchall():
        if kept != batch:
            raise AlarmError(
                f"The batch log of {consumer}/{slice_} has {kept} of {batch} batches: those older than"
                f" {ledger.MEMORY_DAYS} days are forgotten, and nothing is replayed without them."
            )
        total += batch
    return total


def _number(connection: Connection, query: str, names: list[str]) -> int:
    (number,) = connection.execute(query, (names,)).fetchone() or (0,)
    return int(number)


def _register(old: Connection, new: Connection, kafka: str, consumer: LedgerConsumer) -> None:
    """Registers the consumer in the new database. Raises `AlarmError` when a topic is not the one that it read
    before."""
    ids = topic_ids(admin(kafka), [topic.name for topic in consumer.reads])
    (known,) = old.execute(_TOPIC_IDS, (consumer.name,)).fetchone() or ({},)
    if strangers := [topic for topic, id_ in known.items() if ids.get(topic, id_) != id_]:
        raise AlarmError(
            f"{consumer.name}: {', '.join(strangers)} was deleted and made anew since: its records are gone."
        )
    register(new, consumer.name, ids)


def _log(old: Connection, names: list[str]) -> Iterator[Logged]:
    with old.cursor(name="replay") as rows:
        rows.itersize = ROWS
        for consumer, slice_, batch, epoch, step, commanded, wakes, *outcome in rows.execute(_LOG, (names,)):
            yield Logged(consumer, slice_, batch, epoch, step, commanded, wakes, Outcome(*outcome))


def _apply(new: Connection, transaction: BatchTransaction, logged: Logged, reader: LogReader) -> None:
    with new.transaction():
        cursor = ledger.lock(new, logged.consumer, logged.slice, EPOCH)
        cursor.epoch, cursor.judged = logged.epoch, True
        cursor.bare, cursor.wakes = logged.outcome.bare, logged.wakes
        cursor.aside = [Aside(*each) for each in logged.outcome.set_aside or ()]
        runs = logged.outcome.runs
        if logged.commanded:
            ledger.close(new, cursor, (), 0, (), step=True)
        elif logged.step:
            found = transaction.apply(new, cursor, None)
            if transaction.handler.sweeps and not found.stepped:  # an earlier step has found the rows already
                ledger.close(new, cursor, (), 0, (), step=True)
        elif runs and runs[0][1] < runs[0][2]:
            transaction.apply(new, cursor, _batch(logged, reader))
        else:  # the slice joined a topic, or only cleared acknowledged batches
            join(cursor, {topic: low for topic, low, _ in runs})
            ledger.close(new, cursor, (), 0, ())
        ledger.clear(new, logged.consumer, logged.slice, EPOCH, [logged.batch])
        row = new.execute(_FOUND, (logged.consumer, logged.slice, logged.batch)).fetchone()
        if row is None or Outcome(*row) != logged.outcome:
            raise AlarmError(
                f"Batch {logged.batch} of {cursor.source} comes out as {row}, but was {tuple(logged.outcome)}. Another"
                " version of the rules decided then, or an operator did something meanwhile that is in no log."
            )


def _batch(logged: Logged, reader: LogReader) -> Batch:
    froms: dict[str, int] = {}
    tos: dict[str, int] = {}
    records = []
    for topic, first, end in logged.outcome.runs:
        froms.setdefault(topic, first)
        tos.pop(topic, None)  # keeps the order in which the slice left the topics, so that holes keep theirs
        tos[topic] = end
        records += reader.records(logged.consumer, topic, logged.slice, first, end)
    return Batch(logged.slice, EPOCH, froms, tos, records)


def _stands(connection: Connection, names: list[str]) -> list[tuple[object, ...]]:
    """Where the slices stand. The ids beside the sequences received are left out: earlier releases kept none."""
    return [
        (*row, {topic: {who: last_sequence(mark) for who, mark in marks.items()} for topic, marks in received.items()})
        for *row, received in connection.execute(_STANDS).fetchall()
        if row[0] in names
    ]
