"""Kafka loses what it has acknowledged, as one broker may in a power cut: no slice reads on as if nothing had been."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import OFFSET_END, TopicPartition

from infra.addresses import Addresses
from infra.local import Stack
from infra.topic_admin import ensure_topics
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import SITUATION_RECORDED
from tests.builders import situation
from tests.integration.country import Fact
from tests.integration.system import READS, System, make_system, wait_for

CV = "cv-requirement"
TOPIC = SITUATION_RECORDED.name
CITIZEN, OTHER = "c-1", "c-2"
SLICE = slice_of(CITIZEN.encode(), SLICES)
ALARM = "select alarm from ledger.slice where consumer = %s and slice = %s and alarm is not null"
ANOTHER = f"""
update ledger.slice set marks = jsonb_set(marks, '{{{TOPIC},1}}', '"another"')
where consumer = %s and slice = %s returning 1
"""
APPLIED = "select sum(records)::int from ledger.batch where consumer = %s and slice = %s"


@pytest.fixture
def system(addresses: Addresses, database: str, tmp_path: Path) -> System:
    assert slice_of(OTHER.encode(), SLICES) != SLICE
    return make_system(addresses, database, tmp_path, {CV: READS[CV]})


def facts(name: str, count: int, citizen: str = CITIZEN) -> Iterator[Fact]:
    for n in range(count):
        yield Fact(SITUATION_RECORDED, situation(f"2021-06-14 08:{n:02}", citizen=citizen), f"{name}-{n}")


def test_a_take_over_finds_other_records_where_it_has_read_and_what_is_put_back_is_read_and_counts_once(
    stack: Stack, system: System
) -> None:
    with system.worker():
        size = read_ten(system, stack)
    lose(stack, size)
    system.publish(facts("new", 5))
    with system.worker():
        wait_for("the alarm", lambda: rows(system, ALARM))
        assert f"lost the end of {TOPIC}/{SLICE}: the record at offset 9" in str(rows(system, ALARM))
        system.publish(facts("other", 1, OTHER))
        wait_for("the others to go on", lambda: rows(system, APPLIED, slice_of(OTHER.encode(), SLICES)) == [(1,)])
    assert rows(system, APPLIED) == [(10,)]
    rows(system, "update ledger.slice set positions = positions - %s where slice = %s returning 1", SLICE, TOPIC)
    with system.worker():
        wait_for("everything drained", lambda: system.drained(None))
    assert rows(system, APPLIED) == [(15,)]


def test_a_slice_that_reads_meanwhile_stops_too(stack: Stack, system: System) -> None:
    with system.worker():
        lose(stack, read_ten(system, stack))
        system.publish(facts("new", 5))
        wait_for("the alarm", lambda: rows(system, ALARM))
    told = str(rows(system, ALARM))  # by the reader, or by the take-over if the outage has led to one
    assert f"{TOPIC} lies outside the log" in told or f"lost the end of {TOPIC}/{SLICE}" in told
    assert rows(system, APPLIED) == [(10,)]


def test_a_take_over_compares_the_last_record_unless_retention_has_deleted_it(system: System) -> None:
    gone = slice_of(OTHER.encode(), SLICES)
    with system.worker():
        system.publish([*facts("first", 3), *facts("other", 3, OTHER)])
        wait_for("everything drained", lambda: system.drained(None))
    assert [rows(system, ANOTHER, slice_) for slice_ in (SLICE, gone)] == [[(1,)], [(1,)]]
    end = TopicPartition(TOPIC, gone, OFFSET_END)
    system.client.delete_records([end])[end].result()
    with system.worker():
        system.publish(facts("next", 1, OTHER))
        wait_for("the slice whose records are gone to read on", lambda: rows(system, APPLIED, gone) == [(4,)])
        wait_for("the alarm of the other one", lambda: rows(system, ALARM))
    assert f"lost the end of {TOPIC}/{SLICE}: the record at offset 2" in str(rows(system, ALARM))
    assert rows(system, ALARM, gone) == []


def test_a_topic_that_is_made_anew_while_a_slice_reads_it_stops_the_slice_before_it_reads_beyond_its_position(
    system: System,
) -> None:
    with system.worker() as worker:
        system.publish(facts("first", 10))
        wait_for("everything drained", lambda: system.drained(None))
        worker.send(signal.SIGSTOP)
        try:
            system.client.delete_topics([TOPIC])[TOPIC].result()
            wait_for("it to be made anew", lambda: ensure_topics(system.client, [SITUATION_RECORDED]))
            system.publish(facts("new", 15))
        finally:
            worker.send(signal.SIGCONT)
        wait_for("the alarm", lambda: rows(system, ALARM))
    assert "has another id than before" in str(rows(system, ALARM))
    assert rows(system, APPLIED) == [(10,)]


def read_ten(system: System, stack: Stack) -> int:
    """Ten facts are published and read; returns the bytes of their log that the first seven take."""
    system.publish(facts("kept", 7))
    size = log_of(stack).stat().st_size
    system.publish(facts("lost", 3))
    wait_for("everything drained", lambda: system.drained(None))
    assert rows(system, APPLIED) == [(10,)]
    return size


def log_of(stack: Stack) -> Path:
    return max((stack.folder / "kafka-1" / "data").glob(f"{TOPIC}-{SLICE}/*.log"))


def lose(stack: Stack, size: int) -> None:
    stack.kill("kafka-1")
    with log_of(stack).open("r+b") as log:
        log.truncate(size)
    stack.start("kafka-1")


def rows(system: System, query: str, slice_: int = SLICE, first: str = CV) -> list[tuple[object, ...]]:
    with psycopg.connect(system.dsn, connect_timeout=2) as connection:
        return connection.execute(query, (first, slice_)).fetchall()
