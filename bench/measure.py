"""One run of one contender: from topics that are full to the last row."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from bench.contenders import Contender
from bench.job import Job
from bench.lab import Ground, Lab
from bench.usage import Cpu, cpu, peak_mib

LOOK_INTERVAL_S = 0.1
"""Seldom: a look asks PostgreSQL and Kafka, on the same cores as those who are measured."""

START_DEADLINE_S = 60.0
STALL_S = 20.0
"""Who has not come nearer to the end for so long does not reach it."""

SLOWEST_EVENTS_PER_S = 200
"""Who decides the first load more slowly, after a start of `START_DEADLINE_S`, is given up."""

STOP_DEADLINE_S = 20.0
LOG_TAIL = 2_000
T = TypeVar("T")


class ContenderError(Exception):
    """A contender has died, or does not begin; the text shows the end of its log."""


class Run(NamedTuple):
    """`faults`: what of the outputs is wrong; then the rest means nothing."""

    events_per_s: float
    notices_per_s: float
    cpu: Cpu
    peak_mib: float
    faults: list[str]
    repeats: int = 0
    """Records that lie on the topics once more: a subscriber skips them by their `ce_sequence`."""


class Running:
    """A contender's processes."""

    def __init__(self, contender: Contender, ground: Ground) -> None:
        self._logs = [ground.folder / f"{contender.name}-{n}.log" for n in range(len(contender.commands))]
        self._processes = []
        for command, log in zip(contender.commands, self._logs, strict=True):
            with log.open("wb") as output:
                self._processes.append(subprocess.Popen(command, env=ground.environment, stdout=output, stderr=output))

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def output(self) -> str:
        return "".join(Path(log).read_text(errors="replace") for log in self._logs)

    def check(self) -> None:
        for process in self._processes:
            if process.poll() is not None:
                raise ContenderError(f"{process.args!r} ended with {process.returncode}:\n{self.output()[-LOG_TAIL:]}")

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def end(self) -> None:
        """SIGTERM; whoever does not listen is killed, which a benchmark may do."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running(contender: Contender, ground: Ground) -> Iterator[Running]:
    processes = Running(contender, ground)
    try:
        yield processes
    finally:
        processes.end()


def until(asked: Callable[[], T], processes: Running, deadline_s: float) -> T:
    """The first answer that counts as true, or the last one before the deadline."""
    end = time.monotonic() + deadline_s
    while not (answer := asked()) and time.monotonic() < end:
        processes.check()
        time.sleep(LOOK_INTERVAL_S)
    return answer


def warm_up(contender: Contender, ground: Ground, job: Job, processes: Running) -> None:
    """Wait until the first load is decided."""
    load = len(job.first_load)
    deadline_s = START_DEADLINE_S + load / SLOWEST_EVENTS_PER_S
    if not until(lambda: contender.done(ground, load, job.warm), processes, deadline_s):
        raise ContenderError(f"{contender.name} does not get the first load done:\n{processes.output()[-LOG_TAIL:]}")


def _end(contender: Contender, ground: Ground, processes: Running, done: Callable[[], bool]) -> tuple[float, bool]:
    """When it was done, or when it last came nearer to it; and whether it was."""
    progress, at = -1, time.monotonic()
    while not done():
        processes.check()
        if (now := contender.progress(ground)) != progress:
            progress, at = now, time.monotonic()
        elif time.monotonic() - at > STALL_S:
            return at, False
        time.sleep(LOOK_INTERVAL_S)
    return time.monotonic(), True


def prepare(contender: Contender, ground: Ground, job: Job) -> None:
    """The first load, and the day on which the rest happens."""
    ground.fill(job.first_load)
    if contender.has_days:
        ground.begin_day()


def measure(lab: Lab, contender: Contender, job: Job) -> Run:
    """The clock starts when it is about to read, so that its start-up does not count."""
    with lab.fresh() as ground:
        prepare(contender, ground, job)
        with running(contender, ground) as processes:
            warm_up(contender, ground, job, processes)
        ground.fill(job.facts)
        mark = contender.mark(ground)
        with running(contender, ground) as processes:
            began = until(lambda: contender.began(ground, processes.output(), mark), processes, START_DEADLINE_S)
            before = cpu(processes.pids, lab.pids)
            if began is None:
                raise ContenderError(f"{contender.name} does not begin:\n{processes.output()[-LOG_TAIL:]}")
            total = len(job.first_load) + len(job.facts)
            ended, done = _end(contender, ground, processes, lambda: contender.done(ground, total, job.outputs))
            took_s = ended - began
            used, peak = cpu(processes.pids, lab.pids).since(before), peak_mib(processes.pids)
        faults = ([] if done else ["it did not get done"]) + contender.faults(ground, job.outputs)
        repeats = sum(ground.on_topics()) - job.outputs.changes - job.outputs.notices
    notices = job.outputs.notices - job.warm.notices
    return Run(len(job.facts) / took_s, notices / took_s, used, peak, faults, repeats)
