"""A worker's rules on real PostgreSQL: a batch has all of its effects or none, and what is committed is published."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count, islice

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from consumers.record_lock import deleted_for_good
from infra.addresses import Addresses
from infra.cli.catalog import sources
from infra.consumer_group import transaction_of
from infra.engine import failpoints, outbox
from infra.engine.consumer import Wiring, register
from infra.engine.outbox import PendingDelivery
from infra.engine.record import Batch, OutgoingRecord
from infra.engine.worker import MAX_UNACKED_BATCHES, Worker
from infra.errors import TakeOverError, TransientError
from infra.postgres import connect, open_pool
from schemas.cv import SituationRecorded
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.processor import Processor
from tests.builders import situation
from tests.faults.inject.proxy import Proxy
from tests.faults.inject.wire import PostgresWire
from tests.integration.slices import NoPublisher
from tests.integration.test_ledger_rules import OurSchemas, record

READS = (SITUATION_RECORDED, CV_EXEMPTION_RECORDED)
FACT = situation("2021-06-14 08:00", fund="fund-1")
SLICE = slice_of(FACT.key.encode(), SLICES)
INSIDE = ("begun", "locked", "inbox written", "state written", "outbox written")
TABLES = ("slice", "inbox", "outbox", "batch", "state")


class Desk(NoPublisher):
    """A publisher that keeps what is published, and acknowledges only what a test says."""

    def __init__(self) -> None:
        self.failure = None
        self.published: list[OutgoingRecord] = []
        self.pending: list[PendingDelivery] = []
        self.awaited: Callable[[], None] = lambda: None
        """Called whenever the worker waits for an acknowledgement."""

    def publish(self, _source: str, batch: int, outgoing_records: Sequence[OutgoingRecord]) -> PendingDelivery:
        self.published += outgoing_records
        self.pending.append(PendingDelivery(batch, 1))
        return self.pending[-1]

    def poll(self, timeout_s: float = 0.0) -> None:
        if timeout_s > 0:
            self.awaited()

    def acknowledge(self, number: int = 0) -> None:
        self.pending[number]._acks.append(None)


class BrokenError(Exception):
    """What a failpoint raises here."""


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with Proxy(int(str(conninfo_to_dict(database)["port"])), PostgresWire) as proxy:
        yield proxy


@pytest.fixture
def pool(database: str, proxy: Proxy) -> Iterator[ConnectionPool]:
    with closing(connect(database, "test")) as connection:
        connection.autocommit = True
        register(connection, "cv-requirement", {topic.name: topic.name for topic in READS})
    with open_pool(make_conninfo(database, port=proxy.port), "test", 2) as pool:
        yield pool
    failpoints.reach = failpoints.pass_by


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def worker(pool: ConnectionPool, desk: Desk) -> Worker:
    ids = {topic.name: number for number, topic in enumerate((CV_REQUIREMENT_CHANGED, NOTICE_ISSUED), 1)}
    wiring = Wiring(Addresses("", "", ""), OurSchemas(), ids, deleted_for_good, sources())
    return Worker(
        "cv-requirement",
        SLICE,
        pool,
        lambda: desk,
        transaction_of(Processor(decision), wiring),
    )


def take_over(worker: Worker) -> None:
    worker.take_over("me", lambda: {topic.name: 0 for topic in READS})


def batch(worker: Worker, offset: int = 0, fact: SituationRecorded = FACT) -> Batch:
    name = SITUATION_RECORDED.name
    records = [record(SITUATION_RECORDED, offset, fact, f"a{offset}")]
    return Batch(SLICE, worker.epoch, {name: offset}, {name: offset + 1}, records)


def break_at(point: str) -> None:
    def reach(reached: str) -> None:
        if reached == point:
            raise BrokenError(point)

    failpoints.reach = reach


def stored(pool: ConnectionPool) -> list[str]:
    with pool.connection() as connection:
        queries = [f"select '{table} ' || to_jsonb(t)::text from ledger.{table} t order by 1" for table in TABLES]
        return [row for query in queries for (row,) in connection.execute(psycopg.sql.SQL(query)).fetchall()]


def decided(pool: ConnectionPool) -> int:
    """Committed batches that something follows from."""
    with pool.connection() as connection:
        (found,) = connection.execute("select count(*) from ledger.batch where outgoing > 0").fetchone() or (0,)
    return int(found)


@pytest.mark.parametrize("point", INSIDE)
def test_a_failure_at_any_point_inside_the_transaction_leaves_nothing_and_publishes_nothing(
    point: str, pool: ConnectionPool, worker: Worker, desk: Desk
) -> None:
    take_over(worker)
    before = stored(pool)
    break_at(point)
    with pytest.raises(BrokenError):
        worker.work(batch(worker))
    assert stored(pool) == before
    assert desk.published == []


def test_what_was_committed_and_not_published_is_published_by_who_takes_over(worker: Worker, desk: Desk) -> None:
    take_over(worker)
    break_at("committed")
    with pytest.raises(BrokenError):
        worker.work(batch(worker))
    assert desk.published == []
    failpoints.reach = failpoints.pass_by
    take_over(worker)
    assert [outgoing.topic for outgoing in desk.published] == [CV_REQUIREMENT_CHANGED.name, *[NOTICE_ISSUED.name] * 2]
    assert len({outgoing.id for outgoing in desk.published}) == 3


def test_what_is_published_stays_in_the_outbox_until_it_is_acknowledged(
    pool: ConnectionPool, worker: Worker, desk: Desk
) -> None:
    take_over(worker)
    worker.work(batch(worker))
    worker.settle()
    assert sum(row.startswith("outbox") for row in stored(pool)) == 1
    desk.acknowledge()
    worker.settle()
    assert sum(row.startswith("outbox") for row in stored(pool)) == 0


def test_what_is_acknowledged_is_deleted_once_though_the_first_transaction_that_would_do_it_fails(
    pool: ConnectionPool, worker: Worker, desk: Desk
) -> None:
    take_over(worker)
    worker.work(batch(worker))
    desk.acknowledge()
    break_at("outbox written")
    with pytest.raises(BrokenError):
        worker.work(batch(worker, 1))
    failpoints.reach = failpoints.pass_by
    assert sum(row.startswith("outbox") for row in stored(pool)) == 1
    worker.work(batch(worker, 1))
    assert sum(row.startswith("outbox") for row in stored(pool)) == 0
    assert len(worker._pending) == 0


def test_without_acknowledgements_a_worker_commits_so_many_batches_and_no_more_until_the_next_one_comes(
    pool: ConnectionPool, worker: Worker, desk: Desk
) -> None:
    looks: list[int] = []

    def look() -> None:
        looks.append(decided(pool))
        if len(looks) in (3, 6):  # it goes on waiting for a while
            desk.acknowledge(len(looks) // 3 - 1)

    desk.awaited = look
    take_over(worker)
    citizens = (name for n in count() if slice_of((name := f"c-{n}").encode(), SLICES) == SLICE)
    for offset, citizen in enumerate(islice(citizens, MAX_UNACKED_BATCHES + 2)):
        worker.work(batch(worker, offset, FACT.model_copy(update={"citizen": citizen})))
    assert looks == [MAX_UNACKED_BATCHES] * 3 + [MAX_UNACKED_BATCHES + 1] * 3
    assert decided(pool) == MAX_UNACKED_BATCHES + 2
    assert sum(row.startswith("outbox") for row in stored(pool)) == MAX_UNACKED_BATCHES


def test_a_producer_that_owes_an_acknowledgement_for_long_is_given_up_and_who_takes_over_publishes_again(
    worker: Worker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ACK_S", 0.0)
    take_over(worker)
    worker.work(batch(worker))
    with pytest.raises(TakeOverError):
        worker.settle()
    with pytest.raises(TakeOverError):  # of the consumer's other slices, which share it
        desk.check()
    first, desk.failure = list(desk.published), None  # a new one
    take_over(worker)
    assert [outgoing.id for outgoing in desk.published] == [outgoing.id for outgoing in first] * 2


def test_who_cannot_reach_kafka_fences_nobody(worker: Worker, database: str) -> None:
    take_over(worker)
    with pytest.raises(TransientError):
        worker.take_over("cut off", unreachable)
    with connect(database, "test") as connection:
        assert connection.execute("select epoch, owner from ledger.slice where slice = %s", (SLICE,)).fetchone() == (
            worker.epoch, "me",
        )  # fmt: skip


def unreachable() -> dict[str, int]:
    raise TransientError("Kafka does not answer")


def test_a_commit_whose_answer_is_lost_is_never_tried_again_but_taken_over(
    pool: ConnectionPool, proxy: Proxy, worker: Worker, desk: Desk
) -> None:
    take_over(worker)
    proxy.lose["commit"] = 1
    with pytest.raises(TakeOverError):
        worker.work(batch(worker))
    assert (proxy.lost["commit"], desk.published) == (1, [])
    assert sum(row.startswith("state") for row in stored(pool)) == 1
    take_over(worker)
    assert len(desk.published) == 3
    worker.work(batch(worker))
    assert len(desk.published) == 3
