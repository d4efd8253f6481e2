"""Topics as declared, the schema migrated once, and what is said when Kafka is away."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined] # the client does not mark it as exported

from infra.addresses import Addresses
from infra.arrays import uuids
from infra.errors import AlarmError
from infra.kafka import admin, topic_ids
from infra.migrate import migrate
from infra.postgres import connect
from infra.topic_admin import ensure_topics
from producers.publisher import DeliveryError
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.headers import headers
from schemas.topic import SLICES, Topic
from tests.conftest import new_database
from tests.integration.system import wait_for


def test_without_kafka_the_error_says_how_many_records_arrived() -> None:
    event = DayBegun(occurred_at=midnight(date(2021, 6, 14)), day_begun=date(2021, 6, 14), ends={})
    with Sender("127.0.0.1:1", "test", deadline_s=0.5) as sender:
        sender.send("anything", 0, b"key", b"value", headers("1", "test", event))
        with pytest.raises(DeliveryError, match=r"acknowledged 0 of 1 records.*Repeat the command"):
            sender.finish()


def test_migrating_twice_or_two_at_once_is_harmless_and_a_changed_migration_is_refused(postgres: str) -> None:
    said: list[str] = []
    with new_database(postgres) as dsn:
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda _: migrate(dsn, said.append), range(2)))
        assert len(said) == len(set(said)) >= 2
        migrate(dsn, said.append)
        assert len(said) == len(set(said))
        with connect(dsn, "test") as connection:
            connection.execute("update public.migration set sha256 = 'another' where number = 2")
        with pytest.raises(AlarmError, match=r"0002_identity\.sql has changed.*new migration"):
            migrate(dsn)


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_ids_pass_to_the_database_and_back_unchanged(database: str, count: int) -> None:
    given = [n.to_bytes(16, "big") for n in range(count)]
    with connect(database, "test") as connection:
        rows = connection.execute("select uuid_send(u) from unnest(%b::uuid[]) u", (uuids(given),), binary=True)
        assert [row[0] for row in rows] == given


def test_topics_are_as_declared_and_what_differs_is_corrected_or_refused(addresses: Addresses) -> None:
    client = admin(addresses.kafka)
    name = f"dfdg.test-{datetime.now(UTC):%H%M%S%f}-v1"
    said: list[str] = []
    short, long = (Topic(name, DayBegun, retention_days=days) for days in (3, 5))
    ensure_topics(client, [short], [f"cv.{name}-dlq"], said.append)
    ensure_topics(client, [short], [f"cv.{name}-dlq"], said.append)
    assert said == ["Created 2 topics, with 8 partitions but for dead letters; copies of each: 1."]
    first = topic_ids(client, [name, f"cv.{name}-dlq"])
    assert len(set(first.values())) == 2

    ensure_topics(client, [long], say=said.append)
    ensure_topics(client, [long], say=said.append)
    assert said[1:] == [f"Corrected {name}: retention.ms was 259200000, is 432000000."]
    assert topic_ids(client, [name]).items() <= first.items()

    with pytest.raises(AlarmError, match=r"missing: dfdg\.never"):
        topic_ids(client, ["dfdg.never"])
    client.delete_topics([name, f"cv.{name}-dlq"])[name].result(30)


def test_a_record_with_an_old_time_is_kept_as_long_as_any_other_on_topics_that_are_new_and_that_were_there(
    addresses: Addresses,
) -> None:
    client, said = admin(addresses.kafka), list[str]()
    old, new = (f"dfdg.test-{kind}-{datetime.now(UTC):%H%M%S%f}-v1" for kind in ("old", "new"))
    dead, sent_ms = f"cv.{new}-dlq", 1_000 * int(datetime(2021, 6, 14, tzinfo=UTC).timestamp())
    client.create_topics([NewTopic(old, SLICES, 1)])[old].result(30)
    wait_for("the topic to be known", lambda: old in client.list_topics(timeout=10).topics)
    ensure_topics(client, [Topic(old, DayBegun), Topic(new, DayBegun)], [dead], said.append)
    assert f"Corrected {old}: message.timestamp.type was CreateTime, is LogAppendTime." in said
    begun_ms = 1_000 * int(datetime.now(UTC).timestamp())
    producer = Producer({"bootstrap.servers": addresses.kafka})
    for topic in (old, new, dead):
        producer.produce(topic, b"value", b"key", 0, timestamp=sent_ms)
    assert producer.flush(30) == 0
    with closing(Consumer({"bootstrap.servers": addresses.kafka, "group.id": "test-reader"})) as reader:
        reader.assign([TopicPartition(topic, 0, 0) for topic in (old, new, dead)])
        found: list[Message] = []
        while len(found) < 3:
            found += reader.consume(3 - len(found), 1.0)
    assert {record.topic() for record in found} == {old, new, dead}
    for kind, at_ms in (record.timestamp() for record in found):
        assert kind == TIMESTAMP_LOG_APPEND_TIME
        assert at_ms >= begun_ms
    client.delete_topics([old, new, dead])[old].result(30)
