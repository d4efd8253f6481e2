"""The engine: decisions and sinks in this process, or in several that it keeps alive."""

import asyncio
import gc
import os
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli import common
from infra.cli.logs import Format, Level, log_to_stderr
from infra.cli.nearest import check_known
from infra.cli.process import give_up_at_deadline, keep, stopping, wait
from infra.cli.ready import when_ready
from infra.log import get_logger

if TYPE_CHECKING:
    from infra.consumer_group import ConsumerGroup
    from infra.engine.consumer import Wiring

LOG = get_logger(__name__)

LINGER_MS = 30
"""Milliseconds that a decision's small batch waits for company, from the batch before on."""

WATCH_S = 0.5
"""How often the process looks whether all its parts still live."""


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Decisions and sinks to run; all when none is named."),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Worker processes that share the work.")] = 1,
    apart: Annotated[
        bool, typer.Option("--apart", help="Each process runs some of them alone: less to keep ready on one machine.")
    ] = False,
    linger_ms: Annotated[
        int, typer.Option(min=1, help="What a decision's few records wait for company: more, later and less work.")
    ] = LINGER_MS,
    log_level: Annotated[
        Level, typer.Option(metavar="LEVEL", help="What goes to stderr, at least: debug, info, warning or error.")
    ] = Level.INFO,
    log_format: Annotated[
        Format, typer.Option(metavar="FORMAT", help="For people (console), or one JSON object a line (json).")
    ] = Format.CONSOLE,
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
    named = chosen(names or [])
    log_to_stderr(log_level, log_format)
    if processes == 1:
        work = _work(named, parent, linger_ms / 1000)
    else:
        parts = [named[n::processes] for n in range(processes)] if apart else [named] * processes
        options = (
            f"--log-level={log_level.value}",
            f"--log-format={log_format.value}",
            f"--linger-ms={linger_ms}",
            f"--parent={os.getpid()}",
        )
        work = _supervise([(sys.executable, "-m", "infra.cli", "run", *part, *options) for part in parts if part])
    raise typer.Exit(_told(work, log_format))


def _told(work: Coroutine[Any, Any, int], log_format: Format) -> int:
    """The exit code of the work. In JSON a failure that we know is one more line of the log."""
    try:
        return asyncio.run(work)
    except Exception as error:
        code, text = common.explained(error)
        if code is None or log_format is Format.CONSOLE:
            raise
        LOG.critical(text)
        return code


def chosen(names: list[str]) -> list[str]:
    """The names, all that there are when none is given. A name that is not known is wrong usage."""
    from infra.cli import catalog

    for name in names:
        check_known("decision or sink", name, catalog.NAMES, "`dfdg topics` lists them.")
    return names or list(catalog.NAMES)


async def _supervise(commands: list[tuple[str, ...]]) -> int:
    stop = stopping()
    if await when_ready(stop) is not None:
        await keep(commands, stop)
    return 0


async def _work(names: list[str], parent: int | None, linger_s: float) -> int:
    stop = stopping(give_up=True)
    wiring = await when_ready(stop)
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
