"""The source on real Kafka: a slice gets every record, whatever state its fetching was in when it was taken over."""

import queue
from pathlib import Path

from infra.buffer import BUFFER_RECORDS, Batch
from infra.lane import TakeOver, Work
from infra.local import Addresses
from infra.source import Source
from producers.sender import Sender
from schemas.topics import TITLE_HELD_RECORDED as TOPIC
from tests.integration.system import make_system, wait_for

RECORDS = BUFFER_RECORDS + 3_000
DEADLINE_S = 60.0


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
        assert batch_of_slice_0(source, works, epoch=1).froms == {TOPIC.name: 0}
        wait_for(
            "the buffer of the busy slice to be full", lambda: (buffer := source._lanes[0].buffer) and buffer.paused
        )
        source.failed(0, None)

        seen: list[int] = []
        while len(seen) < RECORDS:
            batch = batch_of_slice_0(source, works, epoch=2)
            seen += [int(record.offset() or 0) for record in batch.records]
            source.done(0, more=False, unsettled=False)
        assert seen == list(range(RECORDS))
    finally:
        source.done(0, more=False, unsettled=False)
        source.stop()
    assert source.failure is None


def batch_of_slice_0(source: Source, works: "queue.Queue[Work]", epoch: int) -> Batch:
    """The next batch with records; take-overs on the way succeed, and begin at the first record."""
    while True:
        work = works.get(timeout=DEADLINE_S)
        if isinstance(work, TakeOver):
            source.started(int(work), epoch, {TOPIC.name: 0})
        elif isinstance(work, Batch) and work.slice == 0 and work.records:
            return work
        else:
            source.done(work.slice, more=False, unsettled=False)
