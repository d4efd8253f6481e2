"""A slice's fetched records that wait to be worked on, in the order of its days (docs/decisions/0007)."""

import sys
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import cast

from confluent_kafka import Message

from infra.engine.record import Batch
from infra.source.record_queue import BATCH_BYTES, BATCH_RECORDS, RecordQueue
from schemas.topics import LEAD

BUFFER_RECORDS = 2 * BATCH_RECORDS
BUFFER_BYTES = 2 * BATCH_BYTES
"""Kept for a busy slice before its partitions are paused."""

BEHIND_RECORDS = 1_000
"""Records of one topic that are kept though they lie behind a day that has not begun: enough until more is fetched."""

DAYS_AHEAD = 100
"""Days that are kept though they cannot begin yet: a few hundred kilobytes, three times the days of one catch-up."""

ENDLESS = sys.maxsize

Ends = Mapping[str, int]
"""By topic: the end of its log when a day began. A topic that is missing had no record: 0."""


class Buffer:
    """A record below the ends of the next day comes before that day; every other record comes behind it.

    No record is handed out before the next day is known, or known to be missing: the lead topic is read to its end
    first.
    """

    def __init__(
        self,
        slice_: int,
        epoch: int,
        topics: Sequence[str],
        positions: Mapping[str, int],
        ends_of: Callable[[Message], Ends],
    ) -> None:
        self.slice, self._epoch, self._topics, self._ends_of = slice_, epoch, tuple(topics), ends_of
        self._taken = {topic: positions[topic] for topic in topics}
        self.fetched = dict(self._taken)
        """By topic: the offset of its next record, if the log has no hole there."""
        self._last: dict[str, Message] = {}
        self._ready = RecordQueue()
        self._behind: dict[str, RecordQueue] = {}
        self._days: deque[tuple[Message, Ends]] = deque()
        self._days_known = LEAD.name not in topics
        self._moved = False
        self._full = False
        self.paused: set[str] = set()
        self._bound()

    def take_in(self, record: Message) -> None:
        """Takes in a record, or the end of a partition, before which a hole (a transaction's marker) may lie."""
        topic, offset = cast(str, record.topic()), cast(int, record.offset())
        if record.error() is not None:
            self._take_in_end(topic, offset)
            return
        self.fetched[topic], self._last[topic] = offset + 1, record
        if topic == LEAD.name:
            self._days.append((record, self._ends_of(record)))
            if len(self._days) == 1:
                self._bound()
        else:
            self._put(topic, offset, record)

    def leader_epoch(self, topic: str) -> int:
        """That of the record before the next one; -1 when it is not known. A client that is told it looks whether Kafka
        still has that record."""
        last = self._last.get(topic)
        epoch = None if last is None or last.offset() != self.fetched[topic] - 1 else last.leader_epoch()
        return -1 if epoch is None else epoch

    def unseen(self, ends: Mapping[str, int]) -> set[Hashable]:
        """The next place of each topic that has more and is not paused; the lead topic's, while its end is unknown."""
        behind = {topic for topic, at in self.fetched.items() if at < ends.get(topic, 0)}
        if not self._days_known:
            behind.add(LEAD.name)
        return {(topic, self.slice, self.fetched[topic], self._epoch) for topic in behind - self.paused}

    @property
    def due(self) -> bool:
        """True when there is anything to hand out."""
        return self._moved or self._begins(0)

    @property
    def batch_is_full(self) -> bool:
        return self._ready.is_full

    def cut(self) -> Batch:
        """The next batch. Its last records are the days that begin, once no other record lies before them."""
        records, begun = self._ready.take(), 0
        if len(self._ready):
            tos = {cast(str, record.topic()): cast(int, record.offset()) + 1 for record in records}
        else:
            tos = {topic: to for topic in self._topics if (to := self._reach(topic)) > self._taken[topic]}
            while self._begins(begun):
                begun += 1
            self._moved = False
        for _ in range(begun):
            day, _ends = self._days.popleft()
            records.append(day)
            tos[LEAD.name] = cast(int, day.offset()) + 1
        froms = {topic: self._taken[topic] for topic in tos}
        self._taken |= tos
        if begun:
            self._bound()
        return Batch(self.slice, self._epoch, froms, tos, records)

    def change(self) -> tuple[set[str], set[str]]:
        """The topics to pause and the topics to resume. Days are fetched while other topics pause."""
        self._full = self._ready.is_full if self._full else self._ready.beyond(BUFFER_RECORDS, BUFFER_BYTES)
        crowded = {topic for topic, some in self._behind.items() if self._crowds(topic, some)}
        if self._full:
            crowded.update(topic for topic in self._topics if topic != LEAD.name)
        if len(self._days) > self._few(LEAD.name, DAYS_AHEAD):
            crowded.add(LEAD.name)
            self._days_known = False
        changed = crowded - self.paused, self.paused - crowded
        self.paused = crowded
        return changed

    def _crowds(self, topic: str, behind: RecordQueue) -> bool:
        return behind.beyond(self._few(topic, BEHIND_RECORDS), self._few(topic, BATCH_BYTES))

    def _few(self, topic: str, limit: int) -> int:
        """Half of the limit while the topic is paused, so that it does not stop and go with every record."""
        return limit // 2 if topic in self.paused else limit

    def _take_in_end(self, topic: str, offset: int) -> None:
        self.fetched[topic] = max(offset, self.fetched[topic])
        if topic == LEAD.name and not self._days_known:
            self._days_known = True
            self._bound()
        self._moved = self._moved or self._reach(topic) > self._taken[topic]

    def _bound(self) -> None:
        """Another day is the next one now: divides all records that are here into those before it and behind it."""
        others = ENDLESS if self._days_known else 0
        day, ends = self._days[0] if self._days else (None, None)
        self._bounds = {topic: others if ends is None else ends.get(topic, 0) for topic in self._topics}
        self._bounds[LEAD.name] = ENDLESS if day is None else cast(int, day.offset())
        records = [*self._ready.records, *(record for some in self._behind.values() for record in some.records)]
        self._ready, self._behind = RecordQueue(), {}
        for record in records:
            self._put(cast(str, record.topic()), cast(int, record.offset()), record)
        self._moved = any(self._reach(topic) > self._taken[topic] for topic in self._topics)

    def _put(self, topic: str, offset: int, record: Message) -> None:
        if offset < self._bounds[topic]:
            self._ready.put(record)
            self._moved = True
        else:
            self._behind.setdefault(topic, RecordQueue()).put(record)

    def _reach(self, topic: str) -> int:
        """The offset up to which the topic can be handed out before the next day."""
        return max(self._taken[topic], min(self.fetched[topic], self._bounds[topic]))

    def _begins(self, number: int) -> bool:
        """True when the nth known day can begin after every ready record has been handed out."""
        if number >= len(self._days):
            return False
        ends = self._days[number][1]
        return all(self._reach(topic) >= ends.get(topic, 0) for topic in self._topics)
