"""How far behind the consumers are, in records and in seconds, from the ledger's positions (OPS-2).

A value that cannot be determined is None, which is not 0: a slice that was never started is not up to date.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any, NamedTuple

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, KafkaException, Message, TopicPartition
from psycopg import Connection

from infra.errors import TransientError
from infra.kafka import admin, end_offsets, watermarks
from schemas.topic import SLICES, Topic
from schemas.topics import DAY_BEGUN, TOPICS

PEEK_DEADLINE_S = 10.0
"""For reading the oldest unprocessed records, in seconds. A record that has not come by then has an unknown age."""

_SLICES = "select consumer, slice, positions, alarm from ledger.slice order by consumer, slice"
_SETTINGS: dict[str, Any] = {
    "group.id": "dfdg-look",
    "enable.auto.commit": False,
    "auto.offset.reset": "error",  # a position outside the log has no oldest record: its age is unknown
    "queued.min.messages": 1,  # one record of each partition is wanted
    "fetch.wait.max.ms": 50,
}


class Lag(NamedTuple):
    """The lag of one consumer on one topic: how many records are not applied yet, and the age of the oldest of
    them in seconds; None is unknown."""

    consumer: str
    topic: str
    records: int | None
    age_s: float | None


class Alarm(NamedTuple):
    """A slice that has stopped; `text` says why, and what to do."""

    consumer: str
    slice: int
    text: str


class HeldDay(NamedTuple):
    """A day that has begun but not yet in this slice: the slice has not read up to that day's beginning."""

    consumer: str
    slice: int
    day: date


class Standing(NamedTuple):
    """The state of all consumers. `records`: how many records each topic's log holds."""

    records: dict[str, int]
    lags: list[Lag]
    alarms: list[Alarm]
    held_days: list[HeldDay]


class _Place(NamedTuple):
    topic: str
    slice: int
    offset: int


class _SlicePosition(NamedTuple):
    """The position of one slice of a consumer on one topic. It is None while the ledger has none. `end`: the
    topic's end offset in that slice."""

    consumer: str
    topic: str
    slice: int
    position: int | None
    end: int

    @property
    def behind(self) -> int:
        return 0 if self.position is None else max(0, self.end - self.position)

    @property
    def place(self) -> _Place:
        return _Place(self.topic, self.slice, self.position or 0)


def standing(connection: Connection, kafka: str, reads: Mapping[str, Sequence[Topic]], now: datetime) -> Standing:
    """The lags, alarms and held days of the consumers in `reads`, and how many records every topic holds.

    Positions are read before the end offsets, so that a slice with a lag never appears to have none. Raises
    `TransientError` when Kafka does not answer.
    """
    rows = connection.execute(_SLICES).fetchall()
    positions = {(consumer, slice_): known for consumer, slice_, known, _ in rows}
    names = [topic.name for topic in TOPICS]
    ends = end_offsets(admin(kafka), names)
    slices = [
        _SlicePosition(
            consumer,
            topic.name,
            slice_,
            positions.get((consumer, slice_), {}).get(topic.name),
            ends[slice_][topic.name],
        )
        for consumer, topics in reads.items()
        for topic in topics
        for slice_ in range(SLICES)
    ]
    try:
        with closing(Consumer({"bootstrap.servers": kafka, **_SETTINGS})) as reader:
            records = {name: _records(reader, name, ends) for name in names}
            oldest = _peek(reader, (each.place for each in slices if each.behind))
    except KafkaException as error:
        raise TransientError(f"Kafka does not answer: {error.args[0].str()}") from error
    return Standing(
        records,
        [_lag(slices[at : at + SLICES], oldest, now) for at in range(0, len(slices), SLICES)],
        [Alarm(consumer, slice_, alarm) for consumer, slice_, _, alarm in rows if alarm],
        list(_held(slices, oldest)),
    )


def _lag(slices: Sequence[_SlicePosition], oldest: Mapping[_Place, Message], now: datetime) -> Lag:
    consumer, topic = slices[0].consumer, slices[0].topic
    if any(each.position is None for each in slices):
        return Lag(consumer, topic, None, None)
    ages = [_age_s(oldest.get(each.place), now) for each in slices if each.behind]
    known = [age for age in ages if age is not None]
    age_s = max(known, default=0.0) if len(known) == len(ages) else None
    return Lag(consumer, topic, sum(each.behind for each in slices), age_s)


def _age_s(record: Message | None, now: datetime) -> float | None:
    if record is None or record.timestamp()[0] == TIMESTAMP_NOT_AVAILABLE:
        return None
    return max(0.0, now.timestamp() - record.timestamp()[1] / 1000)


def _held(slices: Iterable[_SlicePosition], oldest: Mapping[_Place, Message]) -> Iterable[HeldDay]:
    for each in slices:
        record = oldest.get(each.place) if each.behind else None
        if each.topic == DAY_BEGUN.name and record is not None and (day := _day(record.key() or b"")):
            yield HeldDay(each.consumer, each.slice, day)


def _day(key: bytes) -> date | None:
    """The day that a record of the clock begins; None for a record that is not the clock's, which no consumer
    accepts."""
    try:
        return date.fromisoformat(key.decode())
    except ValueError:
        return None


def _records(reader: Consumer, topic: str, ends: Sequence[Mapping[str, int]]) -> int:
    total = 0
    for slice_ in range(SLICES):
        begins, _ = watermarks(reader, topic, slice_)
        total += max(0, ends[slice_][topic] - begins)
    return total


def _peek(reader: Consumer, wanted: Iterable[_Place]) -> dict[_Place, Message]:
    """The first record at or behind each place. Places without a record, or without an answer in time, are left out."""
    found: dict[_Place, Message] = {}
    left = set(wanted)
    deadline = time.monotonic() + PEEK_DEADLINE_S
    while left and time.monotonic() < deadline:
        turn = {(place.topic, place.slice): place for place in left}  # one place of each partition at a time
        left -= set(turn.values())
        reader.assign([TopicPartition(*place) for place in turn.values()])
        while turn and time.monotonic() < deadline:
            for record in reader.consume(len(turn), 0.2):
                place = turn.pop((str(record.topic()), int(record.partition() or 0)), None)
                if place is not None and record.error() is None:
                    found[place] = record
    return found
