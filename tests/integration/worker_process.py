"""`dfdg run` as a real process."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HUNG = "most recent call first"
"""Words that the interpreter's watchdog writes when it has to end a process."""

STOP_S = 30.0
"""It promises to stop within 10 s, and its own watchdog sees to that. On a busy machine it hears us late."""

_ASSIGNED = re.compile(r"slices assigned.*slices=\[\d")


def owner(pid: int) -> str:
    """What the ledger calls the worker with that pid."""
    return f"{socket.gethostname()}:{pid}"


class WorkerProcess:
    """One `dfdg run`. Its log is kept, and shown when the worker does not end. `program`: the command instead of
    `dfdg`."""

    def __init__(
        self, environment: Mapping[str, str], folder: Path, names: Sequence[str], program: Sequence[str] = ()
    ) -> None:
        self._log = (folder / f"worker-{time.monotonic_ns()}.log").open("w+b")
        command = [*(program or (str(Path(sys.executable).with_name("dfdg")),)), "run", *names]
        self.process = subprocess.Popen(command, env=environment, stderr=self._log, stdout=self._log)

    @property
    def owner(self) -> str:
        return owner(self.process.pid)

    def has_had_slices(self) -> bool:
        """True once its own log tells of slices that Kafka gave it: before, it is importing or joining."""
        return _ASSIGNED.search(self.log()) is not None

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Sends SIGTERM and returns the exit code. A worker that does not end within 15 s is killed, which fails the
        test."""
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"a worker did not stop within {STOP_S:.0f} s:\n{self.log()[-3000:]}") from None
            assert HUNG not in self.log(), f"no thread of a worker ran any more as it stopped: {self._log.name}"
        return self.process.returncode

    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")
