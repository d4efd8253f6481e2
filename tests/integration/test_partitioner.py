"""A plain producer with `partitioner=murmur2_random` puts a key where we say that it belongs."""

from uuid import uuid4

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.addresses import Addresses
from schemas.ids import slice_of
from schemas.topic import SLICES

DEADLINE_S = 30.0
KEYS = [f"c-{n}" for n in range(500)] + ["c", "æ", "ærø-Åse", "2021-06-14", "c-" + "ø" * 62]


def test_librdkafka_puts_each_key_on_the_partition_that_slice_of_says(addresses: Addresses) -> None:
    topic = f"test.partitioner-{uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": addresses.kafka})
    admin.create_topics([NewTopic(topic, SLICES, 1)])[topic].result(DEADLINE_S)
    landed: dict[str, int | None] = {}

    def note(error: KafkaError | None, record: Message) -> None:
        assert error is None
        landed[(record.key() or b"").decode()] = record.partition()

    producer = Producer({"bootstrap.servers": addresses.kafka, "partitioner": "murmur2_random"})
    for key in KEYS:
        producer.produce(topic, key=key.encode(), value=b"", on_delivery=note)
    assert producer.flush(DEADLINE_S) == 0

    assert landed == {key: slice_of(key.encode(), SLICES) for key in KEYS}
    assert set(landed.values()) == set(range(SLICES))
    admin.delete_topics([topic])[topic].result(DEADLINE_S)
