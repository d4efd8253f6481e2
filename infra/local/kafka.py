"""Kafka 4.3 in KRaft mode: one or three nodes, each broker and controller, on loopback."""

import hashlib
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.errors import ServerError
from infra.local.fetch import version
from infra.local.process import QUICK, Server, environment, java
from infra.progress import Say

Ports = dict[int, tuple[int, int]]  # node -> its ports for clients and for controllers

METADATA_TIMEOUT_S = 2.0
# One node alone stops in a second. Of three, the last ones wait in vain for a quorum that is gone. Killing them loses
# nothing: the operating system has every record that they acknowledged.
STOP_DEADLINE_S = 10.0
LOGGING = Path(__file__).with_name("log4j2.properties")
SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "CLIENT",
    "auto.create.topics.enable": "false",  # topics come from schemas/topics.py alone
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # KIP-848 groups: a worker that died is replaced within six seconds instead of 45.
    "group.consumer.session.timeout.ms": "3000",
    "group.consumer.min.session.timeout.ms": "3000",
    "group.consumer.heartbeat.interval.ms": "500",
    "group.consumer.min.heartbeat.interval.ms": "500",
    # A killed node may come back once its old session has expired: in 6 seconds, not 9. Fewer would fence a busy node.
    "broker.session.timeout.ms": "6000",
    "broker.heartbeat.interval.ms": "1000",
    "offsets.topic.num.partitions": "4",  # instead of 50: folders to create for the first group
    "transaction.state.log.num.partitions": "4",
}


def prepare(folder: Path, servers: Path, ports: Ports, say: Say) -> None:
    """Writes every node's settings, and formats those that have no data yet."""
    for node in ports:
        home = folder / f"kafka-{node}"
        home.mkdir(mode=0o700, exist_ok=True)
        (home / "server.properties").write_text(_properties(home, node, ports))
        if not (home / "data" / "meta.properties").exists():
            say(f"Formatting Kafka node {node} ...")
            _format(folder, servers, home, ports)


def server(folder: Path, servers: Path, node: int, ports: Ports, *, lasting: bool) -> Server:
    """The server of one node. It is ready once it tells clients that it belongs to the cluster."""
    home = folder / f"kafka-{node}"
    own = () if lasting else (QUICK,)
    command = [
        *_java(servers, *own, "-Xmx512m", f"-Djava.io.tmpdir={home}", f"-Dlog4j2.configurationFile={LOGGING}"),
        "kafka.Kafka",
    ]
    return Server(
        name=home.name, version=version("kafka"), command=(*command, str(home / "server.properties")), mark=str(home),
        log=folder / f"{home.name}.log", ports=ports[node], ready=lambda: _ready(node, ports[node][0]),
        stop_deadline_s=STOP_DEADLINE_S,
    )  # fmt: skip


def bootstrap(ports: Ports) -> str:
    """The address list for clients."""
    return ",".join(f"127.0.0.1:{client}" for client, _ in ports.values())


def _properties(home: Path, node: int, ports: Ports) -> str:
    client, controller = ports[node]
    replicas, in_sync = len(ports), max(1, len(ports) - 1)  # three nodes: one may be away
    own = {
        "node.id": node,
        "log.dirs": home / "data",
        "listeners": f"CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
        "controller.quorum.bootstrap.servers": ",".join(f"127.0.0.1:{port}" for _, port in ports.values()),
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
    }
    return "".join(f"{name}={value}\n" for name, value in {**SETTINGS, **own}.items())


def _format(folder: Path, servers: Path, home: Path, ports: Ports) -> None:
    voters = ",".join(f"{node}@127.0.0.1:{port}:{_id(folder, node)}" for node, (_, port) in ports.items())
    arguments = ["format", f"--cluster-id={_id(folder, 0)}", "--initial-controllers", voters]
    done = subprocess.run(
        [*_java(servers, QUICK), "kafka.tools.StorageTool", *arguments, "--config", home / "server.properties"],
        env=environment({}), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ServerError(f"Kafka could not format {home}:\n{done.stdout}{done.stderr}")


def _java(servers: Path, *options: str) -> list[str]:
    return [java(), *options, "-cp", f"{servers}/kafka/*"]


def _id(folder: Path, node: int) -> str:
    """Kafka's 22-character id for a node's data, or for the cluster (0): all nodes must be formatted with the same."""
    digest = hashlib.blake2b(f"{folder}/{node}".encode(), digest_size=15).digest()
    return urlsafe_b64encode(b"K" + digest).decode().rstrip("=")  # "K": never a leading "-", which Kafka forbids


def _ready(node: int, port: int) -> bool:
    try:
        client = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
        return node in client.list_topics(timeout=METADATA_TIMEOUT_S).brokers
    except KafkaException:  # not ready yet: the caller asks again until its deadline
        return False
