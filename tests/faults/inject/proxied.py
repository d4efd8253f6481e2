"""A proxy between the workers and each server. The harness itself publishes and reads without the proxies."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from infra.addresses import Addresses
from infra.local import Stack
from infra.local.state import State, _free_ports
from tests.faults.inject.proxy import Proxy
from tests.faults.inject.wire import KafkaWire, PostgresWire


@dataclass(frozen=True)
class Through:
    kafka: tuple[Proxy, ...]
    """One for each broker."""
    postgres: Proxy

    def addresses(self, there: Addresses, dsn: str) -> Addresses:
        """The addresses that the workers get."""
        brokers = ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.kafka)
        return Addresses(brokers, there.registry, make_conninfo(dsn, port=self.postgres.port))

    @property
    def all(self) -> tuple[Proxy, ...]:
        return (*self.kafka, self.postgres)

    def heal(self) -> None:
        for proxy in self.all:
            proxy.heal()


@contextmanager
def through(stack: Stack) -> Iterator[Through]:
    """Proxies in front of servers that are up. Brokers are restarted with a listener that names the proxy: the address
    that a broker gives to clients must lead through the proxy too."""
    state = State.load(stack.folder)
    assert state is not None, "the servers are up"
    brokers = [name for name in state.ports if name.startswith("kafka-")]
    behind = _free_ports(len(brokers))  # as the servers' own ports: never one that the kernel may give to a client
    with ExitStack() as open_:
        kafka = [open_.enter_context(Proxy(port, KafkaWire)) for port in behind]
        postgres = open_.enter_context(Proxy(state.ports["postgres"][0], PostgresWire))
        for name, port, proxy in zip(brokers, behind, kafka, strict=True):
            _listen(stack.folder / name / "server.properties", state.ports[name][0], port, proxy.port)
            stack.kill(name)
            stack.start(name)
        yield Through(tuple(kafka), postgres)


def _listen(file: Path, client: int, behind: int, proxy: int) -> None:
    settings = dict(line.split("=", 1) for line in file.read_text().splitlines())
    settings["listeners"] += f",PROXIED://127.0.0.1:{behind}"
    settings["listener.security.protocol.map"] += ",PROXIED:PLAINTEXT"
    settings["advertised.listeners"] = f"CLIENT://127.0.0.1:{client},PROXIED://127.0.0.1:{proxy}"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
