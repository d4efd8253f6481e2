"""`Stack`: all local servers, started and stopped together. Its state is a folder."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from infra.addresses import Addresses, Kind
from infra.errors import ServerError
from infra.local import kafka, postgres, registry
from infra.local.fetch import default_folder, fetch
from infra.local.process import Server, java
from infra.local.state import State, locked
from infra.progress import Say, silent

START_DEADLINE_S = 90.0  # the slowest start seen, on two busy cores, took a quarter of it
KILL_DEADLINE_S = 30.0  # a killed process ends at once, unless it waits for the disk


@dataclass(frozen=True)
class ServerStatus:
    """One server's status now; `pid` is None when it does not run. `last_line`: the moment of its log's last line, its
    last sign of life when it does not run; None if it has no log."""

    name: str
    pid: int | None
    ports: tuple[int, ...]
    running: bool
    version: str
    last_line: datetime | None

    @property
    def kind(self) -> Kind:
        """ "kafka", "registry" or "postgres": Kafka may have several servers."""
        return cast(Kind, self.name.partition("-")[0])


class Stack:
    """Kafka (1 or 3 nodes), the schema registry and PostgreSQL, with all their data in `folder`.

    `lasting`: Java compiles Kafka thoroughly, which pays off from the first hour on.
    """

    def __init__(self, folder: Path, brokers: int = 1, *, lasting: bool = False) -> None:
        if brokers not in (1, 3):
            raise ServerError(f"A local Kafka has 1 or 3 brokers, not {brokers}.")
        self.folder = folder.resolve()
        self.brokers, self._lasting = brokers, lasting

    def up(self, say: Say = silent) -> Addresses:
        """Starts the servers that do not run and waits until all serve. A second call is harmless; data outlives
        `down`.

        Raises `ServerError` when a server does not come up, or when the folder was made for another number of brokers.
        """
        java()  # it and PostgreSQL may not be installed: told before anything is fetched or made
        postgres.program("postgres")
        programs = fetch(say=say)
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            state = self._state_to_start()
            postgres.prepare(self.folder, state.passwords, say)
            kafka.prepare(self.folder, programs, _kafka_ports(state), say)
            servers = self._servers(state)
            for server in servers.values():
                if server.name == "registry":  # the last server: it keeps its schemas in PostgreSQL
                    self._wait(servers["postgres"], state)
                self._launch(server, state, say)
            for server in servers.values():
                self._wait(server, state)
        return _addresses(state)

    def down(self) -> None:
        """Stops exactly the processes that this folder's `up` started, and waits until they have ended."""
        if not State.load(self.folder):
            return
        with locked(self.folder):
            if state := State.load(self.folder):
                self._stop(state)

    def status(self) -> list[ServerStatus]:
        """The status of every server of the folder; empty when `up` was never called."""
        state = State.load(self.folder)
        return [_status(server, state) for server in self._servers(state).values()] if state else []

    def addresses(self) -> Addresses | None:
        """The servers' addresses, running or not: a folder keeps its ports. None when `up` was never called."""
        state = State.load(self.folder)
        return _addresses(state) if state else None

    def kill(self, name: str) -> None:
        """Ends one server without warning, as a crash would, and waits until its process has ended."""
        with locked(self.folder):
            state, server = self._known(name)
            process = state.processes[name]
            process.send(server.kill_signal)
            if not process.ended(KILL_DEADLINE_S):
                raise ServerError(f"{name} (pid {process.pid}) still lives {KILL_DEADLINE_S:.0f} s after its kill.")

    def start(self, name: str) -> None:
        """Starts one server again, on the same ports with the same data, and waits until it serves."""
        with locked(self.folder):
            state, server = self._known(name)
            self._launch(server, state, silent)
            self._wait(server, state)

    def remove(self) -> None:
        """Stops the servers and deletes the folder, with the data that had to be placed outside of it."""
        self.down()
        if (self.folder / "postgres").is_symlink():
            shutil.rmtree((self.folder / "postgres").resolve())
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _state_to_start(self) -> State:
        state = State.load(self.folder) or State.create(self.folder, self.brokers)
        if state.brokers != self.brokers:
            raise ServerError(
                f"{self.folder} was made for {state.brokers} broker(s), not {self.brokers}: "
                "ask for as many, take another folder, or remove this one."
            )
        return state

    def _servers(self, state: State) -> dict[str, Server]:
        """All servers of the folder, in the order in which they are started and shown."""
        programs, ports = default_folder().resolve(), _kafka_ports(state)
        (database,), (web, management) = state.ports["postgres"], state.ports["registry"]
        data = (self.folder / "postgres").resolve() / "data"
        servers = [kafka.server(self.folder, programs, node, ports, lasting=self._lasting) for node in ports]
        servers.append(postgres.server(self.folder, data, database, state.passwords))
        password = state.passwords["apicurio"]
        servers.append(registry.server(self.folder, programs, (web, management), database, password))
        return {server.name: server for server in servers}

    def _launch(self, server: Server, state: State, say: Say) -> None:
        known = state.processes.get(server.name)
        if known is None or not known.running():
            say(f"Starting {server.name} ({server.version}) ...")
            state.processes[server.name] = server.launch()
            state.save(self.folder)  # at once, so that `down` knows it even if the rest fails

    def _wait(self, server: Server, state: State) -> None:
        server.wait(state.processes[server.name], START_DEADLINE_S)
        server.settle()

    def _stop(self, state: State) -> None:
        servers = self._servers(state)
        for name, process in state.processes.items():  # all at once: Kafka's nodes need a quorum to stop in order
            process.send(servers[name].stop_signal)
        for name, process in state.processes.items():
            if not process.ended(servers[name].stop_deadline_s):
                process.send(servers[name].kill_signal)
                process.ended(KILL_DEADLINE_S)
        state.processes.clear()
        state.save(self.folder)

    def _known(self, name: str) -> tuple[State, Server]:
        state = State.load(self.folder)
        if state is None or name not in state.processes:
            raise ServerError(f"{self.folder} has no server {name!r} that was ever up.")
        return state, self._servers(state)[name]


def _addresses(state: State) -> Addresses:
    dsn = postgres.dsn(state.ports["postgres"][0], state.passwords)
    return Addresses(kafka.bootstrap(_kafka_ports(state)), registry.url(state.ports["registry"][0]), dsn)


def _kafka_ports(state: State) -> kafka.Ports:
    both = {node: state.ports[f"kafka-{node}"] for node in range(1, state.brokers + 1)}
    return {node: (client, controller) for node, (client, controller) in both.items()}


def _status(server: Server, state: State) -> ServerStatus:
    process = state.processes.get(server.name)
    pid = process.pid if process and process.running() else None
    last_line = datetime.fromtimestamp(server.log.stat().st_mtime, UTC) if server.log.exists() else None
    return ServerStatus(server.name, pid, server.ports, pid is not None, server.version, last_line)
