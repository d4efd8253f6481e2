"""Killed at every point between two side effects, at its first, second and third hit: nothing is lost or doubled.

Two workers at a time share the slices, each armed for one point and one hit; who dies is replaced by the next, and a
day begins. So each death is also the other's rebalance and take-over.
"""

import signal
import time
from collections import deque
from functools import partial
from random import Random
from subprocess import TimeoutExpired
from typing import NamedTuple

from tests.faults.country import DELIVERED, Country
from tests.faults.ground import Ground
from tests.faults.play import SETTLE_S, Scenario, Size
from tests.faults.points import points
from tests.faults.verdict import Evidence, Needs
from tests.integration.system import wait_for
from tests.integration.worker_process import WorkerProcess

HITS = (1, 2, 3)
AT_START = ("joined",)
"""Reached only where a slice reads its topics for the first time."""
AT_ARCHIVE = ("archive file written", "package written", "delivery begun", "delivery recorded")
ONCE = ("package written", "delivery begun", "delivery recorded")
"""Reached once in a process: killed there three times."""
AT_CLOCK = ("handed over", "arrived")
AT_STOP = ("drained", "let go")
"""Reached by who is told to stop."""

TOGETHER = 2
DEATH_S = 90.0
"""A point that is not hit within so long is not hit: the run is INVALID."""


class Round(NamedTuple):
    point: str
    hit: int

    @property
    def armed(self) -> str:
        return f"{self.point}:kill@{self.hit}"


def _faults(ground: Ground, load: Country, luck: Random, _evidence: Evidence) -> None:
    ground.publish(load.first)
    for each in _rounds(AT_START):
        with ground.worker(each.armed) as worker:
            _dies(worker)
    with ground.worker():
        ground.settle(SETTLE_S)
        ground.publish(load.wishes)
        ground.settle(SETTLE_S)
    for point, hit in _rounds(AT_ARCHIVE):
        ground.deliver(DELIVERED[0], Round(point, 1 if point in ONCE else hit).armed)
    ground.archived()
    others = (*AT_START, *AT_ARCHIVE, *AT_CLOCK)
    queue = _rounds([point for point in points() if point not in others])
    luck.shuffle(queue)
    _run(ground, load, deque(queue))
    with ground.worker():
        for each in _rounds(AT_CLOCK):
            ground.command("clock", "to", str(load.days[-1][0]), armed=each.armed)
        ground.day(load, len(load.days) - 1)


def _rounds(of: "tuple[str, ...] | list[str]") -> list[Round]:
    return [Round(point, hit) for point in of for hit in HITS]


class Shift(NamedTuple):
    """A worker at work, and until when its death is awaited."""

    worker: WorkerProcess
    until: float

    @property
    def over(self) -> bool:
        return self.worker.process.poll() is not None or time.monotonic() > self.until


def _run(ground: Ground, load: Country, queue: "deque[Round]") -> None:
    days = iter(range(len(load.days) - 1))
    alive: list[Shift] = []
    while queue or alive:
        while queue and len(alive) < TOGETHER:
            alive.append(_begin(ground, queue.popleft()))
            if (index := next(days, None)) is not None:
                ground.day(load, index)
        wait_for("one of the workers to die", partial(_any_over, alive), DEATH_S + 20)
        for shift in alive:
            if shift.over:
                shift.worker.kill()
        alive = [shift for shift in alive if shift.worker.process.poll() is None]
    for index in days:
        ground.day(load, index)


def _begin(ground: Ground, each: Round) -> Shift:
    worker = ground.start(each.armed)
    if each.point in AT_STOP:
        wait_for("the worker that will be stopped has slices", worker.has_had_slices)
        worker.send(signal.SIGTERM)
    return Shift(worker, time.monotonic() + DEATH_S)


def _any_over(alive: list[Shift]) -> bool:
    return any(shift.over for shift in alive)


def _dies(worker: WorkerProcess) -> None:
    try:
        worker.process.wait(DEATH_S)
    except TimeoutExpired:
        worker.kill()


EVERYWHERE = Scenario(
    "everywhere",
    _faults,
    Needs(
        planned={f"kill at {point}": len(HITS) for point in points()},
        kills_in_transaction=10, redeliveries=1, take_overs=50, rebalances=50,
    ),
    Size(citizens=400, days=70, daily=40, quiet=300, late=False),
    prepared=False,
)  # fmt: skip
