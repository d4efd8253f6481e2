"""The outbox publisher on real Kafka: a batch counts as acknowledged when Kafka has all of it, not earlier."""

import random
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from infra.engine.outbox import OutboxPublisher
from infra.engine.record import OutgoingRecord
from schemas.topics import NOTICE_ISSUED

DEADLINE_S = 60.0
RECORDS = 4_000
BODY = random.Random(1).randbytes(4096)
"""Incompressible: together some sixteen requests, so that Kafka has one partition's only record long before the last
of the other."""


def test_a_batch_is_acknowledged_when_kafka_has_its_last_record_on_every_partition(kafka: str) -> None:
    places = [(0, 1), *((1, sequence) for sequence in range(1, RECORDS))]
    batch = [
        OutgoingRecord(NOTICE_ISSUED.name, partition, sequence, bytes(16), bytes(16), 0, b"key", BODY)
        for partition, sequence in places
    ]
    publisher = OutboxPublisher(kafka, "test-publisher")
    pending = publisher.publish("test/0", 1, batch)
    assert not pending.acked

    deadline = time.monotonic() + DEADLINE_S
    while not pending.acked and time.monotonic() < deadline:
        publisher.poll(0.001)
    assert pending.acked
    assert publisher.flush(0), "records of the batch are still on their way"
    assert sequences(kafka) == {0: [1], 1: list(range(1, RECORDS))}


def sequences(kafka: str) -> dict[int, list[int]]:
    """What can be read at this moment, by partition."""
    reader = Consumer({"bootstrap.servers": kafka, "group.id": "test-reader"})
    try:
        places = [TopicPartition(NOTICE_ISSUED.name, partition, OFFSET_BEGINNING) for partition in (0, 1)]
        left = sum(reader.get_watermark_offsets(place, timeout=10)[1] for place in places)
        reader.assign(places)
        found: dict[int, list[int]] = {0: [], 1: []}
        while left > 0:
            for record in reader.consume(min(left, 1000), 1.0):
                assert record.error() is None
                left -= 1
                found[int(record.partition() or 0)].append(int(dict(record.headers() or ())["ce_sequence"] or 0))
        return found
    finally:
        reader.close()
