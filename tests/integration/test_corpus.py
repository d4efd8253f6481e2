"""What nobody can read goes aside whole, and the rest flows (DESIGN 2.6): no poison stops a slice or holds a day."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient

from infra.dead_letters import topic_of
from infra.local import Addresses
from infra.registry import COMPATIBILITY
from schemas.codec import encode
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_EXEMPTION_RECORDED, DAY_BEGUN, SITUATION_RECORDED
from tests.builders import situation
from tests.integration.corpus import BOMB_BYTES, CPR, NULLS, RECURSIVE, Bad, corpus, trap
from tests.integration.country import first_load
from tests.integration.raw import produce_with_header
from tests.integration.system import System, make_system, wait_for

CITIZENS = 100
DAY = date(2021, 6, 14)
MAX_RSS_BYTES = 400 * 1024 * 1024
"""Some 130 MB are Python and its clients; the biggest record of the corpus passes through twice or three times."""


def test_every_kind_of_bad_record_is_a_dead_letter_whole_and_the_rest_flows(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path)
    with traps(addresses) as ids:
        bad = corpus(system.schema_ids, system.schema_ids[CV_EXEMPTION_RECORDED.name], ids)
        with system.worker() as worker:
            for each in bad.values():
                produce(system, each)
            odd_name(system)
            no_day = Bad("", b"no day", b"2021-06-13", [], 0)
            produce(system, no_day, DAY_BEGUN)
            system.publish([*first_load(1, CITIZENS), DAY])
            wait_for("everything drained", lambda: system.drained(DAY))
            peak = peak_rss_bytes(worker.process.pid)
    assert peak < MAX_RSS_BYTES
    with psycopg.connect(system.dsn) as connection:
        query = "select key, value, partition, headers, reason, topic from dead_letter.letter where topic = %s"
        letters = connection.execute(query, (SITUATION_RECORDED.name,)).fetchall()
        for name, each in bad.items():
            pairs = [[n, content.hex() if isinstance(content, bytes) else ""] for n, content in each.about]
            whole = (each.key, each.value, each.partition, pairs)
            assert [reason for *found, reason, _ in letters if tuple(found) == whole and each.reason in reason], name
        assert [reason for key, *_, reason, _ in letters if key == b"c-odd" and "name is not UTF-8" in reason]
        assert len(letters) == len(bad) + 1
        assert not [reason for *_, reason, _ in letters if CPR in reason]
        assert connection.execute("select count(*) from ledger.state").fetchone() == (CITIZENS,)
        stops = "select count(*), max(epoch) from ledger.slice where alarm is not null or epoch <> 1"
        assert connection.execute(stops).fetchone() == (0, None), "a slice has stopped or was taken over again"
    dead = Topic(topic_of("cv-requirement", SITUATION_RECORDED.name), SITUATION_RECORDED.event)
    assert len(system.records(dead)) == len(letters)


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
    limits = {"message.max.bytes": 2 * BOMB_BYTES, "compression.type": "zstd"}
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
