"""One slice of a consumer in this process, between fetching and working: what has arrived, and what is to be done."""

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, cast

from confluent_kafka import KafkaError, Message

from infra.buffer import Batch, Buffer

TICK_S = 0.2
"""How often an idle slice that still awaits acknowledgements is looked after."""

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.25, 5.0
"""Waiting before a take-over is tried again, doubled each time: short enough that a restart goes unnoticed."""


QUARREL_S = 15.0
"""Fenced again and again for so long, with less than that between two fences, a slice is another's, whatever our member
believes: of a session that has ended Kafka tells it with the next heartbeat, within 5 s."""


class TakeOver(int):
    """Work: make this slice ours."""


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
"""What the reader says of a topic that it will not get over by itself, and what a person must know."""


def stop_for(slice_: int, record: Message) -> Stop:
    error = cast(KafkaError, record.error())
    return Stop(slice_, STOPS[error.code()].format(topic=record.topic(), error=error.str()))


Work = TakeOver | Batch | Stop


@dataclass
class Lane:
    """A slice has at most one piece of work under way (`busy`); what arrives meanwhile is its next batch."""

    slice: int
    linger_s: float = 0.0
    """Since its last batch, a small one waits for company: tables longer than decisions, whom people wait for."""
    lingers_until: float = 0.0
    buffer: Buffer | None = None
    """None while the slice is not ours to read."""
    busy: bool = False
    more: bool = False
    """There is more to do without any new record."""
    tick_at: float | None = None
    take_over_at: float | None = None
    backoff_s: float = FIRST_BACKOFF_S
    progress: bool = False
    """The work under way has records: only its success shows that the slice is well again."""
    alarm: str | None = None
    gained_at: float = field(default_factory=time.monotonic)
    fenced_since: float = -inf
    fenced_at: float = -inf
    """When the fences in a row began, and the last of them."""

    def begin(self, buffer: Buffer) -> None:
        """The slice is taken over: whatever was fetched before counts for nothing."""
        self.buffer, self.busy, self.more = buffer, False, True

    def next_work(self) -> Work | None:
        """What is to be done now, if anything; the lane is busy with it then."""
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
        """Nothing is to be done before a record comes, or before the work under way has ended."""
        if self.alarm or self.buffer is None:
            return self.alarm is not None
        return self.tick_at is None and self.take_over_at is None and not (self.buffer.due or self.buffer.paused)

    def missed(self, ends: Sequence[Mapping[str, int]]) -> set[Hashable]:
        """By these ends of each slice's topics: what a reader that hears Kafka would soon bring."""
        return set() if self.buffer is None else self.buffer.missed(ends[self.slice])

    def done(self, more: bool, unsettled: bool) -> None:
        self.busy, self.more = False, more
        if self.progress:
            self.backoff_s = FIRST_BACKOFF_S
        self.tick_at = time.monotonic() + TICK_S if unsettled else None

    def failed(self, alarm: str | None) -> None:
        """Taken over again after a while; with an alarm, stopped."""
        self.release()
        self.busy, self.alarm = False, alarm
        if alarm is None:
            self.take_over_at = time.monotonic() + self.backoff_s
            self.backoff_s = min(2 * self.backoff_s, LAST_BACKOFF_S)

    def fenced(self) -> bool:
        """Another took the slice over: taken over again after a while. Whether this is a quarrel by now; who was given
        the slice last is patient for twice as long, so that the other one gives way."""
        now = time.monotonic()
        if now - self.fenced_at > QUARREL_S:
            self.fenced_since = now
        self.fenced_at = now
        newcomer = self.fenced_since - self.gained_at < QUARREL_S
        self.failed(None)
        return now - self.fenced_since > QUARREL_S * (2 if newcomer else 1)

    def stir(self) -> None:
        """There is something to do that no record tells of; what an alarm has stopped is taken over again."""
        self.more = True
        if self.alarm is not None:
            self.alarm, self.take_over_at = None, 0.0

    def release(self) -> None:
        """Nothing new begins; what is under way goes on."""
        self.buffer = self.take_over_at = None
