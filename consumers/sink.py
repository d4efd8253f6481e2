"""Runs sinks through the ledger like decisions, on plain threads. A sink's module has READS, OWNS, apply and sink."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import Connection

from infra.consumer_group import THREADS, ConsumerGroup
from infra.engine.consumer import Wiring
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from infra.source.partition_state import Work
from schemas.event import ProducedEvent
from schemas.topic import Topic

LOG = get_logger(__name__)

LINGER_S = 0.5
"""Seconds a table may wait for more rows: each transaction saved is time for decisions, for which people wait."""


@dataclass(frozen=True)
class Sink:
    """A consumer that keeps tables. `write` applies events to them in the batch's transaction, and may return events.

    `owns`: the tables that no other consumer writes. `on_day`: one bounded piece of a day's work, or None. `sweeps`:
    see `Handler`.
    """

    name: str
    reads: tuple[Topic, ...]
    owns: tuple[str, ...]
    write: Callable[[Connection, Sequence[IncomingEvent]], Iterable[ProducedEvent] | None]
    writes: tuple[Topic, ...] = ()
    on_day: Callable[[Connection, Cursor], list[ProducedEvent] | None] | None = None
    sweeps: bool = False
    judge: Callable[[Connection, Cursor, Sequence[IncomingEvent]], Iterable[tuple[IncomingEvent, str]]] | None = None
    """Yields each event that must not be applied, and why. Runs under the slice's lock before `write`, which gets the
    rest. A replay does not ask it, nor a person who drives again what it has refused."""

    def apply(
        self, connection: Connection, cursor: Cursor, incoming_events: Sequence[IncomingEvent]
    ) -> list[ProducedEvent]:
        if self.judge is not None and not cursor.judged and incoming_events:
            for incoming, reason in self.judge(connection, cursor, incoming_events):
                cursor.refuse(incoming, reason)
            refused = {(note.topic, note.offset) for note in cursor.aside}
            incoming_events = [each for each in incoming_events if (each.topic.name, each.offset) not in refused]
        return list(self.write(connection, incoming_events) or ()) if incoming_events else []

    def step(self, connection: Connection, cursor: Cursor) -> list[ProducedEvent] | None:
        return None if self.on_day is None else self.on_day(connection, cursor)


class SinkHost:
    """Runs sinks in this process, each with its own few threads."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._threads: dict[ConsumerGroup, ThreadPoolExecutor] = {}

    @property
    def groups(self) -> tuple[ConsumerGroup, ...]:
        """One consumer group for each sink that was started."""
        return tuple(self._threads)

    def start(self, sink: Sink) -> ConsumerGroup:
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix=sink.name)

        def deliver(work: Work) -> None:
            threads.submit(group.run, work).add_done_callback(_report)

        group = ConsumerGroup(sink, self._wiring, deliver, LINGER_S)
        group.start()
        self._threads[group] = threads
        return group

    def stop(self) -> None:
        """Stop all of them at once, within 10 s."""
        if self._threads:
            with ThreadPoolExecutor(len(self._threads)) as stopping:
                list(stopping.map(ConsumerGroup.stop, self._threads))
        for threads in self._threads.values():
            threads.shutdown(wait=False)


def _report(done: Future[None]) -> None:
    """`ConsumerGroup.run` has dealt with every failure that it knows; any other is a defect, and is logged."""
    if not done.cancelled() and (error := done.exception()) is not None:
        LOG.error("a sink's thread failed", exc_info=error)
