"""What a consumer does in a transaction of a slice, once its row is locked: the same in the engine and in a replay."""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg import Connection

from infra import dead_letters, ledger
from infra.buffer import Batch
from infra.intake import Intake
from infra.record import Departure


class Done(NamedTuple):
    """`stepped`: a step was asked for, and there was something to do."""

    departures: list[Departure]
    stepped: bool


class Transacting(NamedTuple):
    """A consumer's intake, its handler, and how it numbers and encodes what follows."""

    intake: Intake
    outgoing: ledger.Outgoing
    handler: ledger.Handler

    def carry_out(
        self, connection: Connection, cursor: ledger.Cursor, batch: Batch | None, acked: Sequence[int] = ()
    ) -> Done:
        """The batch, or without one a step of what the day has brought; then the end of the transaction, if it did
        anything: to clear what is `acked` is enough."""
        arrivals = 0
        letters: list[Departure] = []
        if batch is None:
            decided = self.handler.step(connection, cursor)
        else:
            sifted = self.intake.sift(connection, cursor, batch)
            arrivals = len(sifted.arrivals)
            decided = self.handler.apply(connection, cursor, sifted.arrivals)
            if cursor.day != sifted.day:
                cursor.day = sifted.day
                ledger.forget(connection, cursor)
            letters = dead_letters.bury(connection, cursor, sifted.letters)
        departures = [*self.outgoing.depart(cursor, decided or ()), *letters]
        stepped = batch is None and decided is not None
        if cursor.runs or departures or acked or stepped:
            ledger.close(connection, cursor, departures, arrivals, acked, stepped)
        return Done(departures, stepped)
