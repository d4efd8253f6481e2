"""The workers' way to the servers, through a proxy each; the harness itself publishes and looks past them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.conninfo import make_conninfo

from infra.local import Addresses, Stack
from infra.local.state import State, _free_ports
from tests.faults.proxy import Proxy
from tests.faults.wire import KafkaWire, PostgresWire

BROKER = "kafka-1"


@dataclass(frozen=True)
class Through:
    kafka: Proxy
    postgres: Proxy

    def addresses(self, there: Addresses, dsn: str) -> Addresses:
        """What the workers are told."""
        return Addresses(f"127.0.0.1:{self.kafka.port}", there.registry, make_conninfo(dsn, port=self.postgres.port))

    def heal(self) -> None:
        self.kafka.heal()
        self.postgres.heal()


@contextmanager
def through(stack: Stack) -> Iterator[Through]:
    """Proxies in front of servers that are up. The broker is started anew, with a listener that names the proxy: what
    a client is told of the brokers must lead through it too."""
    state = State.load(stack.folder)
    assert state is not None, "the servers are up"
    (behind,) = _free_ports(1)  # as the servers' own: never a port that a dialling client may be given
    with Proxy(behind, KafkaWire) as kafka, Proxy(state.ports["postgres"][0], PostgresWire) as postgres:
        file = stack.folder / BROKER / "server.properties"
        settings = dict(line.split("=", 1) for line in file.read_text().splitlines())
        client, _ = state.ports[BROKER]
        settings["listeners"] += f",PROXIED://127.0.0.1:{behind}"
        settings["listener.security.protocol.map"] += ",PROXIED:PLAINTEXT"
        settings["advertised.listeners"] = f"CLIENT://127.0.0.1:{client},PROXIED://127.0.0.1:{kafka.port}"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        stack.kill(BROKER)
        stack.start(BROKER)
        yield Through(kafka, postgres)
