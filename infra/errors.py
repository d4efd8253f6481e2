"""What can go wrong, and who handles it (DESIGN 2.6).

UnreadableError (schemas.codec)   this record, for good      -> dead letter, the rest flows
TransientError                    a server is away           -> read again, with capped back-off
  TakeOverError                   an outcome is not known    -> take the slice over: new epoch, leftovers first
    FencedError                   somebody else did so       -> the same; for long, and this process ends
AlarmError                        going on could lose events -> the slice stops, and says what to do
"""


class TransientError(Exception):
    """A server is away or busy: read again, later, from the ledger's position. Never skipped, never a dead letter."""


class TakeOverError(TransientError):
    """The outcome of a transaction or a delivery is not known: nothing in memory counts."""


class FencedError(TakeOverError):
    """The epoch is gone: another has taken the slice over."""


class AlarmError(Exception):
    """Going on could lose or double something. The slice stops until a person has looked; the text says at what."""
