"""What a consumer does in a transaction of a slice, once its row is locked: the same in the engine and in a replay."""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg import Connection

from infra import dead_letters, failpoints, ledger
from infra.buffer import Batch
from infra.intake import Intake
from infra.record import Departure
from infra.redrive import Redrive
from infra.restored import settle, unpublished


class Done(NamedTuple):
    """`stepped`: a step was asked for, and there was something to do; `redriven`: it was about dead letters."""

    departures: list[Departure]
    stepped: bool
    redriven: bool


class Transacting(NamedTuple):
    """A consumer's intake, its handler, and how it numbers and encodes what follows."""

    intake: Intake
    outgoing: ledger.Outgoing
    handler: ledger.Handler

    def carry_out(
        self,
        connection: Connection,
        cursor: ledger.Cursor,
        batch: Batch | None,
        acked: Sequence[int] = (),
        *,
        stirred: bool = False,
    ) -> Done:
        """The batch, or without one a step of what the day has brought, or of what was ordered for dead letters
        (`stirred`: it may have been); then the end of the transaction, if it did anything: to clear what is `acked` is
        enough."""
        arrivals, redriven = 0, None
        if batch is None:
            redriven = Redrive(self.intake, self.handler).step(connection, cursor) if stirred or cursor.parked else None
            decided, letters = redriven or (self.handler.step(connection, cursor), [])
            failpoints.reach("step written")
        else:
            sifted = self.intake.sift(connection, cursor, batch)
            arrivals = len(sifted.arrivals)
            letters = dead_letters.bury(connection, cursor, sifted)
            decided = self.handler.apply(connection, cursor, sifted.arrivals)
            failpoints.reach("state written")
            if cursor.day != sifted.day:
                cursor.day = sifted.day
                ledger.forget(connection, cursor)
                settle(connection, cursor)
                failpoints.reach("forgotten")
        departures = [*self.outgoing.depart(cursor, unpublished(connection, cursor, decided or ())), *letters]
        stepped = batch is None and decided is not None
        if cursor.runs or departures or acked or stepped:
            ledger.close(connection, cursor, departures, arrivals, acked, stepped)
            failpoints.reach("outbox written")
        return Done(departures, stepped, redriven is not None)
