"""The errors of the system, and how each is handled (DESIGN 2.6).

UnreadableError (schemas.codec)   this record is bad for good -> dead letter, the other records flow
TransientError                    a server is away            -> read again, with capped back-off
  TakeOverError                   an outcome is not known     -> take the slice over: new epoch, leftovers first
    FencedError                   another worker took it over -> take over too; if that goes on, the process ends
AlarmError                        going on could lose events  -> the slice stops, and says what to do
"""


class TransientError(Exception):
    """A server is away or busy: the slice reads again later. The record is neither skipped nor a dead letter.

    `away`: the server that is away ("kafka", "registry", "postgres"); None if none is."""

    def __init__(self, text: str, *, away: str | None = None) -> None:
        super().__init__(text)
        self.away = away


class TakeOverError(TransientError):
    """The outcome of a transaction or a delivery is not known: nothing in the worker's memory counts any more."""


class FencedError(TakeOverError):
    """The worker's epoch is no longer the slice's: another worker has taken the slice over."""


class AlarmError(Exception):
    """Going on could lose or double events. The slice stops until a person has looked; the text says at what."""


class ServerError(RuntimeError):
    """A local server cannot be fetched, started or used as asked; the text says why and what to do."""
