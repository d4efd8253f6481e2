"""Of a producer new to a partition Kafka takes the second request though it has refused the first, and librdkafka then
holds both for arrived. So neither producer of ours has two on the way."""

import struct
import threading
import time
from typing import Protocol

import pytest
from confluent_kafka import Consumer, TopicPartition

from infra.engine.outbox import OutboxPublisher, PendingDelivery
from infra.engine.record import OutgoingRecord
from producers.sender import Sender
from schemas.topics import NOTICE_ISSUED
from tests.faults.inject.proxy import Proxy

PRODUCE, REQUEST = 0, struct.Struct(">ih")
WITHIN_THE_RECORDS = -12
SECOND_WITHIN_S, DEADLINE_S = 1.0, 60.0


class Way(Protocol):
    def __init__(self, kafka: str) -> None: ...
    def send(self, number: int) -> None: ...
    def wait(self) -> None: ...


class FromTheOutbox:
    def __init__(self, kafka: str) -> None:
        self._publisher, self._pending = OutboxPublisher(kafka, "test-in-flight"), list[PendingDelivery]()

    def send(self, number: int) -> None:
        record = OutgoingRecord(NOTICE_ISSUED.name, 0, number, bytes(16), bytes(16), 0, b"key", b"%d" % number)
        self._pending.append(self._publisher.publish("test/0", number, [record]))

    def wait(self) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not all(pending.acked for pending in self._pending) and time.monotonic() < deadline:
            self._publisher.poll(0.01)
        assert all(pending.acked for pending in self._pending)


class FromTheEdge:
    def __init__(self, kafka: str) -> None:
        self._sender = Sender(kafka, "test-in-flight")

    def send(self, number: int) -> None:
        self._sender.send(NOTICE_ISSUED.name, 0, b"key", b"%d" % number, [])

    def wait(self) -> None:
        self._sender.finish()


class Spoiling:
    """In front of a broker, and told to its clients instead of it: gets a byte of the first request to produce wrong,
    and then lets no answer through until it is healed."""

    def __init__(self, port: int) -> None:
        self.first, self.second = threading.Event(), threading.Event()
        self.proxy = Proxy(port, lambda _: self)
        self._told, self._tell = (b"127.0.0.1" + struct.pack(">i", each) for each in (port, self.proxy.port))

    def up(self, data: bytes) -> bytes:
        if REQUEST.unpack_from(data)[1] != PRODUCE:
            return data
        if self.first.is_set():
            self.second.set()
            return data
        self.proxy.muted.add("down")
        self.first.set()
        spoiled = bytearray(data)
        spoiled[WITHIN_THE_RECORDS] ^= 1
        return bytes(spoiled)

    def down(self, data: bytes) -> bytes:
        return data.replace(self._told, self._tell)


@pytest.mark.parametrize("way", [FromTheOutbox, FromTheEdge])
def test_a_request_that_kafka_refuses_at_first_is_not_held_for_done_because_it_took_the_next(
    kafka: str, way: type[Way]
) -> None:
    spoiling = Spoiling(int(kafka.rsplit(":", 1)[1]))
    with spoiling.proxy as proxy:
        producer = way(f"127.0.0.1:{proxy.port}")
        producer.send(1)
        assert spoiling.first.wait(DEADLINE_S)
        producer.send(2)
        spoiling.second.wait(SECOND_WITHIN_S)  # it comes, or it never does before the first is answered
        proxy.heal()
        producer.wait()
    assert read(kafka) == [b"1", b"2"]


def read(kafka: str) -> list[bytes]:
    reader = Consumer({"bootstrap.servers": kafka, "group.id": "test-reader"})
    try:
        start, end = reader.get_watermark_offsets(TopicPartition(NOTICE_ISSUED.name, 0), timeout=10)
        reader.assign([TopicPartition(NOTICE_ISSUED.name, 0, start)])
        values: list[bytes] = []
        while len(values) < end - start:
            values += [bytes(record.value() or b"") for record in reader.consume(100, 1.0)]
        return values
    finally:
        reader.close()
