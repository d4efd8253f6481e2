"""The only loop of consumers: the ledger as for decisions, on plain threads. A module is READS, OWNS, apply, sink."""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import Connection

from infra.group import THREADS, Group, Wiring
from infra.lane import Work
from infra.ledger import Cursor
from infra.record import Arrival
from schemas.event import Caused
from schemas.topic import Topic

LOG = logging.getLogger(__name__)

LINGER_S = 0.5
"""How long a table may wait for more rows: each transaction saved is time for the decisions, whom people wait for."""


@dataclass(frozen=True)
class Sink:
    """One table or outlet. `write` puts down what the arrivals mean, in the batch's transaction; it may return events.

    `owns`: the tables that nobody else writes. `on_day`: one bounded piece of what a day brings, or None.
    """

    name: str
    reads: tuple[Topic, ...]
    owns: tuple[str, ...]
    write: Callable[[Connection, Sequence[Arrival]], Iterable[Caused] | None]
    writes: tuple[Topic, ...] = ()
    on_day: Callable[[Connection, Cursor], list[Caused] | None] | None = None

    def apply(self, connection: Connection, _cursor: Cursor, arrivals: Sequence[Arrival]) -> list[Caused]:
        return list(self.write(connection, arrivals) or ()) if arrivals else []

    def step(self, connection: Connection, cursor: Cursor) -> list[Caused] | None:
        return None if self.on_day is None else self.on_day(connection, cursor)


class SinkHost:
    """Runs sinks in this process, each with its own few threads."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._threads: dict[Group, ThreadPoolExecutor] = {}

    @property
    def groups(self) -> tuple[Group, ...]:
        """One for each sink that was started."""
        return tuple(self._threads)

    def start(self, sink: Sink) -> Group:
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix=sink.name)

        def deliver(work: Work) -> None:
            threads.submit(group.run, work).add_done_callback(_report)

        group = Group(sink, self._wiring, deliver, LINGER_S)
        group.start()
        self._threads[group] = threads
        return group

    def stop(self) -> None:
        """Stop all of them at once, within 10 s."""
        if self._threads:
            with ThreadPoolExecutor(len(self._threads)) as stopping:
                list(stopping.map(Group.stop, self._threads))
        for threads in self._threads.values():
            threads.shutdown(wait=False)


def _report(done: Future[None]) -> None:
    """`Group.run` has dealt with every failure that it knows; what is left is a defect, to be seen."""
    if not done.cancelled() and (error := done.exception()) is not None:
        LOG.error("a sink's thread failed", exc_info=error)
