"""Who works and who publishes while faults strike: workers that are replaced when they die, and days that go on."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg
from confluent_kafka import KafkaException

from infra.errors import TransientError
from tests.faults.country import Country
from tests.faults.ground import Ground
from tests.integration.system import wait_for
from tests.integration.worker_process import WorkerProcess

PUBLISHED_S = 300.0
PACE_S = 1.5
"""Between two days: so that there is work while the last faults strike."""

HUNT, HUNT_S, WORKS_S = 60, 0.02, 3.0
"""How often, and how far apart, it is looked for an open transaction to kill."""
_OPEN = """
select count(*) from pg_stat_activity
where client_port = any(%s) and (state like 'idle in transaction%%' or (state = 'active' and backend_xid is not null))
"""


class Crew:
    """Workers on one ground. Whoever is dead when `mend` is called gets a successor."""

    def __init__(self, ground: Ground, size: int, armed: str = "") -> None:
        self.ground, self._size, self.armed = ground, size, armed
        self.alive: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with (
            ExitStack() as ends
        ):  # of all, though one of them fails to: its successors would share slices with the next run
            for worker in self.alive:
                ends.callback(worker.end)
                ends.callback(worker.send, signal.SIGCONT)

    def mend(self) -> None:
        self.alive = [worker for worker in self.alive if worker.process.poll() is None]
        while len(self.alive) < self._size:
            self.join()

    def at_work(self) -> bool:
        """Everybody has slices, and somebody a session. A worker that starts while PostgreSQL is away ends, so who is
        dead by now is replaced."""
        self.mend()
        return all(worker.has_had_slices() for worker in self.alive) and bool(own_sessions(self.ground))

    def join(self) -> WorkerProcess:
        self.alive.append(worker := self.ground.start(self.armed))
        return worker

    def until_it_has_slices(self, worker: WorkerProcess) -> None:
        """Who is struck while he imports shows nothing. Another fault may have ended him."""
        wait_for("the worker to have slices", lambda: worker.has_had_slices() or worker.process.poll() is not None)

    def to_the_end(self, going: "Days") -> None:
        """Whoever ends meanwhile, as a worker does when a part of it has failed for good, gets a successor."""
        while not going.done():
            threading.Event().wait(0.1)
            self.mend()

    def leave(self, worker: WorkerProcess) -> None:
        self.alive = [other for other in self.alive if other is not worker]
        worker.send(signal.SIGCONT)  # another fault may have frozen it
        self.until_it_has_slices(worker)
        worker.end()

    def kill(self, worker: WorkerProcess, luck: Random) -> bool:
        """SIGKILL at work, with a transaction open where one can be caught; whether one was. Frozen first, so that what
        is seen is what dies."""
        self.until_it_has_slices(worker)
        threading.Event().wait(luck.uniform(0, WORKS_S))
        hit = False
        for _ in range(HUNT if worker.process.poll() is None else 0):
            worker.send(signal.SIGSTOP)
            if hit := _open_transactions(self.ground, worker) > 0:
                break
            worker.send(signal.SIGCONT)
            threading.Event().wait(HUNT_S)
        worker.kill()
        self.alive = [other for other in self.alive if other is not worker]
        return hit


def _open_transactions(ground: Ground, worker: WorkerProcess) -> int:
    try:
        sockets = psutil.Process(worker.process.pid).net_connections()
    except psutil.Error:  # another fault has ended it
        return 0
    proxy = ground.through.postgres
    ports = [proxy.beyond(socket.laddr.port) for socket in sockets if socket.status == psutil.CONN_ESTABLISHED]
    try:
        with psycopg.connect(ground.system.dsn, connect_timeout=2) as connection:
            row = connection.execute(_OPEN, (ports,)).fetchone()
    except psycopg.OperationalError:  # it is away itself: nothing of the worker's is open there
        return 0
    return int(row[0]) if row else 0


class Days:
    """Publishes the country's days one after the other, from a thread of its own; what Kafka did not take, again."""

    def __init__(self, ground: Ground, load: Country, luck: Random, pace_s: float, repeats: int) -> None:
        self._ground, self._load, self._luck = ground, load, Random(luck.random())
        self._pace_s, self._repeats = pace_s, repeats
        self.begun = 0
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def done(self) -> bool:
        if self.failure is not None:
            raise AssertionError("publishing failed") from self.failure
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for index in range(len(self._load.days)):
                self._publish(index)
                self.begun = index + 1
                threading.Event().wait(self._pace_s)
        except BaseException as error:
            self.failure = error
            raise

    def _publish(self, index: int) -> None:
        while True:
            try:
                self._ground.day(self._load, index, self._luck.randint(1, self._repeats))
            except (TransientError, KafkaException):  # the same ids again: it counts once
                threading.Event().wait(1.0)
            else:
                return


@contextmanager
def days(ground: Ground, load: Country, luck: Random, pace_s: float = PACE_S, repeats: int = 1) -> Iterator[Days]:
    """The country's days go by meanwhile; when the block ends all have. `repeats`: a fact is sent up to so often."""
    going = Days(ground, load, luck, pace_s, repeats)
    going.start()
    yield going
    wait_for("all days to be published", going.done, PUBLISHED_S)


def own_sessions(ground: Ground) -> list[Any]:
    """The workers' sessions at the moment."""
    query = "select pid from pg_stat_activity where datname = current_database() and application_name <> ''"
    try:
        with psycopg.connect(ground.system.dsn, connect_timeout=2) as connection:
            return [pid for (pid,) in connection.execute(query).fetchall()]
    except psycopg.OperationalError:  # just killed: nobody has one
        return []
