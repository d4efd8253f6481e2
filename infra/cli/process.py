"""Processes that are told to stop by SIGTERM or Ctrl-C, and their keeper: several workers kept alive."""

import asyncio
import faulthandler
import os
import signal
import threading
import time
from collections.abc import Sequence

from infra.log import get_logger

LOG = get_logger(__name__)

STOP_DEADLINE_S = 9.0
"""A stop is promised within 10 s. What is not done by then is abandoned, which the ledger makes harmless."""

GRACE_S = 0.5
"""Beyond its own deadline, before a process that does not listen is ended for it."""

FIRST_BACKOFF_S, LAST_BACKOFF_S = 1.0, 30.0
"""Before a dead child is started again, doubled each time: a lasting fault must not keep the machine busy."""

STEADY_S = 60.0
"""Seconds after which a child counts as steady: its next back-off is the first one again."""


def stopping(give_up: bool = False) -> asyncio.Event:
    """Set when this process is told to stop. To be called in the main thread's loop.

    With `give_up` the process ends `STOP_DEADLINE_S` later as it stands, whatever it does then.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told() -> None:
        if give_up and not stop.is_set():
            give_up_at_deadline(0)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    return stop


async def wait(stop: asyncio.Event, timeout_s: float) -> bool:
    """Waits until told to stop, at most so long; returns whether it was told."""
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait({waiting}, timeout=timeout_s)
    waiting.cancel()
    return stop.is_set()


def give_up_at_deadline(code: int) -> None:
    """From now on this process has `STOP_DEADLINE_S` to end; then it ends as it stands.

    One in which no Python runs any more ends `GRACE_S` later: the interpreter's own watchdog tells what each thread was
    about, and ends it with exit code 1.
    """

    def give_up() -> None:
        LOG.warning("work under way is abandoned, and done again at the next start", after_s=STOP_DEADLINE_S)
        os._exit(code)

    timer = threading.Timer(STOP_DEADLINE_S, give_up)
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(STOP_DEADLINE_S + GRACE_S, exit=True)


async def keep(commands: Sequence[Sequence[str]], stop: asyncio.Event) -> None:
    """Runs each command in a process of its own until told to stop; returns when all have ended.

    One that dies is started again, after a back-off; one that was told to end itself (exit code 0) is not.
    """
    await asyncio.gather(*(_keep(command, stop) for command in commands))


async def _keep(command: Sequence[str], stop: asyncio.Event) -> None:
    backoff_s = FIRST_BACKOFF_S
    while not stop.is_set():
        began = time.monotonic()
        child = await asyncio.create_subprocess_exec(*command)
        code = await _end_of(child, stop)
        if code == 0 or stop.is_set():
            return
        if time.monotonic() - began > STEADY_S:
            backoff_s = FIRST_BACKOFF_S
        LOG.error("a worker process has died: a new one starts", pid=child.pid, code=code, in_s=backoff_s)
        await wait(stop, backoff_s)
        backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)


async def _end_of(child: asyncio.subprocess.Process, stop: asyncio.Event) -> int:
    """The child's exit code; told to stop, we tell the child, and kill it when it does not listen."""
    ended, told = asyncio.ensure_future(child.wait()), asyncio.ensure_future(stop.wait())
    await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not ended.done():
        child.terminate()
        await asyncio.wait({ended}, timeout=STOP_DEADLINE_S + 2 * GRACE_S)
    if not ended.done():
        LOG.error("a worker process does not stop: it is killed", pid=child.pid)
        child.kill()
    return await ended
