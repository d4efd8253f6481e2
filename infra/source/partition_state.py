"""One slice of a consumer in this process: its fetched records and its next piece of work."""

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, cast

from confluent_kafka import KafkaError, Message

from infra.engine.record import Batch
from infra.source.buffer import Buffer

TICK_S = 0.2
"""Seconds between two looks after an idle slice that still awaits acknowledgements."""

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.25, 5.0
"""Seconds before a take-over is tried again, doubled each time: short enough that a restart goes unnoticed."""

OWNERSHIP_CONFLICT_S = 15.0
"""Seconds that a slice may be fenced again and again, with less than that between two fences. Then another process
owns it, whatever our member believes: Kafka tells a member within 5 s, by a heartbeat, that its session has ended."""


class TakeOver(int):
    """Work: take this slice over."""


class Stop(NamedTuple):
    """Work: stop the slice with this alarm."""

    slice: int
    alarm: str


STOPS = {
    KafkaError._AUTO_OFFSET_RESET: "the position of {topic} lies outside the log: {error}. Was the topic deleted, or"
    " shortened by retention? What it held must be published again.",
    KafkaError._BAD_COMPRESSION: "records of {topic} cannot be unpacked: {error}. A batch that unpacks to more than the"
    " client takes (100 MB) is an attack or a defect of whoever wrote it: find out, then `dfdg dead-letters skip`.",
}
"""Errors of the reader that no retry mends, and what a person must know of each."""


def stop_for(slice_: int, record: Message) -> Stop:
    error = cast(KafkaError, record.error())
    return Stop(slice_, STOPS[error.code()].format(topic=record.topic(), error=error.str()))


Work = TakeOver | Batch | Stop


@dataclass
class PartitionState:
    """A slice has at most one piece of work under way (`busy`); records that come meanwhile are its next batch."""

    slice: int
    linger_s: float = 0.0
    """Seconds that a small batch waits for company, counted from the batch before."""
    lingers_until: float = 0.0
    buffer: Buffer | None = None
    """None while this process must not read the slice."""
    busy: bool = False
    more: bool = False
    """There is work that no new record brings."""
    tick_at: float | None = None
    take_over_at: float | None = None
    backoff_s: float = FIRST_BACKOFF_S
    progress: bool = False
    """The work under way has records: only its success resets the back-off."""
    alarm: str | None = None
    gained_at: float = field(default_factory=time.monotonic)
    fenced_since: float = -inf
    fenced_at: float = -inf
    """Moments of the first and the last fence of the present conflict."""

    def begin(self, buffer: Buffer) -> None:
        """The slice is taken over: records that were fetched before do not count."""
        self.buffer, self.busy, self.more = buffer, False, True

    def next_work(self) -> Work | None:
        """The next piece of work, if there is one now; the slice is busy with it then."""
        now = time.monotonic()
        if self.busy or self.alarm:
            return None
        if self.take_over_at is not None and self.take_over_at <= now:
            self.busy, self.take_over_at = True, None
            return TakeOver(self.slice)
        ticks = self.tick_at is not None and self.tick_at <= now
        if (buffer := self.buffer) is None:
            return None
        ready = buffer.batch_is_full or (now >= self.lingers_until and buffer.due)
        if not (ready or self.more or ticks):
            return None
        self.lingers_until = now + self.linger_s
        self.busy, self.tick_at = True, None
        batch = buffer.cut()
        self.progress = bool(batch.tos)
        return batch

    @property
    def idle(self) -> bool:
        """True when there is no work before a record comes, or before the work under way has ended."""
        if self.alarm or self.buffer is None:
            return self.alarm is not None
        return self.tick_at is None and self.take_over_at is None and not (self.buffer.due or self.buffer.paused)

    def unseen(self, ends: Sequence[Mapping[str, int]]) -> set[Hashable]:
        """Places that Kafka has, by these ends, and the slice has not. A working reader brings them soon."""
        return set() if self.buffer is None else self.buffer.unseen(ends[self.slice])

    def done(self, more: bool, unsettled: bool) -> None:
        self.busy, self.more = False, more
        if self.progress:
            self.backoff_s = FIRST_BACKOFF_S
        self.tick_at = time.monotonic() + TICK_S if unsettled else None

    def failed(self, alarm: str | None) -> None:
        """The slice will be taken over again after a back-off; with an alarm, it is stopped."""
        self.release()
        self.busy, self.alarm = False, alarm
        if alarm is None:
            self.take_over_at = time.monotonic() + self.backoff_s
            self.backoff_s = min(2 * self.backoff_s, LAST_BACKOFF_S)

    def fenced(self) -> bool:
        """Another process has taken the slice over; it is taken over again after a back-off. Returns true once both
        owners have fenced each other for longer than `OWNERSHIP_CONFLICT_S`. The newer owner waits twice as long, so
        the older one gives way."""
        now = time.monotonic()
        if now - self.fenced_at > OWNERSHIP_CONFLICT_S:
            self.fenced_since = now
        self.fenced_at = now
        newcomer = self.fenced_since - self.gained_at < OWNERSHIP_CONFLICT_S
        self.failed(None)
        return now - self.fenced_since > OWNERSHIP_CONFLICT_S * (2 if newcomer else 1)

    def notify(self) -> None:
        """There is work that no record tells of. A slice that an alarm has stopped is taken over again."""
        self.more = True
        if self.alarm is not None:
            self.alarm, self.take_over_at = None, 0.0

    def again(self) -> None:
        """The slice is taken over again once the work under way is done; not before its alarm is mended, if any."""
        self.release()
        self.take_over_at = 0.0

    def release(self) -> None:
        """No new work begins; the work under way goes on."""
        self.buffer = self.take_over_at = None
