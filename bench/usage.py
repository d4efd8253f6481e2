"""What processes cost: CPU seconds and peak memory, each with all that it started."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
KIB_PER_MIB = 1024


class Cpu(NamedTuple):
    """CPU seconds, user and system."""

    workers: float
    postgres: float
    kafka: float

    def since(self, before: "Cpu") -> "Cpu":
        return Cpu(*(now - then for now, then in zip(self, before, strict=True)))


def cpu(workers: Sequence[int], servers: dict[str, int]) -> Cpu:
    """Of the workers' process trees, PostgreSQL and Kafka, until now."""
    return Cpu(sum(map(_tree_s, workers)), _tree_s(servers["postgres"]), _tree_s(servers["kafka-1"]))


def _tree_s(pid: int) -> float:
    """Of the process, its descendants, and those descendants that have ended and were waited for."""
    while True:
        try:
            return sum(sum(process.cpu_times()[:4]) for process in _tree(pid))
        except psutil.NoSuchProcess:  # one ended between two looks: its time has moved to its parent
            if not psutil.pid_exists(pid):
                raise


def peak_mib(workers: Sequence[int]) -> float:
    """The peak resident memory of the process trees: the sum of each process's own peak, shared pages in each."""
    kib = 0
    for process in (process for pid in workers for process in _tree(pid)):
        found = _PEAK.search(Path(f"/proc/{process.pid}/status").read_text())
        kib += int(found[1]) if found else 0
    return kib / KIB_PER_MIB


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]
