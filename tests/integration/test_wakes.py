"""A step wakes subjects up to a number of wakes: no standstill, however long, makes a transaction too long (E12)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection

from consumers.record_lock import confirm_restore, deleted_for_good
from infra.addresses import Addresses
from infra.cli import catalog
from infra.cli.catalog import sources
from infra.consumer_group import THREADS, ConsumerGroup, transaction_of
from infra.engine.consumer import Wiring
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.engine.worker import WAKES
from infra.errors import TakeOverError
from infra.postgres import connect
from infra.recovery.replay import replay
from infra.registry import Registry
from infra.source.partition_state import Work
from schemas.dates import next_day
from schemas.event import Event, ProducedEvent
from schemas.ids import slice_of
from schemas.notices import NoticeIssued
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, NOTICE_ISSUED, SITUATION_RECORDED
from streams.decision import Decision
from streams.policies.state import State
from streams.processor import Processor
from tests.builders import situation
from tests.conftest import new_database
from tests.contract.catalogue import example
from tests.integration.country import Fact
from tests.integration.replays import assert_same
from tests.integration.slices import Slice, slice_of_consumer
from tests.integration.system import make_system, wait_for
from tests.integration.test_ahead import begun

SLICE = 3
CITIZENS = [name for n in range(99) if slice_of((name := f"c-{n}").encode(), SLICES) == SLICE][:3]
START = date(2021, 6, 14)
STANDSTILL = 2_000
"""Days of a standstill. All citizens together are woken more often than one step may."""
END = START + timedelta(days=STANDSTILL)
NOTICE = example(NoticeIssued, "ordinary")
OWNED = {table for sink in catalog.SINKS for table in sink.owns}


def decide(_state: State | None, event: Event) -> tuple[State, Sequence[Event]]:
    return State(wakes_on=next_day(event.day)), ()


def wake(_state: State, day: date) -> tuple[State, Sequence[Event]]:
    notices = [NOTICE.model_copy(update={"details": {"day": str(day)}})] if day.day == 1 else []
    return State(wakes_on=next_day(day)), notices


DAILY = Decision("daily", (DAY_BEGUN, SITUATION_RECORDED), (NOTICE_ISSUED,), State, decide, wake)


class Former(Processor[State]):
    """As it was before a step had a bound."""

    def step(self, connection: Connection, cursor: Cursor) -> list[ProducedEvent] | None:
        cursor.wakes = None
        return super().step(connection, cursor)


class Slow(Processor[State]):
    """A transaction with more than 100 wakes does not come to its end."""

    def __init__(self) -> None:
        super().__init__(DAILY)
        self.tried: list[int] = []

    def step(self, connection: Connection, cursor: Cursor) -> list[ProducedEvent] | None:
        assert cursor.wakes is not None
        self.tried.append(cursor.wakes)
        if cursor.wakes > 100:
            raise psycopg.errors.IdleInTransactionSessionTimeout
        return super().step(connection, cursor)


def told(connection: Connection, wakes: int | None) -> tuple[list[int], dict[bytes, list[ProducedEvent]]]:
    """How many days each step woke somebody for, and what each citizen's wakes produced, in order."""
    processor, cursor = Processor(DAILY), Cursor("daily", SLICE, 1, 0, START, None, {}, {}, {})
    cursor.wakes = wakes
    facts = [situation(f"{START} 08:00", citizen=citizen) for citizen in CITIZENS]
    steps, produced = [], defaultdict(list)
    with connection.transaction(force_rollback=True):
        processor.apply(connection, cursor, [IncomingEvent(SITUATION_RECORDED, n, bytes([n + 1] * 16), each)
                                             for n, each in enumerate(facts)])  # fmt: skip
        cursor.day = START + timedelta(days=100)
        waited = _waited(connection)
        while (some := processor.step(connection, cursor)) is not None:
            for each in some:
                produced[each.cause].append(each)
            waited, before = _waited(connection), waited
            steps.append(waited - before)
    return steps, produced


def _waited(connection: Connection) -> int:
    (days,) = connection.execute("select coalesce(sum(wakes_on - '2021-06-14'::date), 0) from ledger.state").fetchone()  # type: ignore[misc] # a sum
    return int(days)


