"""Killed at every point between two side effects, at its first, second and third hit: nothing is lost or doubled.

Two workers at a time share the slices, each armed for one point and one hit. The next one replaces a worker that dies,
and a day begins. So each death is also a rebalance and take-over for the other worker.
"""

import signal
import time
from collections import deque
from functools import partial
from random import Random
from subprocess import TimeoutExpired
from typing import NamedTuple

from tests.faults.inject.points import points
from tests.faults.load.country import DELIVERED, Country
from tests.faults.load.environment import Environment
from tests.faults.oracles.verdict import Evidence, Needs
from tests.faults.play import SETTLE_S, Scenario, Size
from tests.integration.system import wait_for
from tests.integration.worker_process import WorkerProcess

HITS = (1, 2, 3)
AT_START = ("joined",)
"""Points that are reached only when a slice reads its topics for the first time."""
AT_ARCHIVE = ("archive file written", "package written", "delivery begun", "delivery recorded")
ONCE = ("package written", "delivery begun", "delivery recorded", "days noted")
"""Points that a process reaches once: three processes are killed there, each at its first hit."""
AT_CLOCK = ("days noted", "handed over", "arrived")
AT_STOP = ("drained", "let go")
"""Points that a worker reaches when it is told to stop."""

TOGETHER = 2
DEATH_S = 90.0
"""Seconds. A point that is not hit by then counts as not hit: the run is INVALID."""


class Round(NamedTuple):
    point: str
    hit: int

    @property
    def armed(self) -> str:
        return f"{self.point}:kill@{self.hit}"


def _faults(environment: Environment, load: Country, luck: Random, _evidence: Evidence) -> None:
    environment.publish(load.first)
    for each in _rounds(AT_START):
        with environment.worker(each.armed) as worker:
            _dies(worker)
    with environment.worker():
        environment.settle(SETTLE_S)
        environment.publish(load.wishes)
        environment.settle(SETTLE_S)
    for point, hit in _rounds(AT_ARCHIVE):
        environment.deliver(DELIVERED[0], Round(point, 1 if point in ONCE else hit).armed)
    environment.archived()
    others = (*AT_START, *AT_ARCHIVE, *AT_CLOCK)
    queue = _rounds([point for point in points() if point not in others])
    luck.shuffle(queue)
    _run(environment, load, deque(queue))
    with environment.worker():
        environment.settle(SETTLE_S)  # a slice that the next leap finds behind would announce less: days would be past
        for point, hit in _rounds(AT_CLOCK):
            armed = Round(point, 1 if point in ONCE else hit).armed
            environment.command("clock", "to", str(load.days[-1][0]), armed=armed)
        environment.day(load, len(load.days) - 1)


def _rounds(of: "tuple[str, ...] | list[str]") -> list[Round]:
    return [Round(point, hit) for point in of for hit in HITS]


class Shift(NamedTuple):
    """A worker at work, and the monotonic time until which its death is awaited."""

    worker: WorkerProcess
    until: float

    @property
    def over(self) -> bool:
        return self.worker.process.poll() is not None or time.monotonic() > self.until


def _run(environment: Environment, load: Country, queue: "deque[Round]") -> None:
    days = iter(range(len(load.days) - 1))
    alive: list[Shift] = []
    while queue or alive:
        while queue and len(alive) < TOGETHER:
            alive.append(_begin(environment, queue.popleft()))
            if (index := next(days, None)) is not None:
                environment.day(load, index)
        wait_for("one of the workers to die", partial(_any_over, alive), DEATH_S + 20)
        for shift in alive:
            if shift.over:
                shift.worker.kill()
        alive = [shift for shift in alive if shift.worker.process.poll() is None]
    for index in days:
        environment.day(load, index)


def _begin(environment: Environment, each: Round) -> Shift:
    worker = environment.start(each.armed)
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
