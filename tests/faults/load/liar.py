"""The liar: on every day of the load, forged sources, sequences, days, dates, ids and schemas, beside what is honest.

Of each kind there is a lie that must be refused, and one that nobody can tell from the truth without knowing who sent
it: that one passes. A lie bears its name in a header, so its dead letters are known. Those that pass are about people
whom the load does not know, or repeat what is true: they have no effect that anybody sees.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, cast

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from infra.engine.days import SOURCE, day_id
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.codec import encode
from schemas.dates import midnight
from schemas.event import Event
from schemas.headers import RawHeaders, headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, DAY_BEGUN
from tests.builders import changed, exemption
from tests.integration.system import FORGED, Reads

KINDS = ("source", "sequence", "day", "date", "id", "schema")
NOBODYS_SCHEMA = 2_000_000_000
HUGE = 2**70
AHEAD, FAR_AHEAD = timedelta(days=60), timedelta(days=5_000)
ANSWER_S = 5.0

_LETTERS = "select consumer, headers from dead_letter.letter"


class Lie(NamedTuple):
    """One forged record; `refused`: whether it must be."""

    kind: str
    refused: bool
    topic: Topic
    slice: int
    key: bytes
    value: bytes
    headers: RawHeaders


@dataclass
class Liar:
    """`sent`: each lie by its name."""

    kafka: str
    schema_ids: Mapping[str, int]
    sent: dict[str, Lie] = field(default_factory=dict)

    def lie(self, day: date, index: int) -> None:
        """Sends the lies of a day that has begun. `index`, that of the day in the load, makes their ids."""
        lies = [*self._facts(day, index), *self._of_the_ledger(day, index), *self._days(day, index)]
        with Sender(self.kafka, "liar") as sender:
            for number, lie in enumerate(lies):
                name = f"{lie.kind}-{index}-{number}"
                sender.send(lie.topic.name, lie.slice, lie.key, lie.value, [*lie.headers, (FORGED, name.encode())])
                self.sent[name] = lie
            sender.finish()

    def _facts(self, day: date, index: int) -> Iterator[Lie]:
        """Facts about people without a situation: an exemption of theirs changes nothing."""
        who, at = f"liar-{index}", f"{day} 07:00"
        told = exemption(at, citizen=who)
        for kind in ("source", "date", "schema"):
            yield self._lie(kind, False, CV_EXEMPTION_RECORDED, told, headers(f"{who}-{kind}", "somebody", told))
        ahead = exemption(f"{day + AHEAD} 07:00", citizen=who)
        yield self._lie("date", True, CV_EXEMPTION_RECORDED, ahead, headers(f"{who}-ahead", "somebody", ahead))
        other = exemption(at, citizen=who, kind="from-being-searchable")
        for refused, event in ((False, told), (True, other)):
            yield self._lie("id", refused, CV_EXEMPTION_RECORDED, event, headers(f"{who}-id", "somebody", event))
        parked = exemption(at, citizen=f"{who}-schema")
        lie = self._lie("schema", True, CV_EXEMPTION_RECORDED, parked, headers(f"{who}-none", "somebody", parked))
        yield lie._replace(value=encode(parked, NOBODYS_SCHEMA))

    def _of_the_ledger(self, day: date, index: int) -> Iterator[Lie]:
        """Records on a topic that only our ledger writes: forged ones, and a true one once more."""
        topic = CV_REQUIREMENT_CHANGED
        forged = changed(f"{day} 07:00", before=(True, True), now=(False, False), citizen=f"liar-{index}")
        evil = headers(f"liar-{index}-evil", "evil/0", forged, sequence=1)
        huge = headers(f"liar-{index}-huge", f"cv-requirement/{index % SLICES}", forged, sequence=HUGE)
        yield self._lie("source", True, topic, forged, evil)
        yield self._lie("sequence", True, topic, forged, huge)
        yield from self._said_again(topic, index % SLICES)

    def _said_again(self, topic: Topic, slice_: int) -> Iterator[Lie]:
        """The first true record of that partition, if there is one by now."""
        settings = {"bootstrap.servers": self.kafka, "group.id": "liar", "enable.partition.eof": True}
        with closing(Consumer(settings)) as reader:
            reader.assign([TopicPartition(topic.name, slice_, OFFSET_BEGINNING)])
            while (record := reader.poll(ANSWER_S)) is not None and record.error() is None:
                if FORGED not in dict(cast(RawHeaders, record.headers() or ())):
                    key, value = cast(bytes, record.key()), cast(bytes, record.value())
                    yield Lie("sequence", False, topic, slice_, key, value, cast(RawHeaders, record.headers()))
                    return

    def _days(self, day: date, index: int) -> Iterator[Lie]:
        """Days in one slice: one that is far away, by the clock's own word and by another's, and today once more."""
        slice_ = index % SLICES
        for refused, begun, source in ((True, day + FAR_AHEAD, "evil"), (False, day, SOURCE)):
            event = DayBegun(occurred_at=midnight(begun), day_begun=begun, ends={})
            envelope = headers(day_id(event, slice_).hex(), source, event)
            lie = self._lie("day", refused, DAY_BEGUN, event, envelope)
            yield lie._replace(slice=slice_)

    def _lie(self, kind: str, refused: bool, topic: Topic, event: Event, envelope: RawHeaders) -> Lie:
        key, value = event.key.encode(), encode(event, self.schema_ids[topic.name])
        return Lie(kind, refused, topic, slice_of(key, SLICES), key, value, envelope)

    @property
    def on_our_topics(self) -> int:
        """How many records the liar has written to topics that only our ledger writes."""
        return sum(lie.topic.writer is Writer.LEDGER for lie in self.sent.values())

    def judged(self, dsn: str, reads: Reads) -> tuple[Counter[str], list[str]]:
        """How many lies of each kind were refused and how many passed, and what is wrong: a lie that some reader took
        though it must be refused, or refused though nobody can know that it is one."""
        refused_by: dict[str, set[str]] = {name: set() for name in self.sent}
        with psycopg.connect(dsn) as connection:
            for consumer, pairs in connection.execute(_LETTERS).fetchall():
                if (name := _name(pairs)) in refused_by:
                    refused_by[name].add(consumer)
        counts: Counter[str] = Counter()
        wrong = []
        for name, lie in self.sent.items():
            wanted = {consumer for consumer, topics in reads.items() if lie.refused and lie.topic in topics}
            if refused_by[name] != wanted:
                wrong.append(f"lie {name} was refused by {sorted(refused_by[name])}, and must be by {sorted(wanted)}")
            counts[f"{lie.kind} sent"] += 1
            counts[f"{lie.kind} {'refused' if refused_by[name] else 'passed'}"] += 1
        return counts, wrong


def _name(pairs: Sequence[tuple[str, str]]) -> str:
    return next((bytes.fromhex(digits).decode() for header, digits in pairs if header == FORGED), "")
