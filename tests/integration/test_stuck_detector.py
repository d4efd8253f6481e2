"""On real servers: a client that hears nothing of Kafka any more is exchanged, or gives up, and no other is."""

import json
import queue
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from infra.addresses import Addresses
from infra.engine.record import Batch
from infra.kafka import end_offsets, settled_ends
from infra.source import clients, stuck_detector
from infra.source.buffer import BUFFER_RECORDS
from infra.source.membership import Membership
from infra.source.partition_state import TakeOver, Work
from infra.source.poll_loop import Source
from infra.source.stuck_detector import STUCK_LOOKS, StuckDetector
from producers.sender import Sender
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN
from schemas.topics import TITLE_HELD_RECORDED as TOPIC
from tests.integration.engine import running
from tests.integration.system import make_system, wait_for

READS = {"deletions": (DAY_BEGUN,)}
LOOK_INTERVAL_S, ANSWER_S = 0.4, 2.0
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Kafka is asked often what it holds, and clients measure themselves; tells how often it has answered."""
    asked: list[Any] = []

    def counted(*how: Any) -> list[dict[str, int]]:
        if any(ends := settled_ends(*how)):
            asked.append(how)
        return ends

    monkeypatch.setattr(stuck_detector, "LOOK_INTERVAL_S", LOOK_INTERVAL_S)
    monkeypatch.setattr(stuck_detector, "ANSWER_S", ANSWER_S)
    monkeypatch.setattr(stuck_detector, "settled_ends", counted)
    monkeypatch.setattr(clients, "STATISTICS_MS", 100)
    return asked


def enough(looks: list[Any]) -> None:
    """So many more that what is missed at each of them is missed for too long."""
    until = len(looks) + 2 * STUCK_LOOKS
    wait_for("looks at Kafka", lambda: len(looks) > until)


def test_in_the_engine_a_stuck_reader_is_replaced_and_no_other(
    addresses: Addresses, database: str, tmp_path: Path, looks: list[Any]
) -> None:
    system = make_system(addresses, database, tmp_path, READS)
    with running(system) as engine:
        source = engine._groups[0].source
        wait_for("all slices to be read", lambda: sum(each.buffer is not None for each in _states(source)) == SLICES)
        system.publish([date(2021, 6, 14)])
        wait_for("the day to be read", partial(system.drained, date(2021, 6, 14)))
        reader = source._reader._client
        enough(looks)
        assert source._reader._client is reader

        reader.pause(reader.assignment())  # as stuck as one that has lost its brokers
        system.publish([date(2021, 6, 15)])
        wait_for("the next day to be read", partial(system.drained, date(2021, 6, 15)))
        assert source._reader._client is not reader
        assert engine.lives()


def _states(source: Source) -> list[Any]:
    return [*source._states.values()]


def test_an_exchanged_reader_goes_on_behind_what_was_fetched_and_leaves_paused_what_was(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    make_system(addresses, database, tmp_path)
    records = BUFFER_RECORDS + 20_000
    works: queue.Queue[Work] = queue.Queue()
    source = Source("test-source", (TOPIC,), addresses.kafka, works.put, lambda _: None, lambda _: {})
    seen: dict[int, list[int]] = {0: [], 1: []}

    def work(busy: int | None) -> None:
        """Takes what there is to do; the slice that is `busy` is not done with its batch."""
        while not works.empty():
            piece = works.get()
            if isinstance(piece, TakeOver):
                source.started(int(piece), 1, {TOPIC.name: 0})
            elif isinstance(piece, Batch):
                seen.get(piece.slice, []).extend(int(record.offset() or 0) for record in piece.records)
                if piece.slice != busy or not piece.records:
                    source.done(piece.slice, more=False, unsettled=False)

    def until(condition: Any, busy: int | None = None) -> None:
        wait_for("the source", lambda: (work(busy), condition())[1])  # type: ignore[func-returns-value] # it is called only

    with Sender(addresses.kafka, "test") as sender:
        for _ in range(records):
            sender.send(TOPIC.name, 0, b"key", b"value", [])
        sender.finish()
        source.start()
        try:
            until(lambda: 0 in source._states and (buffer := source._states[0].buffer) and buffer.paused, busy=0)
            buffer = source._states[0].buffer
            assert buffer is not None
            fetched = buffer.fetched[TOPIC.name]
            assert fetched < records
            source.reconnect("a record")
            sender.send(TOPIC.name, 1, b"key", b"value", [])
            sender.finish()
            until(lambda: seen[1] == [0], busy=0)
            assert buffer.fetched[TOPIC.name] == fetched, "it is full"
            source.done(0, more=False, unsettled=False)
            until(lambda: len(seen[0]) >= records)
        finally:
            source.stop()
    assert seen == {0: [*range(records)], 1: [0]}


def test_who_has_no_slice_and_does_not_hear_its_groups_coordinator_gives_up(
    addresses: Addresses, database: str, tmp_path: Path, looks: list[Any]
) -> None:
    make_system(addresses, database, tmp_path)
    source = Source("test-stuck", (DAY_BEGUN,), NOWHERE, lambda _: None, lambda _: None, lambda _: {})
    listening = StuckDetector(addresses.kafka, lambda: [source])
    source.start()
    listening.start()
    try:
        wait_for("the source to lapse", lambda: source.lapsed)
    finally:
        listening.stop()
        source.stop()
    assert len(looks) > STUCK_LOOKS
    assert not StuckDetector(NOWHERE, list)._coordinated("test-stuck"), (
        "a coordinator that is away for all clients cuts none off"
    )


@pytest.mark.usefixtures("looks")
def test_a_member_knows_whether_it_hears_the_groups_coordinator(addresses: Addresses) -> None:
    here = Membership("test-hears", addresses.kafka, lambda _: None, lambda _: None)

    def hears() -> bool:
        here.poll()
        return here.coordinated

    here.join()
    try:
        here.coordinated = False
        wait_for("its statistics to say so", hears)
        for microseconds, heard in ((5_000_000, True), (15_000_000, False), (-1, False)):
            here._measured(json.dumps({"brokers": {"GroupCoordinator": {"rxidle": microseconds}}}))
            assert here.coordinated is heard
    finally:
        here.leave()


def test_what_lies_behind_an_open_transaction_is_not_missed(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    client = make_system(addresses, database, tmp_path).client
    foreign = Producer({"bootstrap.servers": addresses.kafka, "transactional.id": "foreign", "log_level": 0})
    foreign.init_transactions(30)
    foreign.begin_transaction()
    foreign.produce(TOPIC.name, b"value", b"key", 0)
    foreign.flush(30)
    settled, ends = (ask(client, [TOPIC.name])[0][TOPIC.name] for ask in (settled_ends, end_offsets))
    foreign.abort_transaction(30)
    assert (settled, ends) == (0, 1)
    wait_for("the transaction to end", lambda: settled_ends(client, [TOPIC.name])[0][TOPIC.name] == 2)
