"""The state that a stack keeps in its folder: ports, passwords and its own processes."""

import fcntl
import json
import random
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.errors import ServerError
from infra.local.process import Process

# Below the range that the kernel hands to outgoing connections (from 32768). Otherwise a client that connects to the
# port of a server that is down could get that very port, connect to itself and keep the server from coming back.
PORTS = range(20_000, 32_000)
ROLES = ("dfdg", "apicurio")


@dataclass
class State:
    """The content of a state folder. Call `save` after every change."""

    brokers: int
    ports: dict[str, list[int]]
    passwords: dict[str, str] = field(repr=False)
    processes: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, brokers: int) -> "State":
        """New ports (free now) and passwords, kept in `folder`."""
        wanted = {f"kafka-{node}": 2 for node in range(1, brokers + 1)} | {"registry": 2, "postgres": 1}
        free = _free_ports(sum(wanted.values()))
        passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
        state = cls(brokers, {name: [free.pop() for _ in range(count)] for name, count in wanted.items()}, passwords)
        _write(folder / "passwords.json", passwords)
        state.save(folder)
        return state

    @classmethod
    def load(cls, folder: Path) -> "State | None":
        """The state in `folder`; None when there is none."""
        if not (folder / "state.json").exists():
            return None
        kept = json.loads((folder / "state.json").read_text())
        passwords = json.loads((folder / "passwords.json").read_text())
        processes = {name: Process(**process) for name, process in kept["processes"].items()}
        return cls(kept["brokers"], kept["ports"], passwords, processes)

    def save(self, folder: Path) -> None:
        """Replaces the state file as a whole. Passwords have a file of their own."""
        kept = asdict(self)
        del kept["passwords"]
        _write(folder / "state.json", kept)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lets one command at a time work on the folder; the next one waits."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        if len(found) == count:
            return found
        if _free(port):
            found.append(port)
    raise ServerError(f"There are not {count} free ports between {PORTS.start} and {PORTS.stop} on this machine.")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _write(path: Path, content: object) -> None:
    """Replaces a file as a whole, readable by its owner only."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(content, indent=2))
    new.replace(path)
