"""`python -m tests.faults.inject.armed ARGUMENTS…` is `dfdg` with its failpoints armed, as DFDG_FAILPOINTS says.

`committed:kill@2` kills the process at its second hit of that point. `locked:hold=8@1` holds it there for 8 s.
`state written:deadlock%10` raises an error there at one hit in ten. Commas separate several traps. Each strike is first
written as a line to the file DFDG_FAILPOINTS_LOG. Nothing of this is in the installed package.
"""

import json
import os
import random
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

import psycopg

from infra.engine import failpoints

ARMED, LOG, SEED = "DFDG_FAILPOINTS", "DFDG_FAILPOINTS_LOG", "DFDG_FAILPOINTS_SEED"
_TRAP = re.compile(r"(?P<point>[a-z ]+):(?P<action>[a-z]+)(=(?P<seconds>[0-9.]+))?(@(?P<at>\d+)|%(?P<percent>\d+))")


class InjectedError(Exception):
    """An error that the code under test cannot know."""


class Trap(NamedTuple):
    """Strikes at hit number `at`, or at `percent` of the hits."""

    point: str
    action: str
    seconds: float = 0.0
    at: int = 0
    percent: int = 0

    def strikes(self, hit: int, luck: random.Random) -> bool:
        return hit == self.at or (self.percent > 0 and luck.randrange(100) < self.percent)


def _kill(_: Trap) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hold(trap: Trap) -> None:
    threading.Event().wait(trap.seconds)


def _fail(trap: Trap) -> None:
    raise InjectedError(trap.point)


def _deadlock(_: Trap) -> None:
    raise psycopg.errors.DeadlockDetected("injected")


def _serialization(_: Trap) -> None:
    raise psycopg.errors.SerializationFailure("injected")


ACTIONS: Mapping[str, Callable[[Trap], None]] = {
    "kill": _kill, "hold": _hold, "fail": _fail, "deadlock": _deadlock, "serialization": _serialization,
}  # fmt: skip


def traps(text: str) -> list[Trap]:
    """The traps that the text names. Raises `ValueError` when it names none: a fault that never comes proves
    nothing."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        trap = _TRAP.fullmatch(part)
        if trap is None or trap["action"] not in ACTIONS:
            raise ValueError(f"{part!r} arms nothing: write `point:action@hit` or `point:action%percent`")
        numbers = float(trap["seconds"] or 0), int(trap["at"] or 0), int(trap["percent"] or 0)
        found.append(Trap(trap["point"], trap["action"], *numbers))
    return found


class Minefield:
    """Counts the hits of each point in this process, and lets the traps strike."""

    def __init__(self, armed: list[Trap], log: str, seed: int) -> None:
        self._armed, self._log, self._luck = armed, log, random.Random(seed)
        self._hits: Counter[str] = Counter()
        self._counting = threading.Lock()

    def reach(self, point: str) -> None:
        with self._counting:
            self._hits[point] += 1
            hit = self._hits[point]
            striking = [trap for trap in self._armed if trap.point == point and trap.strikes(hit, self._luck)]
        for trap in striking:
            self._tell(trap, hit)
            ACTIONS[trap.action](trap)

    def _tell(self, trap: Trap, hit: int) -> None:
        line = json.dumps({"pid": os.getpid(), "point": trap.point, "action": trap.action, "hit": hit}) + "\n"
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(handle, line.encode())
        os.close(handle)


def arm(environment: Mapping[str, str]) -> None:
    """Makes the package's failpoints call the traps."""
    field = Minefield(traps(environment[ARMED]), environment[LOG], int(environment.get(SEED, "0")))
    failpoints.reach = field.reach


if __name__ == "__main__":
    from infra.cli import app

    if ARMED in os.environ:
        arm(os.environ)
    app(prog_name="dfdg")
