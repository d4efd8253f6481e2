"""What a consumer does in one transaction of a slice, once the slice's row is locked. A replay does exactly the same.

1. Accept: which records of the batch count (`intake`).
2. Decide: the consumer's handler writes rows and returns produced events. It may refuse some of the records.
3. Set aside: unreadable records, readable ones whose key waits behind such a record, and refused ones.
4. Drop what is published: in a restored database, some of the produced events lie on their topics already.
5. Close: outbox, batch log and positions, in one statement (`ledger.close`).

Steps 3 and 4, and operator commands, are the work of packages that the engine does not know. The code that composes a
consumer passes them in as `ExtraSteps`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from psycopg import Connection

from infra.engine import failpoints, ledger
from infra.engine.aside import Accepted
from infra.engine.consumer import Handler
from infra.engine.encoder import EventEncoder
from infra.engine.intake import Intake
from infra.engine.ledger import Cursor
from infra.engine.record import Batch, OutgoingRecord
from schemas.event import ProducedEvent


class Redriven(NamedTuple):
    """The result of one operator command, or of one piece of waiting records: produced events, and records for dead
    letter topics."""

    decided: list[ProducedEvent]
    dead_letters: list[OutgoingRecord]


class ExtraSteps(NamedTuple):
    """What a transaction does beside accepting, deciding and closing. Each runs under the slice's lock."""

    set_aside: Callable[[Connection, Cursor, Accepted], list[OutgoingRecord]]
    """Stores a batch's dead letters; returns records for their topics. `AlarmError` when there are too many."""
    redrive: Callable[[Connection, Cursor], Redriven | None]
    """Carries out one operator command, or applies one piece of what waited; None when there is neither."""
    unpublished: Callable[[Connection, Cursor, Sequence[ProducedEvent]], Sequence[ProducedEvent]]
    """Those of the produced events that do not lie on their topics already."""
    day_begun: Callable[[Connection, Cursor], None]
    """A day has begun: bookkeeping of a restored database."""


class Done(NamedTuple):
    """`applied`: how many events. `stepped`: the transaction did a step. `redriven`: the step was a redrive. `early`:
    see `Accepted`."""

    applied: int
    outgoing: list[OutgoingRecord]
    stepped: bool
    redriven: bool
    early: str


class BatchTransaction(NamedTuple):
    """A consumer's intake, its handler, how its produced events are numbered and encoded, and the extra steps."""

    intake: Intake
    encoder: EventEncoder
    handler: Handler
    extra: ExtraSteps

    def apply(
        self,
        connection: Connection,
        cursor: Cursor,
        batch: Batch | None,
        acked: Sequence[int] = (),
        *,
        notified: bool = False,
    ) -> Done:
        """Apply a batch; without one, one step: of what operators may have commanded (`notified`), else of what the
        day has brought. Closes the transaction only if anything was done, or `acked` batches are to be deleted."""
        applied, redriven, early = 0, None, ""
        if batch is None:
            redriven = self.extra.redrive(connection, cursor) if notified or cursor.parked else None
            decided, dead_letters = redriven or (self.handler.step(connection, cursor), [])
            failpoints.reach("step written")
        else:
            accepted = self.intake.accept(connection, cursor, batch)  # 1
            decided = self.handler.apply(connection, cursor, accepted.events)  # 2
            failpoints.reach("state written")
            accepted.settle(cursor.aside, batch.records)
            applied, early = len(accepted.events), accepted.early
            dead_letters = self.extra.set_aside(connection, cursor, accepted)  # 3
            if cursor.day != accepted.day:
                cursor.day = accepted.day
                ledger.forget(connection, cursor)
                self.extra.day_begun(connection, cursor)
                failpoints.reach("forgotten")
        produced = self.extra.unpublished(connection, cursor, decided or ())  # 4
        outgoing = [*self.encoder.encode_all(cursor, produced), *dead_letters]
        stepped = batch is None and decided is not None
        if cursor.runs or outgoing or acked or stepped:
            ledger.close(connection, cursor, outgoing, applied, acked, stepped)  # 5
            failpoints.reach("outbox written")
        return Done(applied, outgoing, stepped, redriven is not None, early)
