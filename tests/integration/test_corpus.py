"""What nobody can read goes aside whole, and the rest flows (DESIGN 2.6): no poison stops a slice or holds a day."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from consumers.record_lock import confirm_restore
from infra.addresses import Addresses
from infra.dead_letters.limits import IN_A_ROW
from infra.dead_letters.store import topic_of
from infra.registry import COMPATIBILITY
from producers.sender import Sender
from schemas.codec import contract_text, encode
from schemas.headers import headers
from schemas.ids import id_of, slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_EXEMPTION_RECORDED, DAY_BEGUN, SITUATION_RECORDED
from tests.builders import exemption, situation
from tests.conftest import new_database
from tests.integration.corpus import CPR, NULLS, RECURSIVE, Bad, corpus, trap
from tests.integration.country import Fact, first_load
from tests.integration.looking import BAD_INPUT, COULD_NOT, FINE, Desk
from tests.integration.raw import produce_with_header
from tests.integration.system import System, make_system, wait_for
from tests.integration.worker_process import WorkerProcess

CITIZENS = 100
UNPACKABLE_BYTES = 150_000_000
"""More than the client unpacks at once (`receive.message.max.bytes`); packed, a few kB."""
DAY = date(2021, 6, 14)
MAX_RSS_BYTES = 400 * 1024 * 1024
"""Some 130 MB are Python and its clients; the biggest record of the corpus passes through twice or three times."""


class Running(NamedTuple):
    system: System
    worker: WorkerProcess

    @property
    def desk(self) -> Desk:
        return Desk(self.system.addresses, self.system.dsn)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.system.dsn) as connection:
            return connection.execute(query, parameters).fetchall()


@pytest.fixture(scope="module")
def running(addresses: Addresses, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One engine for all tests of this module; each has keys of its own."""
    with new_database(migrated, of=migrated) as dsn:
        with psycopg.connect(dsn) as connection:
            confirm_restore(connection)
        system = make_system(addresses, dsn, tmp_path_factory.mktemp("corpus"))
        with system.worker() as worker:
            yield Running(system, worker)


def test_every_kind_of_bad_record_is_a_dead_letter_whole_and_the_rest_flows(running: Running) -> None:
    system = running.system
    with traps(system.addresses) as ids:
        bad = corpus(system.schema_ids, system.schema_ids[CV_EXEMPTION_RECORDED.name], ids)
        for each in bad.values():
            produce(system, each)
        odd_name(system)
        produce(system, Bad("", b"no day", b"2021-06-13", [], 0), DAY_BEGUN)
        system.publish([*first_load(1, CITIZENS), DAY])
        wait_for("everything drained", lambda: system.drained(DAY))
    assert peak_rss_bytes(running.worker.process.pid) < MAX_RSS_BYTES
    query = "select key, value, partition, headers, reason from dead_letter.letter where topic = %s"
    letters = running.rows(query, SITUATION_RECORDED.name)
    for name, each in bad.items():
        pairs = [[n, content.hex() if isinstance(content, bytes) else ""] for n, content in each.about]
        whole = (each.key, each.value, each.partition, pairs)
        assert [reason for *found, reason in letters if tuple(found) == whole and each.reason in reason], name
    assert [reason for key, *_, reason in letters if key == b"c-odd" and "name is not UTF-8" in reason]
    assert len(letters) == len(bad) + 1
    assert not [reason for *_, reason in letters if CPR in reason]
    assert running.rows("select count(*) from ledger.state") == [(CITIZENS,)]
    stops = "select consumer, slice, alarm from ledger.slice where alarm is not null or epoch <> 1"
    assert running.rows(stops) == [], "a slice has stopped or was taken over again"
    dead = Topic(topic_of("cv-requirement", SITUATION_RECORDED.name), SITUATION_RECORDED.event)
    assert len(system.records(dead)) == len(letters)


