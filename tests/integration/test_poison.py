"""What is odd on a topic and yet no poison: markers, aborted transactions, sources that number alike."""

from datetime import date
from pathlib import Path

import pytest
from confluent_kafka import Producer

from infra.addresses import Addresses
from schemas.codec import encode
from schemas.headers import RawHeaders, headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import SITUATION_RECORDED
from tests.builders import situation
from tests.integration.country import first_load
from tests.integration.system import System, make_system, wait_for

CITIZENS = 100
DAY = date(2021, 6, 14)
GOOD = situation("2021-06-13 12:00", citizen="c-poison")
KEY = b"c-poison"
SLICE = slice_of(KEY, SLICES)


@pytest.fixture
def system(addresses: Addresses, database: str, tmp_path: Path) -> System:
    return make_system(addresses, database, tmp_path)


def test_a_transaction_marker_at_the_end_of_a_partition_does_not_hold_the_day(system: System) -> None:
    producer = Producer({"bootstrap.servers": system.addresses.kafka, "transactional.id": "test-foreign-system"})
    producer.init_transactions()
    producer.begin_transaction()
    value = encode(GOOD, system.schema_ids[SITUATION_RECORDED.name])
    producer.produce(SITUATION_RECORDED.name, value, KEY, SLICE, headers=headers("1", "test", GOOD))
    producer.commit_transaction()
    with system.worker():
        system.publish([DAY])
        wait_for("the day begun in every slice", lambda: system.drained(DAY))
    assert system.applied() == 1 + SLICES


def test_an_aborted_transaction_is_passed_over_though_no_record_of_it_is_ever_seen(system: System) -> None:
    with system.worker():
        system.publish(first_load(1, CITIZENS))
        wait_for("everything drained", lambda: system.drained(None))
        producer = Producer({"bootstrap.servers": system.addresses.kafka, "transactional.id": "test-foreign-system"})
        producer.init_transactions()
        producer.begin_transaction()
        value = encode(GOOD, system.schema_ids[SITUATION_RECORDED.name])
        producer.produce(SITUATION_RECORDED.name, value, KEY, SLICE, headers=headers("1", "test", GOOD))
        assert producer.flush(30) == 0
        producer.abort_transaction()
        wait_for("the ledger beyond the aborted transaction", lambda: system.drained(None))
        system.publish([DAY])
        wait_for("the day begun in every slice", lambda: system.drained(DAY))
    assert system.applied() == CITIZENS + SLICES


def test_two_sources_that_number_from_one_lose_nothing(system: System) -> None:
    other = situation("2021-06-13 12:00", citizen="c-other", target_group="employed")
    for source, event in (("test/a", GOOD), ("test/b", other)):
        key = event.key.encode()
        value = encode(event, system.schema_ids[SITUATION_RECORDED.name])
        for _ in range(2):
            about = headers("1", source, event)
            _produce(system, SITUATION_RECORDED, key, value, slice_of(key, SLICES), about)
    with system.worker():
        wait_for("everything drained", lambda: system.drained(None))
    assert system.applied() == 2


def _produce(system: System, topic: Topic, key: bytes, value: bytes, partition: int, about: RawHeaders) -> None:
    producer = Producer({"bootstrap.servers": system.addresses.kafka})
    producer.produce(topic.name, value, key, partition, headers=about)
    assert producer.flush(30) == 0
