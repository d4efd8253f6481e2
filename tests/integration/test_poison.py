"""What nobody can read goes aside whole, and the rest flows (DESIGN 2.6): no poison stops a slice or holds a day."""

from datetime import date
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer

from infra.dead_letters import TOPIC_BYTES, topic_of
from infra.local import Addresses
from schemas.codec import encode
from schemas.headers import RawHeaders, headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import DAY_BEGUN, SITUATION_RECORDED
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


def test_every_kind_of_unreadable_record_is_a_dead_letter_and_the_rest_flows(system: System) -> None:
    envelope = headers("poison", "test", GOOD)
    value = encode(GOOD, system.schema_ids[SITUATION_RECORDED.name])
    poison: list[tuple[str, bytes | None, bytes | None, int, RawHeaders]] = [
        ("Confluent framing", KEY, b"garbage", SLICE, envelope),
        ("no value", KEY, None, SLICE, envelope),
        ("not Avro", KEY, value[:9], SLICE, envelope),
        ("at most 262144", KEY, b"\0" * (TOPIC_BYTES + 300_000), SLICE, envelope),
        ("schema 999 is not registered", KEY, b"\0\0\0\x03\xe7rest", SLICE, envelope),
        ("ce_id or ce_source is missing", KEY, value, SLICE, []),
        ("headers; at most 64", KEY, value, SLICE, [(f"h{n}", b"x") for n in range(1000)]),
        ("no key", None, value, SLICE, envelope),
        ("belongs to another partition", KEY, value, (SLICE + 1) % SLICES, envelope),
        ("key is not its citizen", b"c-other", value, slice_of(b"c-other", SLICES), envelope),
    ]
    with system.worker():
        for number, (_, key, content, partition, about) in enumerate(poison):
            unique = [(n, b"poison-%d" % number if n == "ce_id" else v) for n, v in about]
            _produce(system, SITUATION_RECORDED, key, content, partition, unique)
        _produce(system, DAY_BEGUN, b"2021-06-13", b"no day", SLICE, [])
        system.publish([*first_load(1, CITIZENS), DAY])
        wait_for("everything drained", lambda: system.drained(DAY))
    with psycopg.connect(system.dsn) as connection:
        query = "select topic, partition, key, value, reason from dead_letter.letter order by id"
        letters = connection.execute(query).fetchall()
        assert len(letters) == len(poison) + 1
        for expected, key, content, partition, _ in poison:
            assert [
                content
                for t, p, k, v, reason in letters
                if expected in reason and (p, k, v) == (partition, key, content)
            ]
        assert [v for t, _, _, v, _ in letters if t == DAY_BEGUN.name] == [b"no day"]
        assert connection.execute("select count(*) from ledger.state").fetchone() == (CITIZENS,)
        assert connection.execute("select count(*) from ledger.slice where alarm is not null").fetchone() == (0,)
        assert connection.execute("select max(epoch) from ledger.slice").fetchone() == (1,), (
            "a slice was taken over again"
        )
    dead = Topic(topic_of("cv-requirement", SITUATION_RECORDED.name), SITUATION_RECORDED.event)
    assert len(system.records(dead)) == len(poison)


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
        wait_for("the ledger beyond the aborted transaction", lambda: system.drained(None), 20)
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


def _produce(
    system: System, topic: Topic, key: bytes | None, value: bytes | None, partition: int, about: RawHeaders
) -> None:
    producer = Producer({"bootstrap.servers": system.addresses.kafka, "compression.type": "zstd"})
    producer.produce(topic.name, value, key, partition, headers=about)
    assert producer.flush(30) == 0