def test_a_letter_whose_schema_is_registered_later_is_driven_again_by_command_and_what_waits_follows(
    running: Running,
) -> None:
    registry, subject = SchemaRegistryClient({"url": running.system.addresses.registry}), SITUATION_RECORDED.subject
    schema = json.loads(contract_text("situation-recorded.v1"))
    name = f"told_by_{uuid4().hex}"  # a schema that no earlier run has registered
    schema["fields"].append({"name": name, "type": ["null", "string"], "doc": "Who.", "default": None})
    newer = Schema(json.dumps(schema), "AVRO")
    id_ = registry.register_schema("somebody-else-value", newer)
    event = situation("2021-06-14 08:00", citizen="c-later")
    good = encode(event, running.system.schema_ids[SITUATION_RECORDED.name])
    place = (b"c-later", headers("later", "test", event), slice_of(b"c-later", SLICES))
    produce(running.system, Bad("", b"\0" + id_.to_bytes(4, "big") + good[5:] + b"\0", *place))
    exempt = exemption("2021-06-14 09:00", citizen="c-later")
    running.system.publish([Fact(CV_EXEMPTION_RECORDED, exempt, "later-2")])
    letters = "select status from dead_letter.letter where subject = 'c-later' order by id"
    wait_for("one letter, one that waits", lambda: running.rows(letters) == [("new",), ("waiting",)])

    command = ("dead-letters", "redrive", "--key", "c-later", "--who", "Anna Holm")
    assert "still unreadable" in running.desk.dfdg(*command).stdout
    (found,) = running.desk.json("explain", "c-later")
    assert [(each["parks"], each["waiting"]) for each in found["dead_letters"]] == [(True, 1)]
    assert registry.register_schema(subject, newer) == id_
    assert "1 of 1 letters would be applied" in running.desk.dfdg(*command).stderr
    assert running.rows(letters) == [("new",), ("waiting",)]
    assert "1 commands were given" in running.desk.dfdg(*command, "--yes").stderr
    wait_for("all applied", lambda: running.rows(letters) == [("applied",)])
    cause = "select cause from ledger.state where subject = 'c-later'"
    wait_for("what waited", lambda: [row[0].bytes for row in running.rows(cause)] == [id_of("later-2", "test")])
    assert running.desk.dfdg(*command, "--yes").exit_code == COULD_NOT
    (letter,) = running.rows("select id from dead_letter.letter where subject = 'c-later'")[0]
    (given,) = running.desk.json("dead-letters", "show", str(letter))["commands"]
    assert (given["act"], given["who"], given["outcome"]) == ("redrive", "Anna Holm", "applied")


def test_too_many_dead_letters_stop_one_slice_until_a_command_lets_it_go_on_without_a_restart(
    running: Running,
) -> None:
    topic, many = SITUATION_RECORDED.name, 2 * IN_A_ROW
    keys = [key for n in range(1_000) if slice_of(key := b"many-%d" % n, SLICES) == 0][:many]
    with Sender(running.system.addresses.kafka, "test") as sender:
        for key in keys:
            sender.send(topic, 0, key, b"garbage", [])
        sender.finish()
    alarm = (
        "select slice from ledger.slice where consumer = 'cv-requirement' and position('too many dead' in alarm) > 0"
    )
    wait_for("the alarm", lambda: running.rows(alarm) == [(0,)])
    running.system.publish([Fact(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen="c-flows"), "flows")])
    assert slice_of(b"c-flows", SLICES) != 0
    wait_for("others to flow", lambda: running.rows("select 1 from ledger.state where subject = 'c-flows'"))
    buried = "select count(*) from dead_letter.letter where key = any(%s)"
    assert running.rows(buried, keys)[0][0] <= IN_A_ROW
    command = ("dead-letters", "accept", "cv-requirement", topic, str(many), "--who", "Anna Holm")
    assert "would go on" in running.desk.dfdg(*command).stderr
    assert running.desk.dfdg(*command, "--yes").exit_code == FINE
    wait_for("all of them", lambda: running.rows(buried, keys) == [(many,)])
    assert running.rows(alarm) == []


