"""Topics as declared, the schema migrated once, and what is said when Kafka is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

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
from schemas.topic import Topic
from tests.conftest import new_database


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
