"""One slice of a consumer in this process, between fetching and working: what has arrived, and what is to be done."""

import time
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from confluent_kafka import KafkaError, Message

from infra.intake import Batch

BATCH_RECORDS = 2_000
"""Records of one batch: bigger ones cost latency and memory, smaller ones a transaction's fixed price more often."""

BUFFER_RECORDS = 2 * BATCH_RECORDS
"""Records kept for a busy slice before its partitions are paused."""

TICK_S = 0.2
"""How often an idle slice that still awaits acknowledgements or a held day is looked after."""

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.25, 5.0
"""Waiting before a take-over is tried again, doubled each time: short enough that a restart goes unnoticed."""


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
    " client takes (100 MB) is an attack or a defect of whoever wrote it: find out, and call the developers.",
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
    epoch: int = -1
    linger_s: float = 0.0
    """Since its last batch, a small one waits for company: tables longer than decisions, whom people wait for."""
    lingers_until: float = 0.0
    cut: dict[str, int] = field(default_factory=dict)
    """Per topic: the offset from which the next batch is fetched."""
    buffer: list[Message] = field(default_factory=list)
    busy: bool = False
    paused: bool = False
    reading: bool = False
    more: bool = False
    """There is more to do without any new record."""
    tick_at: float | None = None
    take_over_at: float | None = None
    backoff_s: float = FIRST_BACKOFF_S
    progress: bool = False
    """The work under way has records: only its success shows that the slice is well again."""
    fetched: dict[str, int] = field(default_factory=dict)
    """Per topic: the offset that its next record will have, if the log has no hole there."""
    alarm: str | None = None

    def begin(self, epoch: int, positions: dict[str, int]) -> None:
        """The slice is taken over: whatever was fetched before counts for nothing."""
        self.epoch, self.cut, self.fetched = epoch, dict(positions), dict(positions)
        self.buffer.clear()
        self.busy, self.paused, self.reading, self.more = False, False, True, True

    def next_work(self) -> Work | None:
        """What is to be done now, if anything; the lane is busy with it then."""
        now = time.monotonic()
        if self.busy or self.alarm:
            return None
        if self.take_over_at is not None and self.take_over_at <= now:
            self.busy, self.take_over_at = True, None
            return TakeOver(self.slice)
        ticks = self.tick_at is not None and self.tick_at <= now
        ready = len(self.buffer) >= BATCH_RECORDS or (bool(self.buffer) and now >= self.lingers_until)
        if not self.reading or not (ready or self.more or ticks):
            return None
        self.lingers_until = now + self.linger_s
        self.busy, self.tick_at = True, None
        return self._batch()

    def _batch(self) -> Batch:
        records, self.buffer = self.buffer[:BATCH_RECORDS], self.buffer[BATCH_RECORDS:]
        batch = Batch(self.slice, self.epoch, {}, records)
        self.progress = bool(records)
        cut: dict[str, int] = {}
        for record in records:
            cut[record.topic()] = record.offset() + (record.error() is None)  # type: ignore[index,operator] # fetched
        batch.froms.update((topic, self.cut[topic]) for topic in cut)
        self.cut |= cut
        return batch

    def take_in(self, record: Message) -> None:
        """A record, or the end of a partition: kept only where a hole (a transaction's marker) lies before the end."""
        topic, offset, end = cast(str, record.topic()), cast(int, record.offset()), record.error() is not None
        if self.reading and (not end or offset > self.fetched.get(topic, 0)):
            self.buffer.append(record)
            self.fetched[topic] = offset if end else offset + 1

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

    def stir(self) -> None:
        """There is something to do that no record tells of; what an alarm has stopped is taken over again."""
        self.more = True
        if self.alarm is not None:
            self.alarm, self.take_over_at = None, 0.0

    def release(self) -> None:
        """Nothing new begins; what is under way goes on."""
        self.reading, self.take_over_at = False, None
        self.buffer.clear()

    @property
    def full(self) -> bool:
        return self.reading and not self.paused and len(self.buffer) > BUFFER_RECORDS

    @property
    def thirsty(self) -> bool:
        return self.reading and self.paused and len(self.buffer) < BATCH_RECORDS
