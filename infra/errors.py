"""The errors of the system, and how each is handled (DESIGN 2.6).

UnreadableError (schemas.codec)   this record is bad for good -> dead letter, the other records flow
TransientError                    a server is away            -> read again, with capped back-off
  TakeOverError                   an outcome is not known     -> take the slice over: new epoch, leftovers first
    FencedError                   another worker took it over -> take over too; if that goes on, the process ends
AlarmError                        going on could lose events  -> the slice stops, and says what to do
  RecordAlarmError                the same, at one record     -> the slice stops exactly in front of it
    FaultyRecordError             a rule failed on its data   -> dead letter, if another record of the batch passes
any other                         nobody has thought of it    -> taken over; an alarm when it comes again and again
"""

import traceback
from pathlib import Path


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


class RecordAlarmError(AlarmError):
    """One record of the batch cannot be passed, and a person must look. Which one it is is found out."""


class FaultyRecordError(RecordAlarmError):
    """A rule or a statement failed on the data of some record. The text quotes no data."""


class ServerError(RuntimeError):
    """A local server cannot be fetched, started or used as asked; the text says why and what to do."""


def named(error: Exception) -> str:
    """The error's class and where it was raised: its text may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
