"""Produced events become records for their topics: numbered, keyed and encoded.

Numbers are dense for each source, topic and partition, so that a reader recognises a repetition and a gap.
"""

from collections.abc import Iterator, Sequence

from infra.engine.ledger import Cursor
from infra.engine.record import OutgoingRecord, micros
from schemas.codec import encode
from schemas.event import ProducedEvent
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic


class EventEncoder:
    """Numbers and encodes produced events. Numbers are dense for each source, topic and partition."""

    def __init__(self, writes: Sequence[Topic], schema_ids: dict[str, int]) -> None:
        self._topics = {topic.event: (topic.name, schema_ids[topic.name]) for topic in writes}

    def encode_all(self, cursor: Cursor, decided: Sequence[ProducedEvent]) -> Iterator[OutgoingRecord]:
        for event, id_, cause in decided:
            topic, schema_id = self._topics[type(event)]
            key = event.key.encode()
            sequence = number(cursor, topic, partition := slice_of(key, SLICES))
            time_us, value = micros(event.occurred_at), encode(event, schema_id)
            yield OutgoingRecord(topic, partition, sequence, id_, cause, time_us, key, value)


def number(cursor: Cursor, topic: str, partition: int) -> int:
    """The next sequence of the slice in that partition."""
    place = f"{topic}/{partition}"
    sequence = cursor.sent[place] = cursor.sent.get(place, 0) + 1
    return sequence