def test_a_batch_that_nobody_can_unpack_stops_its_slice_with_an_alarm_until_a_command_passes_over_it(
    running: Running,
) -> None:
    slice_, topic, desk = 7, SITUATION_RECORDED.name, running.desk
    key, behind = [f"bomb-{n}" for n in range(1_000) if slice_of(b"bomb-%d" % n, SLICES) == slice_][:2]
    with Sender(running.system.addresses.kafka, "test") as sender:
        for _ in range(IN_A_ROW):  # as many as may come: what is skipped does not count
            sender.send(topic, slice_, key.encode(), b"garbage", [])
        sender.finish()
    for _ in range(2):
        produce(running.system, Bad("", bytes(UNPACKABLE_BYTES), key.encode(), [], slice_))
    running.system.publish([Fact(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=behind), "behind")])
    readers = [name for name, topics in running.system.reads.items() if SITUATION_RECORDED in topics]
    stopped = "select consumer from ledger.slice where slice = %s and position('cannot be unpacked' in alarm) > 0"
    wait_for("the alarms", lambda: len(running.rows(stopped, slice_)) == len(readers))
    running.system.publish([Fact(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen="c-flows-on"), "flows-on")])
    assert slice_of(b"c-flows-on", SLICES) != slice_
    state = "select 1 from ledger.state where decision = 'cv-requirement' and subject = %s"
    wait_for("others to flow", lambda: running.rows(state, "c-flows-on"))

    command = ("dead-letters", "skip", "cv-requirement", topic, str(slice_), "--who", "Anna Holm")
    assert "would go on" in desk.dfdg(*command).stderr
    assert desk.dfdg(*command[:-1], " ", "--yes").exit_code == BAD_INPUT
    assert len(running.rows(stopped, slice_)) == len(readers)
    assert "goes on" in desk.dfdg(*command, "--yes").stderr
    wait_for("what lies behind", lambda: running.rows(state, behind))
    assert ("cv-requirement",) not in running.rows(stopped, slice_)
    (letter,) = desk.json("dead-letters", "list", "--reason", "cannot be unpacked")["dead_letters"]
    assert (letter["partition"], letter["status"], letter["parks"]) == (slice_, "new", False)
    assert letter["reason"].startswith("2 offsets")
    commands = f"select act, letters, who, outcome from dead_letter.act where letter = {letter['id']}"
    wait_for("the command", lambda: running.rows(commands) == [("skip", 2, "Anna Holm", "skipped")])
    assert desk.dfdg(*command, "--yes").exit_code == COULD_NOT, "there is nothing to pass over any more"


@contextmanager
def traps(addresses: Addresses) -> Iterator[dict[str, int]]:
    """Dangerous schemas under the topic's subject, which is left as it was."""
    registry, subject = SchemaRegistryClient({"url": addresses.registry}), SITUATION_RECORDED.subject
    before = registry.get_versions(subject)
    try:
        yield {"recursion": trap(registry, RECURSIVE), "nulls": trap(registry, NULLS)}
    finally:
        for version in set(registry.get_versions(subject)) - set(before):
            registry.delete_version(subject, version)
        registry.set_compatibility(subject, COMPATIBILITY)


def produce(system: System, bad: Bad, topic: Topic = SITUATION_RECORDED) -> None:
    limits = {"message.max.bytes": 2 * UNPACKABLE_BYTES, "compression.type": "zstd"}
    producer = Producer({"bootstrap.servers": system.addresses.kafka, **limits})
    producer.produce(topic.name, bad.value, bad.key, bad.partition, headers=bad.about)
    assert producer.flush(30) == 0


def odd_name(system: System) -> None:
    """A header's name may be any bytes; the client dies of them, if it is asked twice."""
    event = situation("2021-06-13 12:00", citizen="c-odd")
    value, key = encode(event, system.schema_ids[SITUATION_RECORDED.name]), event.key.encode()
    topic = SITUATION_RECORDED.name
    produce_with_header(system.addresses.kafka, topic, slice_of(key, SLICES), key, value, b"\xff\xfe")


def peak_rss_bytes(pid: int) -> int:
    """Of a process, since it began."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1]) * 1024
