"""Batches for a consumer's `apply`, as a slice carries them: each in one transaction, on its own connection."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date

import psycopg
from psycopg import Connection

from infra.engine.record import IncomingEvent
from infra.postgres import connect
from schemas.event import Event
from schemas.ids import derived_id
from schemas.topic import Topic
from schemas.topics import CV_REQUIREMENT_CHANGED, NOTICE_ISSUED

TOPICS: dict[type[Event], Topic] = {topic.event: topic for topic in (CV_REQUIREMENT_CHANGED, NOTICE_ISSUED)}
FLOOD_DAY = date(2021, 6, 14)
REASON = "cv-requirement-changed"


@contextmanager
def slice_connection(dsn: str) -> Iterator[Connection]:
    """A connection in autocommit, as a slice's worker has it."""
    with closing(connect(dsn, "test-slice")) as connection:
        connection.autocommit = True
        yield connection


def incoming_events(*events: Event, first: int = 0) -> list[IncomingEvent]:
    """The events at offsets `first`, `first` + 1, …; each one's id follows from its event and offset."""
    return [
        IncomingEvent(TOPICS[type(event)], offset, derived_id(str(offset).encode(), event.key.encode()), event)
        for offset, event in enumerate(events, first)
    ]


def set_ceiling(connection: Connection, ceiling: int, reason: str = REASON) -> None:
    connection.execute(
        "insert into flood.ceiling values (%s, %s) on conflict (reason) do update set ceiling = excluded.ceiling",
        (reason, ceiling),
    )


def statuses(connection: Connection) -> dict[str, int]:
    """How many notices have each status."""
    return dict(connection.execute("select status, count(*) from mailbox.notice group by status").fetchall())


@contextmanager
def waits_for(blocker: Connection, work: Callable[[], object]) -> Iterator[None]:
    """Inside, `work` runs in a thread and waits for a lock of `blocker`; at the end it has ended, and not failed."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - kept, and raised where the test sees it
            failures.append(error)

    thread = threading.Thread(target=run)
    pid = blocker.info.backend_pid
    thread.start()
    with psycopg.connect(blocker.info.dsn, password=blocker.info.password, autocommit=True) as observer:
        blocked = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
        while thread.is_alive() and observer.execute(blocked, (pid,)).fetchone() == (0,):
            observer.execute("select pg_sleep(0.01)")  # between two looks at the condition
    assert thread.is_alive(), f"it did not wait: {failures}"
    yield
    thread.join()
    assert failures == []


@contextmanager
def waits_inside(blocker: Connection, work: Callable[[], object]) -> Iterator[None]:
    """The block runs in one transaction of `blocker`; `work` then waits for it, and goes on when it is committed."""
    with ExitStack() as waiting, blocker.transaction():
        yield
        waiting.enter_context(waits_for(blocker, work))


def in_parallel(works: Sequence[Callable[[], object]]) -> None:
    """Run each in a thread, let them begin together, wait for all; raise what one of them raised."""
    begin = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        begin.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - kept, and raised where the test sees it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
