"""The source on real Kafka: a slice gets every record, whatever state its fetching was in when it was taken over."""

import queue
import time
from collections.abc import Callable
from pathlib import Path

from infra.addresses import Addresses
from infra.engine.record import Batch
from infra.source.buffer import BUFFER_RECORDS, DAYS_AHEAD
from infra.source.partition_state import TakeOver, Work
from infra.source.poll_loop import Source
from producers.sender import Sender
from schemas.topics import LEAD
from schemas.topics import TITLE_HELD_RECORDED as TOPIC
from tests.integration.system import make_system, wait_for

RECORDS = BUFFER_RECORDS + 3_000
DEADLINE_S, POLL_S = 60.0, 0.05


def test_a_slice_that_fails_while_its_fetching_is_paused_reads_on_once_it_is_taken_over_again(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    make_system(addresses, database, tmp_path)
    with Sender(addresses.kafka, "test") as sender:
        for _ in range(RECORDS):
            sender.send(TOPIC.name, 0, b"key", b"value", [])
        sender.finish()

    works: queue.Queue[Work] = queue.Queue()
    source = Source("test-source", (TOPIC,), addresses.kafka, works.put, lambda _: None, lambda _: {})
    source.start()
    try:
        first = batch_of_slice_0(source, works, epoch=1)
        assert first is not None
        assert first.froms == {TOPIC.name: 0}
        wait_for(
            "the buffer of the busy slice to be full", lambda: (buffer := source._states[0].buffer) and buffer.paused
        )
        source.failed(0, None)

        seen: list[int] = []
        while len(seen) < RECORDS:
            batch = batch_of_slice_0(source, works, epoch=2)
            assert batch is not None
            seen += [int(record.offset() or 0) for record in batch.records]
            source.done(0, more=False, unsettled=False)
        assert seen == list(range(RECORDS))
    finally:
        source.done(0, more=False, unsettled=False)
        source.stop()
    assert source.failure is None


def test_a_slice_that_has_more_days_before_it_than_it_keeps_reads_them_all_and_goes_on(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    make_system(addresses, database, tmp_path)
    days = 2 * DAYS_AHEAD
    works: queue.Queue[Work] = queue.Queue()
    source = Source("test-source", (LEAD, TOPIC), addresses.kafka, works.put, lambda _: None, lambda _: {TOPIC.name: 1})
    with Sender(addresses.kafka, "test") as sender:
        for _ in range(days):
            sender.send(LEAD.name, 0, b"day", b"value", [])
        sender.finish()
        source.start()
        try:
            assert batch_of_slice_0(source, works, epoch=1, until=lambda: _paused(source)) is None
            for _ in range(3):
                sender.send(TOPIC.name, 0, b"key", b"value", [])
            sender.finish()
            seen: list[tuple[str, int]] = []
            while len(seen) < days + 3:
                if (batch := batch_of_slice_0(source, works, epoch=1)) is not None:
                    seen += [(str(record.topic()), int(record.offset() or 0)) for record in batch.records]
                source.done(0, more=False, unsettled=False)
        finally:
            source.stop()
    assert seen == [(TOPIC.name, 0), *((LEAD.name, n) for n in range(days)), (TOPIC.name, 1), (TOPIC.name, 2)]


def _paused(source: Source) -> bool:
    state = source._states.get(0)
    return state is not None and state.buffer is not None and LEAD.name in state.buffer.paused


def batch_of_slice_0(
    source: Source, works: "queue.Queue[Work]", epoch: int, until: Callable[[], bool] = lambda: False
) -> Batch | None:
    """The next batch with records, or None once `until` holds; take-overs on the way succeed, and begin at the first
    record."""
    end = time.monotonic() + DEADLINE_S
    while not until():
        try:
            work = works.get(timeout=POLL_S)
        except queue.Empty:
            assert time.monotonic() < end, "nothing came"
            continue
        if isinstance(work, TakeOver):
            source.started(int(work), epoch, {TOPIC.name: 0, LEAD.name: 0})
        elif isinstance(work, Batch) and work.slice == 0 and work.records:
            return work
        else:
            source.done(work.slice, more=False, unsettled=False)
    return None
