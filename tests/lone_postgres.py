"""A PostgreSQL alone, for tests that never end it: its commits need not outlive a power cut, so a database is made in
hundredths of a second instead of half of one. Tests that kill their database use the run's `stack`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local import Stack, postgres
from infra.local.state import State
from infra.progress import silent

START_DEADLINE_S = 60.0


@contextmanager
def lone_postgres() -> Iterator[str]:
    """The DSN of its owner; stopped and deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="dfdg-test-", dir="/tmp"))  # short, and open to PostgreSQL's system user
    state = State.create(folder, brokers=1)
    postgres.prepare(folder, state.passwords, silent)
    (port,) = state.ports["postgres"]
    data = (folder / "postgres").resolve() / "data"
    server = postgres.server(folder, data, port, state.passwords, {"fsync": "off"})
    state.processes[server.name] = server.launch()
    state.save(folder)
    try:
        server.wait(state.processes[server.name], START_DEADLINE_S)
        yield postgres.dsn(port, state.passwords, "postgres")
    finally:
        Stack(folder).remove()
