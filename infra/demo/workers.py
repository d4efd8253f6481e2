"""The demo's own servers and workers: started in a folder of its own, waited for by condition, stopped by pid."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from infra.console import say

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses
    from schemas.topic import Topic

Reads = Mapping[str, Sequence["Topic"]]
"""By decision and sink: the topics that it reads."""

LOOK_S = 0.2
"""Between two looks whether all is applied: each costs the servers a few milliseconds."""

STALL_DEADLINE_S = 60.0
"""Without any progress for so long, something is wrong. A take-over, the longest pause seen, takes some seconds."""

STOP_DEADLINE_S = 20.0
"""`dfdg run` promises 10 s, and gives its children some more."""

OTHERS = ("DFDG_KAFKA", "DFDG_REGISTRY", "DFDG_DSN", "DFDG_KEYS", "DFDG_RECEIPT_KEY")

_STAND = """
select (select jsonb_agg(jsonb_build_array(consumer, slice, positions, day, alarm)) from ledger.slice),
    (select count(*) from ledger.outbox), (select count(*) from ledger.state where wakes_on <= %s)
"""


class DemoError(Exception):
    """The demo cannot go on; the text says why and where to look."""


@contextmanager
def servers(folder: Path) -> Iterator["Addresses"]:
    """New servers in `folder`, from which an earlier demo is removed; stopped at the end, whatever happens."""
    from infra.local import Stack

    if folder.exists() and any(folder.iterdir()) and not (folder / "state.json").exists():
        raise DemoError(f"{folder} holds something that is no demo's. Name another folder with --folder.")
    stack = Stack(folder)
    stack.remove()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it stops what it started, as by Ctrl-C
    try:
        yield stack.up(say)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave servers behind
        say("Stopping the servers ...")
        stack.down()


def dfdg(folder: Path, *arguments: str) -> None:
    """Runs a command of ours on the demo's servers; `DemoError` with the end of what it said when it fails."""
    done = subprocess.run(_command(*arguments), env=_environment(folder), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-1_000:]
        raise DemoError(f"`dfdg {' '.join(arguments)}` ended with exit code {done.returncode}:\n{said}")


@contextmanager
def workers(folder: Path, processes: int, addresses: "Addresses", reads: Reads) -> Iterator["Workers"]:
    """`dfdg run` with all decisions and sinks; its log is `run.log`. Stopped at the end."""
    command = _command("run", "--processes", str(processes), "--apart", "--linger-ms=200", "--log-level=warning")
    with (folder / "run.log").open("wb") as log:
        # In a group of its own: Ctrl-C reaches us alone, and we stop it in order.
        process = subprocess.Popen(command, env=_environment(folder), stdout=log, stderr=log, process_group=0)
    try:
        yield Workers(process, folder / "run.log", addresses, reads)
    finally:
        process.terminate()
        if not _ended(process, STOP_DEADLINE_S):
            process.kill()
            process.wait()
            say(f"`dfdg run` did not stop within {STOP_DEADLINE_S:.0f} s and was killed; its log is {log.name}.")


class Workers:
    """The running engine, and whether it has applied everything."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, addresses: "Addresses", reads: Reads) -> None:
        from infra.kafka import admin

        self._process, self._log, self._reads, self._client = process, log, reads, admin(addresses.kafka)

    def until_quiet(self, connection: "Connection", last: date, tell: Callable[[int], None]) -> None:
        """Returns when every consumer has applied all there is, days and wakes included, and no event is on its way.

        `tell` hears how much is left. Raises `DemoError` on an alarm, when the workers die, or without progress.
        """
        least, deadline = sys.maxsize, time.monotonic() + STALL_DEADLINE_S
        while left := self._left(connection, last):
            tell(left)
            if left < least:
                least, deadline = left, time.monotonic() + STALL_DEADLINE_S
            if time.monotonic() > deadline:
                raise DemoError(f"No progress for {STALL_DEADLINE_S:.0f} s, {left} left. See {self._log}.")
            if _ended(self._process, LOOK_S):
                raise DemoError(f"`dfdg run` has ended (exit code {self._process.returncode}). See {self._log}.")

    def _left(self, connection: "Connection", last: date) -> int:
        """Positions, outbox and wakes are read in one statement and *then* the ends: equal, nothing is on its way."""
        from infra.kafka import end_offsets
        from schemas.topics import DAY_BEGUN

        found, outbox, wakes = connection.execute(_STAND, (last,)).fetchone() or ([], 0, 0)
        slices = {(consumer, slice_): (positions, day) for consumer, slice_, positions, day, _ in found or []}
        if alarms := [f"{consumer}/{slice_}: {alarm}" for consumer, slice_, _, _, alarm in found or [] if alarm]:
            raise DemoError("The engine has stopped with an alarm:\n" + "\n".join(alarms))
        ends = end_offsets(self._client, sorted({topic.name for topics in self._reads.values() for topic in topics}))
        left = int(outbox) + int(wakes)
        for consumer, topics in self._reads.items():
            for slice_, end in enumerate(ends):
                positions, day = slices.get((consumer, slice_), ({}, None))
                left += sum(end[topic.name] - positions.get(topic.name, 0) for topic in topics)
                left += DAY_BEGUN in topics and day != last.isoformat()
                left += (consumer, slice_) not in slices
        return left


def _command(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "infra.cli", *arguments)


def _environment(folder: Path) -> dict[str, str]:
    """Ours, but for what would point it at other servers."""
    own = {name: value for name, value in os.environ.items() if name not in OTHERS}
    return own | {"DFDG_STATE": str(folder)}


def _ended(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True
