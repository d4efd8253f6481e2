"""The engine: decisions and sinks in this process, or in several that it keeps alive."""

import asyncio
import gc
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli import common
from infra.cli.logs import Format, Level, log_to_stderr
from infra.cli.process import FIRST_BACKOFF_S, give_up_at_deadline, keep, stopping, wait

if TYPE_CHECKING:
    from infra.addresses import Addresses
    from infra.consumer_group import ConsumerGroup
    from infra.engine.consumer import Wiring
from infra.log import get_logger

LOG = get_logger(__name__)

WATCH_S = 0.5
"""How often the process looks whether all its parts still live."""

LAST_BACKOFF_S = 10.0
"""Between two questions whether the servers are there yet."""


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Decisions and sinks to run; all when none is named."),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Worker processes that share the work.")] = 1,
    apart: Annotated[
        bool, typer.Option(help="Each process runs some of them alone: less to keep ready on one machine.")
    ] = False,
    linger_ms: Annotated[
        int, typer.Option(min=1, help="What a decision's few records wait for company: more, later and less work.")
    ] = 30,
    log_level: Annotated[Level, typer.Option(help="What goes to stderr, at least.")] = Level.INFO,
    log_format: Annotated[Format, typer.Option(help="For people, or one JSON object a line.")] = Format.CONSOLE,
    parent: Annotated[int | None, typer.Option(hidden=True, help="Stop when this process is gone.")] = None,
) -> None:
    """Run the engine: decide on what arrives, and put down what follows, until told to stop.

    Any number of these may run at once, on one machine or many; they share the work. Servers that are away are waited
    for. SIGTERM or Ctrl-C finishes what is under way and ends within 10 s; nothing is lost or doubled, even by SIGKILL.

    \b
    Examples:  dfdg run
               dfdg run cv-requirement --processes 2
               dfdg run --processes 2 --apart
    """
    log_to_stderr(log_level, log_format)
    named = chosen(names or [])
    there = common.addresses(waiting=True)
    if processes == 1:
        code = asyncio.run(_work(named, there, parent, linger_ms / 1000))
    else:
        parts = [named[n::processes] for n in range(processes)] if apart else [named] * processes
        options = (
            f"--log-level={log_level.value}",
            f"--log-format={log_format.value}",
            f"--linger-ms={linger_ms}",
            f"--parent={os.getpid()}",
        )
        commands = [(sys.executable, "-m", "infra.cli", "run", *part, *options) for part in parts if part]
        code = asyncio.run(_supervise(commands, there))
    raise typer.Exit(code)


def chosen(names: list[str]) -> list[str]:
    """The names, all that there are when none is given. A name that is not known is wrong usage."""
    from infra.cli import catalog

    known = catalog.NAMES
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"{', '.join(unknown)} is not known. Known are: {', '.join(known)}.")
    return names or list(known)


async def _supervise(commands: list[tuple[str, ...]], there: "Addresses") -> int:
    stop = stopping()
    if await _when_ready(there, stop) is not None:
        await keep(commands, stop)
    return 0


async def _work(names: list[str], there: "Addresses", parent: int | None, linger_s: float) -> int:
    stop = stopping(give_up=True)
    wiring = await _when_ready(there, stop)
    if wiring is None:
        return 0
    engine = _Engine(names, wiring, linger_s)
    try:
        await engine.start()
        _collect_garbage_seldom()
        LOG.info("running", consumers=names)
        alive = True
        while alive and not await wait(stop, WATCH_S):
            alive = engine.lives()
            if parent is not None and os.getppid() != parent:
                LOG.warning("the process that started this one is gone: stopping")
                break
    finally:
        if not stop.is_set():
            give_up_at_deadline(common.COULD_NOT)
        await engine.stop()
    LOG.info("stopped")
    return 0 if alive else common.COULD_NOT


def _collect_garbage_seldom() -> None:
    """Events and states hold no cycles, yet thousands live for a batch: by the defaults of the collector a third of
    the decision's time went into looking them through (`python -m bench --profile`)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 50)  # containers that came and stayed: some ten batches


class _Engine:
    """The chosen decisions in one Faust app, and the chosen sinks beside it."""

    def __init__(self, names: list[str], wiring: "Wiring", linger_s: float) -> None:
        from consumers.sink import SinkHost
        from infra.cli import catalog
        from infra.source.stuck_detector import StuckDetector
        from streams.app import build

        decisions = [decision for decision in catalog.DECISIONS if decision.name in names]
        self._sinks = [sink for sink in catalog.SINKS if sink.name in names]
        self._app: Any = build(decisions, wiring, linger_s) if decisions else None
        self._host = SinkHost(wiring)
        self._stuck_detector = StuckDetector(wiring.addresses.kafka, lambda: [group.source for group in self._groups])

    @property
    def _groups(self) -> "list[ConsumerGroup]":
        return [*(self._app.groups if self._app else ()), *self._host.groups]

    async def start(self) -> None:
        if self._app:
            await self._app.start()
        for sink in self._sinks:
            await asyncio.to_thread(self._host.start, sink)
        self._stuck_detector.start()

    def lives(self) -> bool:
        """False when a part has failed for good, which only a new process puts right."""
        failed = [group.name for group in self._groups if group.source.failure is not None]
        failed += ["stuck detector"] if self._stuck_detector.failure is not None else []
        if self._app and self._app.crashed:
            failed.append(f"Faust ({type(self._app.crash_reason).__name__})")
        failed += [f"{group.name} ({group.source.lapsed})" for group in self._groups if group.source.lapsed]
        if failed:
            LOG.error("this process ends: a part of it has failed", parts=failed)
        return not failed

    async def stop(self) -> None:
        self._stuck_detector.stop()
        stops = [asyncio.to_thread(self._host.stop)]
        await asyncio.gather(*stops, *([self._app.stop()] if self._app else []))


async def _when_ready(there: "Addresses", stop: asyncio.Event) -> "Wiring | None":
    """Waits until all servers answer; None when told to stop before."""
    import psycopg

    from infra.errors import TransientError

    backoff_s = FIRST_BACKOFF_S
    while not stop.is_set():
        try:
            return await asyncio.to_thread(ready, there)
        except (TransientError, psycopg.OperationalError) as error:
            LOG.warning("the servers are not ready: asking again", why=common.explained(error)[1], in_s=backoff_s)
        await wait(stop, backoff_s)
        backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)
    return None


def ready(there: "Addresses") -> "Wiring":
    """Looks that servers, schemas, tables and topics are there."""
    from contextlib import closing

    from consumers.record_lock import check_original, deleted_for_good
    from infra.engine.consumer import Wiring
    from infra.kafka import admin, topic_ids
    from infra.postgres import connect
    from infra.registry import Registry
    from schemas.topics import TOPICS

    registry = Registry(there.registry)
    ids = registry.resolve(TOPICS)
    with closing(connect(there.dsn, "dfdg-run")) as connection:
        connection.execute("select from ledger.consumer limit 1")
        check_original(connection)
    topic_ids(admin(there.kafka), [topic.name for topic in TOPICS])
    return Wiring(there, registry, ids, deleted_for_good)
