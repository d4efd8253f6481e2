"""The local servers: started once, stopped by pid, keeping what was written to them."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import psycopg
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # the client re-exports without saying so
    AdminClient,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from infra.addresses import Addresses
from infra.errors import ServerError
from infra.local import Stack
from infra.local.process import Process
from infra.local.state import State

TOPIC = "local-servers"
CONSUME_TIMEOUT_S = KNOWN_DEADLINE_S = 30.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dfdg-test-", dir="/tmp") as made:
        yield Path(made)


@pytest.fixture
def bystander(stack: Stack) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is not ours, though its command line names our folder."""
    with bystander_of(stack.folder) as process:
        yield process


def bystander_of(folder: Path) -> subprocess.Popen[bytes]:
    """Ends when its standard input does, thus at the end of a `with`."""
    return subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()", str(folder)], stdin=subprocess.PIPE)


def pids(stack: Stack) -> dict[str, int | None]:
    return {row.name: row.pid for row in stack.status()}


def records(addresses: Addresses) -> list[bytes | None]:
    consumer = Consumer(
        {"bootstrap.servers": addresses.kafka, "group.id": "local-servers", "enable.partition.eof": True}
    )
    consumer.assign([TopicPartition(TOPIC, 0, OFFSET_BEGINNING)])
    found = []
    while (message := consumer.poll(CONSUME_TIMEOUT_S)) and not message.error():  # the error is the topic's end
        found.append(message.value())
    consumer.close()
    return found


def test_a_second_up_gives_the_same_addresses_and_starts_nothing(stack: Stack, addresses: Addresses) -> None:
    before, told = pids(stack), list[str]()
    assert stack.up(told.append) == addresses == stack.addresses()
    assert pids(stack) == before
    assert told == []
    assert None not in before.values()


def test_down_ends_our_servers_and_nobody_elses_and_the_next_up_finds_what_was_written(
    stack: Stack, addresses: Addresses, bystander: subprocess.Popen[bytes]
) -> None:
    with psycopg.connect(addresses.dsn) as connection:
        connection.execute("CREATE TABLE local_servers AS SELECT 'kept' AS word")
    admin = AdminClient({"bootstrap.servers": addresses.kafka})
    admin.create_topics([NewTopic(TOPIC, 1)])[TOPIC].result()
    producer = Producer({"bootstrap.servers": addresses.kafka, "acks": "all"})
    producer.produce(TOPIC, b"kept")
    assert producer.flush() == 0
    ours = [psutil.Process(pid) for pid in pids(stack).values()]
    ours += [child for server in ours for child in server.children(recursive=True)]

    stack.down()

    assert [process for process in ours if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert bystander.poll() is None
    assert stack.addresses() == addresses, "a folder keeps its ports"
    assert stack.up() == addresses
    with psycopg.connect(addresses.dsn) as connection:
        assert connection.execute("SELECT * FROM local_servers").fetchall() == [("kept",)]
        connection.execute("DROP TABLE local_servers")
    assert records(addresses) == [b"kept"]


def test_a_killed_database_comes_back_with_what_was_committed_and_the_others_never_stopped(
    stack: Stack, addresses: Addresses
) -> None:
    before = pids(stack)
    with psycopg.connect(addresses.dsn) as connection:
        connection.execute("CREATE TABLE crash AS SELECT 'kept' AS word")
        connection.commit()
        stack.kill("postgres")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert pids(stack) == before | {"postgres": None}

    stack.start("postgres")

    assert stack.addresses() == addresses
    assert pids(stack) | {"postgres": None} == before | {"postgres": None}
    with urlopen(f"{addresses.registry}/config") as answer:  # the registry, whose connections to it were cut
        assert json.load(answer) == {"compatibilityLevel": "FULL_TRANSITIVE"}
    with psycopg.connect(addresses.dsn) as connection:
        assert connection.execute("SELECT * FROM crash").fetchall() == [("kept",)]
        connection.execute("DROP TABLE crash")


@pytest.mark.parametrize("stranger", ["started at another time", "running another program"])
def test_a_process_that_got_the_pid_of_one_of_ours_is_not_ended(folder: Path, stranger: str) -> None:
    with bystander_of(folder) as process:
        ticks = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
        other_time = stranger == "started at another time"
        state = State.create(folder, brokers=1)
        state.processes["kafka-1"] = Process(
            process.pid, ticks - other_time, str(folder) if other_time else "kafka.Kafka"
        )
        state.save(folder)

        Stack(folder).kill("kafka-1")
        Stack(folder).down()

        assert process.poll() is None
        assert [row.running for row in Stack(folder).status()] == [False, False, False]
        assert State.load(folder) == State(1, state.ports, state.passwords, {})


def _settings(admin: AdminClient, topic: str) -> dict[str, ConfigEntry]:
    """Asked until whichever broker answers has heard of the topic: each learns of it at its own moment."""
    name = ConfigResource(ConfigResource.Type.TOPIC, topic)
    deadline = time.monotonic() + KNOWN_DEADLINE_S
    while True:
        try:
            return dict(admin.describe_configs([name])[name].result())
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART or time.monotonic() > deadline:
                raise


def test_three_brokers_keep_every_record_thrice_and_go_on_when_one_is_killed(folder: Path) -> None:
    stack = Stack(folder, brokers=3)
    try:
        addresses = stack.up()
        admin = AdminClient({"bootstrap.servers": addresses.kafka})
        admin.create_topics([NewTopic(TOPIC, 1)])[TOPIC].result()
        while not (partitions := admin.list_topics(TOPIC).topics[TOPIC].partitions):
            pass  # the broker that answers has not heard of the topic yet
        assert sorted(partitions[0].replicas) == [1, 2, 3]
        assert _settings(admin, TOPIC)["min.insync.replicas"].value == "2"
        stack.kill("kafka-3")
        producer = Producer({"bootstrap.servers": addresses.kafka, "acks": "all"})
        producer.produce(TOPIC, b"kept")
        assert producer.flush() == 0
        assert records(addresses) == [b"kept"]
        with pytest.raises(ServerError, match=r"made for 3 broker\(s\), not 1"):
            Stack(folder).up()
    finally:
        stack.remove()
    assert not folder.exists()
    folder.mkdir()  # for the fixture to remove
