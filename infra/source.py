"""Where a consumer's records come from: membership by the lead topic, records of the slices that are ours.

Two librdkafka consumers in one thread. The *member* subscribes to the lead topic only and reads nothing: it says which
slices are ours. The *reader* has no group: it reads those slices of every topic from the ledger's positions.
A slice has at most one piece of work under way; what arrives meanwhile is its next batch.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.intake import Batch
from schemas.topic import Topic
from schemas.topics import LEAD

LOG = logging.getLogger(__name__)

BATCH_RECORDS = 2_000
"""Records of one batch: bigger ones cost latency and memory, smaller ones a transaction's fixed price more often."""

BUFFER_RECORDS = 2 * BATCH_RECORDS
"""Records kept for a busy slice before its partitions are paused."""

POLL_S = 0.01
"""How long the thread waits for a first record before it looks after membership and idle slices."""

TICK_S = 0.2
"""How often an idle slice that still awaits acknowledgements or a held day is looked after."""

DRAIN_S = 8.0
"""How long a revoked or stopping slice may finish what it has begun (10 s in all, with the producer's flush)."""

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.25, 5.0
"""Waiting before a take-over is tried again, doubled each time: short enough that a restart goes unnoticed."""


class TakeOver(int):
    """Work: make this slice ours."""


Work = TakeOver | Batch


@dataclass
class Lane:
    """One slice of ours, between fetching and working."""

    slice: int
    epoch: int = -1
    cut: dict[str, int] = field(default_factory=dict)
    """Per topic: the offset from which the next batch is fetched."""
    buffer: list[Message] = field(default_factory=list)
    busy: bool = False
    paused: bool = False
    reading: bool = False
    more: bool = False
    tick_at: float | None = None
    take_over_at: float | None = None
    backoff_s: float = FIRST_BACKOFF_S
    alarm: str | None = None


