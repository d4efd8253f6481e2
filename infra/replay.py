"""Replay (invariant 6): a fresh database is taken, batch by batch, where another one's batch log says that it went.

Batches follow one another as they ended there, of all consumers and slices: who waits for another's lock ends later.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import NamedTuple

from psycopg import Connection

from infra import ledger
from infra.buffer import Batch
from infra.errors import AlarmError
from infra.given import copy_given
from infra.group import Consuming, Wiring, register
from infra.intake import Intake, join
from infra.kafka import admin, topic_ids
from infra.log_reader import LogReader
from infra.transacting import Transacting

EPOCH = 0
"""Nobody took a slice over in a fresh database."""

ROWS = 500
"""Of the batch log in memory at once."""


class Outcome(NamedTuple):
    """What a batch left in the log; the same batch leaves the same. `digest`: of its outgoing events."""

    day: date | None
    runs: ledger.Runs
    records: int
    outgoing: int
    digest: bytes | None


class Logged(NamedTuple):
    consumer: str
    slice: int
    batch: int
    epoch: int
    step: bool
    outcome: Outcome


_OUTCOME = "day, runs, records, outgoing, digest"
_LOG = f"""
select consumer, slice, batch, epoch, step, {_OUTCOME} from ledger.batch where consumer = any(%s)
order by applied_at, consumer, slice, batch
"""
_FOUND = f"select {_OUTCOME} from ledger.batch where consumer = %s and slice = %s and batch = %s"
_WHOLE = """
select consumer, slice, batch, (select count(*) from ledger.batch b where (b.consumer, b.slice) = (s.consumer, s.slice))
from ledger.slice s where consumer = any(%s)
"""
_STANDS = "select consumer, slice, batch, day, reference, positions, received, sent from ledger.slice order by 1, 2"
_WAITING = "select count(*) from ledger.outbox where consumer = any(%s)"
_TOPIC_IDS = "select topic_ids from ledger.consumer where consumer = %s"


def replay(
    old: Connection,
    new: Connection,
    consumings: Sequence[Consuming],
    wiring: Wiring,
    owned: Collection[str],
    progress: Callable[[int, int], None],
) -> int:
    """Applies in `new` what the log of `old` says these consumers applied; returns how many batches.

    Both are in autocommit. Nothing is published. Tables that are not `owned` are copied. `progress` is told how many
    batches are done, and of how many. Raises `AlarmError`, and stops, when the log or the topics are not whole, the
    engine of `old` has not come to rest, `new` is not fresh, or a batch comes out another than it was.
    """
    names = [each.name for each in consumings]
    total = _check(old, new, names)
    copy_given(old, new, owned)
    done = 0
    with closing(LogReader(wiring.addresses.kafka)) as reader, old.transaction():
        again = {each.name: _prepared(old, new, each, wiring) for each in consumings}
        for logged in _log(old, names):
            _apply(new, again[logged.consumer], logged, reader)
            done += 1
            progress(done, total)
        if (stands := _stands(old, names)) != _stands(new, names):
            raise AlarmError(f"The slices do not stand where they stood: {_stands(new, names)}, not {stands}.")
    return done


def _check(old: Connection, new: Connection, names: list[str]) -> int:
    """How many batches there are; `AlarmError` when they cannot be replayed."""
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


def _prepared(old: Connection, new: Connection, consuming: Consuming, wiring: Wiring) -> Transacting:
    """The consumer, made known to the new database; its topics must be those that the old one read."""
    ids = topic_ids(admin(wiring.addresses.kafka), [topic.name for topic in consuming.reads])
    (known,) = old.execute(_TOPIC_IDS, (consuming.name,)).fetchone() or ({},)
    if strangers := [topic for topic, id_ in known.items() if ids.get(topic, id_) != id_]:
        raise AlarmError(
            f"{consuming.name}: {', '.join(strangers)} was deleted and made anew since: its records are gone."
        )
    register(new, consuming.name, ids)
    outgoing = ledger.Outgoing(consuming.writes, wiring.schema_ids)
    return Transacting(Intake(consuming.reads, wiring.schemas), outgoing, consuming)


def _log(old: Connection, names: list[str]) -> Iterator[Logged]:
    with old.cursor(name="replay") as rows:
        rows.itersize = ROWS
        for consumer, slice_, batch, epoch, step, *outcome in rows.execute(_LOG, (names,)):
            yield Logged(consumer, slice_, batch, epoch, step, Outcome(*outcome))


def _apply(new: Connection, transacting: Transacting, logged: Logged, reader: LogReader) -> None:
    with new.transaction():
        cursor = ledger.lock(new, logged.consumer, logged.slice, EPOCH)
        cursor.epoch = logged.epoch
        runs = logged.outcome.runs
        if logged.step:
            transacting.carry_out(new, cursor, None)
        elif runs and runs[0][1] < runs[0][2]:
            transacting.carry_out(new, cursor, _batch(logged, reader))
        else:  # topics that were joined, or acknowledgements only
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
        tos.pop(topic, None)  # in the order in which the topics were left, so that holes come in theirs
        tos[topic] = end
        records += reader.records(logged.consumer, topic, logged.slice, first, end)
    return Batch(logged.slice, EPOCH, froms, tos, records)


def _stands(connection: Connection, names: list[str]) -> list[tuple[object, ...]]:
    return [row for row in connection.execute(_STANDS).fetchall() if row[0] in names]