@pytest.mark.parametrize("wakes", [1, 7, 100, 101])
def test_a_step_does_no_more_wakes_than_it_may_and_goes_on_and_each_subject_has_the_same_outputs(
    database: str, wakes: int
) -> None:
    with connect(database, "test") as connection:
        steps, produced = told(connection, wakes)
        in_one, all_at_once = told(connection, None)
    assert (max(steps), sum(steps), len(steps)) == (wakes, 300, -(-300 // wakes))
    assert in_one == [300]
    assert produced == all_at_once
    assert len(produced) == 3 * len(CITIZENS), "a notice on the first of July, of August and of September"


def test_of_subjects_that_wait_those_that_have_waited_longest_come_first_and_one_that_is_not_done_keeps_its_day(
    database: str,
) -> None:
    processor, cursor = Processor(DAILY), Cursor("daily", SLICE, 1, 0, START, None, {}, {}, {})
    first, last = CITIZENS[2], CITIZENS[0]
    with connect(database, "test") as connection:
        facts = [situation("2021-06-15 08:00", citizen=last), situation("2021-06-14 08:00", citizen=first)]
        processor.apply(connection, cursor, [IncomingEvent(SITUATION_RECORDED, n, bytes([n + 1] * 16), each)
                                             for n, each in enumerate(facts)])  # fmt: skip
        cursor.day, cursor.wakes = date(2021, 6, 20), 4
        stands: list[dict[str, int]] = []
        while processor.step(connection, cursor) is not None:
            stands.append(dict(connection.execute("select subject, extract(day from wakes_on)::int from ledger.state")))
    assert stands == [{first: 19, last: 16}, {first: 19, last: 20}, {first: 21, last: 21}]


def test_a_step_that_is_too_long_for_a_transaction_is_halved_after_each_take_over_until_it_passes(
    database: str,
) -> None:
    consumer = Slow()
    with slice_of_consumer(database, consumer, SLICE) as slice_:
        facts = [situation(f"{START} 08:00", citizen=each) for each in CITIZENS]
        records = [slice_.next(SITUATION_RECORDED, fact, f"{n}") for n, fact in enumerate(facts)]
        with pytest.raises(TakeOverError):
            slice_.put(*records, slice_.next(DAY_BEGUN, begun(START + timedelta(days=100)), ""))
        while _takes_over(slice_):
            assert len(consumer.tried) < 99, consumer.tried
        assert slice_.rows("select distinct wakes_on from ledger.state") == [(START + timedelta(days=101),)]
        steps = "select array_agg(wakes order by batch) from ledger.batch where step"
        assert slice_.rows(steps) == [([78, 87, 97, 54],)]
        assert consumer.tried == [5_000, 2_500, 1_250, 625, 312, 156, 78, 87, 97, 109, 54, 60]


def _takes_over(slice_: Slice) -> bool:
    """Works until nothing is left; true when it ended in a take-over."""
    slice_.take_over()
    try:
        slice_.put()
    except TakeOverError:
        return True
    return False


@contextmanager
def _running(consumer: Processor[State], wiring: Wiring) -> Iterator[None]:
    with ThreadPoolExecutor(THREADS) as threads:

        def deliver(work: Work) -> None:
            threads.submit(group.run, work)

        group = ConsumerGroup(consumer, wiring, deliver)
        group.start()
        try:
            yield
        finally:
            group.stop()


@pytest.mark.parametrize("former", [True, False])
def test_a_batch_log_replays_whether_its_steps_were_cut_by_wakes_or_as_before(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path, former: bool
) -> None:
    system = make_system(addresses, database, tmp_path, {DAILY.name: DAILY.reads})
    wiring = Wiring(
        replace(addresses, dsn=database), Registry(addresses.registry), system.schema_ids, deleted_for_good, sources()
    )
    facts = [Fact(SITUATION_RECORDED, situation(f"{START} 08:00", citizen=each), each) for each in CITIZENS]
    system.publish([*facts, END])  # the first day of all: none between, so one step finds all that is due
    woken = "select from ledger.state where wakes_on > %s"
    with _running((Former if former else Processor)(DAILY), wiring), closing(connect(database, "test")) as old:
        old.autocommit = True
        wait_for("everybody woken", lambda: old.execute(woken, (END,)).rowcount == len(CITIZENS))
        wait_for("everything drained", lambda: system.drained(END))
    with (
        new_database(migrated, of=migrated) as fresh,
        closing(connect(database, "test")) as old,
        closing(connect(fresh, "test")) as new,
    ):
        old.autocommit = new.autocommit = True
        confirm_restore(new)
        steps = old.execute("select wakes, count(*) from ledger.batch where step and outgoing > 0 group by 1")
        assert steps.fetchall() == ([(None, 1)] if former else [(WAKES, 2)])
        if former:
            old.execute("alter table ledger.batch drop column wakes")
        everything = [Processor(DAILY)]
        replay(old, new, addresses.kafka, everything, lambda each: transaction_of(each, wiring), OWNED, lambda *_: None)
        if former:
            old.execute("alter table ledger.batch add wakes int")
        assert_same(old, new)
