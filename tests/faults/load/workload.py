"""The workload while faults strike: workers that are replaced when they die, and days that are published."""

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
from tests.faults.load.country import Country
from tests.faults.load.environment import Environment
from tests.integration.system import wait_for
from tests.integration.worker_process import WorkerProcess

PUBLISHED_S = 300.0
PACE_S = 1.5
"""Seconds between two days, so that there is work while the last faults strike."""

HUNT, HUNT_S, WORKS_S = 60, 0.02, 3.0
"""How many looks for an open transaction before a kill, the seconds between them, and the longest wait before the
first."""
_OPEN = """
select count(*) from pg_stat_activity
where client_port = any(%s) and (state like 'idle in transaction%%' or (state = 'active' and backend_xid is not null))
"""


class Workload:
    """The workers in one environment. `mend` replaces those that have died."""

    def __init__(self, environment: Environment, size: int, armed: str = "") -> None:
        self.environment, self._size, self.armed = environment, size, armed
        self.alive: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Ends all workers, even when one fails to end: a worker left alive would share slices with the next run.
        with ExitStack() as ends:
            for worker in self.alive:
                ends.callback(worker.end)
                ends.callback(worker.send, signal.SIGCONT)

    def mend(self) -> None:
        self.alive = [worker for worker in self.alive if worker.process.poll() is None]
        while len(self.alive) < self._size:
            self.join()

    def at_work(self) -> bool:
        """Everybody has slices, and somebody a session. Who is dead by now is replaced."""
        self.mend()
        return all(worker.has_had_slices() for worker in self.alive) and bool(own_sessions(self.environment))

    def join(self) -> WorkerProcess:
        self.alive.append(worker := self.environment.start(self.armed))
        return worker

    def until_it_has_slices(self, worker: WorkerProcess) -> None:
        """Who is struck while he imports shows nothing. Another fault may have ended him."""
        wait_for("the worker to have slices", lambda: worker.has_had_slices() or worker.process.poll() is not None)

    def to_the_end(self, going: "Days") -> None:
        """Waits until all days are published. Replaces workers that end meanwhile, as one does when a part of it has
        failed."""
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
            if hit := _open_transactions(self.environment, worker) > 0:
                break
            worker.send(signal.SIGCONT)
            threading.Event().wait(HUNT_S)
        worker.kill()
        self.alive = [other for other in self.alive if other is not worker]
        return hit


def _open_transactions(environment: Environment, worker: WorkerProcess) -> int:
    try:
        sockets = psutil.Process(worker.process.pid).net_connections()
    except psutil.Error:  # another fault has ended it
        return 0
    proxy = environment.through.postgres
    ports = [proxy.beyond(socket.laddr.port) for socket in sockets if socket.status == psutil.CONN_ESTABLISHED]
    try:
        with psycopg.connect(environment.system.dsn, connect_timeout=2) as connection:
            row = connection.execute(_OPEN, (ports,)).fetchone()
    except psycopg.OperationalError:  # the server is away: no transaction is open there
        return 0
    return int(row[0]) if row else 0


class Days:
    """Publishes the country's days one after the other, in a thread of its own. A day that Kafka refuses, or that the
    clock cannot note, is sent again."""

    def __init__(self, environment: Environment, load: Country, luck: Random, pace_s: float, repeats: int) -> None:
        self._environment, self._load, self._luck = environment, load, Random(luck.random())
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
                self._environment.day(self._load, index, self._luck.randint(1, self._repeats))
            except (
                TransientError,
                KafkaException,
                psycopg.OperationalError,
            ):  # the ids are the same, so each fact counts once
                threading.Event().wait(1.0)
            else:
                return


@contextmanager
def days(
    environment: Environment, load: Country, luck: Random, pace_s: float = PACE_S, repeats: int = 1
) -> Iterator[Days]:
    """Publishes the country's days during the block, which ends once all are published. `repeats`: a fact is sent up to
    so often."""
    going = Days(environment, load, luck, pace_s, repeats)
    going.start()
    yield going
    wait_for("all days to be published", going.done, PUBLISHED_S)


def own_sessions(environment: Environment) -> list[Any]:
    """The pids of the workers' database sessions now."""
    query = "select pid from pg_stat_activity where datname = current_database() and application_name <> ''"
    try:
        with psycopg.connect(environment.system.dsn, connect_timeout=2) as connection:
            return [pid for (pid,) in connection.execute(query).fetchall()]
    except psycopg.OperationalError:  # the server was just killed: there are no sessions
        return []