class Source:
    """Runs in its own thread from `start` to `stop`; hands out work through `deliver`, takes results in any thread."""

    def __init__(self, name: str, reads: Sequence[Topic], servers: str, deliver: Callable[[Work], None]) -> None:
        self.name, self._topics, self._deliver = name, tuple(topic.name for topic in reads), deliver
        settings: dict[str, Any] = {"bootstrap.servers": servers, "client.id": name, "logger": LOG}
        common = {**settings, "enable.auto.commit": False, "group.id": name}
        self._member = Consumer({**common, "group.protocol": "consumer", "auto.offset.reset": "latest"})
        self._reader = Consumer(
            {
                **common,
                "auto.offset.reset": "error",  # a position outside the log stops with an alarm, never skips
                "fetch.wait.max.ms": 50,
                "queued.max.messages.kbytes": 16_384,
                "enable.partition.eof": False,
            }
        )
        self._lanes: dict[int, Lane] = {}
        self._changed = threading.Condition(threading.RLock())
        self._starts: list[tuple[int, int, dict[str, int]]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"source-{name}", daemon=True)
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is begun (at most `DRAIN_S`), leave the group, end the thread."""
        self._stopping = True
        self._thread.join()

    # -- called by whoever works ---------------------------------------------------------------------------------

    def started(self, slice_: int, epoch: int, positions: dict[str, int]) -> None:
        """The slice is taken over: read from these positions on."""
        with self._changed:
            self._starts.append((slice_, epoch, positions))
            lane = self._lanes.get(slice_)
            if lane is not None:
                lane.busy = False  # nothing is under way any more: whoever releases the slice need not wait
            self._changed.notify_all()

    def done(self, slice_: int, more: bool, unsettled: bool) -> None:
        """The slice's work is done; it gets its next batch at once, if there is one."""
        with self._changed:
            lane = self._lanes.get(slice_)
            if lane is not None:
                lane.busy, lane.more, lane.backoff_s = False, more, FIRST_BACKOFF_S
                lane.tick_at = time.monotonic() + TICK_S if unsettled else None
                self._dispatch(lane)
            self._changed.notify_all()

    def failed(self, slice_: int, alarm: str | None) -> None:
        """The slice's work failed: it is taken over again after a while, or, with an alarm, stays stopped."""
        with self._changed:
            lane = self._lanes.get(slice_)
            if lane is not None:
                lane.busy, lane.reading, lane.alarm = False, False, alarm
                lane.buffer.clear()
                if alarm is None:
                    lane.take_over_at = time.monotonic() + lane.backoff_s
                    lane.backoff_s = min(2 * lane.backoff_s, LAST_BACKOFF_S)
            self._changed.notify_all()

    def hint(self, slice_: int, positions: dict[str, int]) -> None:
        """Commit offsets for lag tools. Only a hint: the ledger decides."""
        offsets = [TopicPartition(topic, slice_, offset) for topic, offset in positions.items()]
        try:
            self._member.commit(offsets=offsets, asynchronous=True)
        except (KafkaException, RuntimeError) as error:  # RuntimeError: closed meanwhile
            LOG.info("%s: the offset hint was refused (%s)", self.name, error)

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._member.subscribe([LEAD.name], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
            while not self._stopping:
                self._turn()
            self._release(list(self._lanes))
        except BaseException as error:
            self.failure = error
            LOG.exception("%s: the source has failed", self.name)
        finally:
            self._member.close()
            self._reader.close()

    def _turn(self) -> None:
        message = self._member.poll(0)
        if message is not None and message.error() is not None:
            LOG.info("%s: %s", self.name, message.error())
        with self._changed:
            self._start_lanes()
        first = self._reader.poll(POLL_S)
        records = [] if first is None else [first, *self._reader.consume(BATCH_RECORDS - 1, 0)]
        now = time.monotonic()
        with self._changed:
            for record in records:
                self._route(record)
            for lane in self._lanes.values():
                if lane.take_over_at is not None and lane.take_over_at <= now:
                    self._take_over(lane)
                elif lane.buffer or (lane.tick_at is not None and lane.tick_at <= now):
                    self._dispatch(lane, tick=True)
                self._regulate(lane)

    def _route(self, record: Message) -> None:
        error = record.error()
        if error is not None:
            self._on_error(error, record)
            return
        lane = self._lanes.get(int(record.partition() or 0))
        if lane is not None and lane.reading:
            lane.buffer.append(record)

    def _on_error(self, error: KafkaError, record: Message) -> None:
        lane = self._lanes.get(int(record.partition() or 0))
        if error.code() == KafkaError._AUTO_OFFSET_RESET and lane is not None:
            lane.alarm = f"position of {record.topic()} lies outside the log: {error.str()}"
            lane.reading = False
            LOG.error(
                "ALARM %s/%s: %s. Was the topic deleted, or shortened by retention?", self.name, lane.slice, lane.alarm
            )
        else:
            LOG.info("%s: %s", self.name, error)

    def _dispatch(self, lane: Lane, tick: bool = False) -> None:
        if lane.busy or not lane.reading or self._stopping or lane.alarm:
            return
        if lane.buffer or lane.more or tick:
            records, lane.buffer = lane.buffer[:BATCH_RECORDS], lane.buffer[BATCH_RECORDS:]
            batch = Batch(lane.slice, lane.epoch, {}, records)
            for record in records:
                topic, offset = str(record.topic()), int(record.offset() or 0)
                batch.froms.setdefault(topic, lane.cut[topic])
                lane.cut[topic] = offset + 1
            lane.busy, lane.tick_at = True, None
            self._deliver(batch)

    def _take_over(self, lane: Lane) -> None:
        lane.busy, lane.take_over_at = True, None
        self._deliver(TakeOver(lane.slice))

    def _start_lanes(self) -> None:
        """Here, between two polls, no record of an earlier fetch can be mistaken for one of the new."""
        for slice_, epoch, positions in self._starts:
            lane = self._lanes.get(slice_)
            if lane is not None:
                self._reader.incremental_unassign(self._assigned_partitions(slice_))
                self._reader.incremental_assign([TopicPartition(t, slice_, positions[t]) for t in self._topics])
                lane.epoch, lane.cut = epoch, {topic: positions[topic] for topic in self._topics}
                lane.buffer.clear()
                lane.busy, lane.paused, lane.reading, lane.more = False, False, True, True
                self._dispatch(lane)
        self._starts.clear()

    def _regulate(self, lane: Lane) -> None:
        if not lane.reading:
            return
        if not lane.paused and len(lane.buffer) > BUFFER_RECORDS:
            self._reader.pause(self._assigned_partitions(lane.slice))
            lane.paused = True
        elif lane.paused and len(lane.buffer) < BATCH_RECORDS:
            self._reader.resume(self._assigned_partitions(lane.slice))
            lane.paused = False

    def _assigned_partitions(self, slice_: int) -> list[TopicPartition]:
        return [TopicPartition(p.topic, p.partition) for p in self._reader.assignment() if p.partition == slice_]

    # -- membership, inside member.poll() --------------------------------------------------------------------------

    def _assigned(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        member.incremental_assign([TopicPartition(p.topic, p.partition, OFFSET_INVALID) for p in partitions])
        member.pause(partitions)
        with self._changed:
            for partition in partitions:
                lane = self._lanes[partition.partition] = Lane(partition.partition)
                self._take_over(lane)
        LOG.info("%s: slices assigned: %s", self.name, [p.partition for p in partitions])

    def _revoked(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        self._release([p.partition for p in partitions])
        member.incremental_unassign(partitions)
        LOG.info("%s: slices revoked: %s", self.name, [p.partition for p in partitions])

    def _lost(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        self._revoked(member, partitions)

    def _release(self, slices: Sequence[int]) -> None:
        """Let what is begun finish, then forget the slices. What does not finish in time is fenced by its epoch."""
        with self._changed:
            ours = [self._lanes[s] for s in slices if s in self._lanes]
            for lane in ours:
                lane.reading = False
                lane.buffer.clear()
                lane.take_over_at = None
            self._changed.wait_for(lambda: not any(lane.busy for lane in ours), DRAIN_S)
            for lane in ours:
                self._reader.incremental_unassign(self._assigned_partitions(lane.slice))
                del self._lanes[lane.slice]
            self._starts = [start for start in self._starts if start[0] in self._lanes]

    def state(self) -> dict[int, Any]:
        """Slice -> alarm or None, for whoever asks how it goes."""
        with self._changed:
            return {lane.slice: lane.alarm for lane in self._lanes.values()}
