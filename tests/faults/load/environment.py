"""The environment of one run: topics and a database of its own, workers as real processes with armed failpoints."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from infra.addresses import Addresses
from infra.cli import catalog
from infra.errors import TransientError
from infra.local import Stack
from producers.sender import Sender
from schemas.ids import slice_of
from schemas.retention_areas import areas_on
from schemas.topic import SLICES, Topic
from schemas.topics import DAY_BEGUN, SITUATION_RECORDED
from tests.faults.inject.armed import ARMED, LOG, SEED
from tests.faults.inject.disk import Disk
from tests.faults.inject.proxied import Through
from tests.faults.load.country import DELIVERED, FIRST_DAY, NAMES, Country
from tests.faults.load.liar import Liar
from tests.faults.load.lies import GAP
from tests.faults.load.titles import publish_table
from tests.integration.country import Fact
from tests.integration.system import System, make_system, wait_for
from tests.integration.worker_process import WorkerProcess
from tests.tidy.tree import ROOT

PROGRAM = (sys.executable, "-m", "tests.faults.inject.armed")
_STANDS = "select consumer, positions -> %s from ledger.slice where slice = %s and alarm like %s"
COMMAND_DEADLINE_S, BEGUN_S, TRIES = 120, 300.0, 3


@dataclass
class Environment:
    """`system` publishes and reads without the proxies. `through`: the proxies between the workers and the servers."""

    stack: Stack
    system: System
    folder: Path
    seed: int
    through: Through
    disk: Disk | None = None
    last_day: date | None = None
    workers: list[WorkerProcess] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    _passed: set[str] = field(default_factory=set)
    liar: Liar = field(init=False)

    def __post_init__(self) -> None:
        self.liar = Liar(self.system.addresses.kafka, self.system.schema_ids)

    @property
    def log(self) -> Path:
        return self.folder / "struck.jsonl"

    def variables(self, armed: str = "") -> dict[str, str]:
        told = self.through.addresses(self.system.addresses, self.system.dsn)
        named = replace(self.system, addresses=told, dsn=told.dsn).environment
        folder = {"DFDG_KEYS": str(self.folder / "keys"), "DFDG_STATE": str(self.folder / "state")}
        # Commands run in another folder, because they leave files behind; there Python would not find the tests.
        trap = {ARMED: armed, LOG: str(self.log), SEED: str(self.seed), "PYTHONPATH": str(ROOT)}
        return {**named, **folder, **trap}

    def publish(self, facts: Sequence[Fact], repeat: int = 1) -> None:
        self.system.publish(facts, repeat)
        self.events.update(fact.id for fact in facts)

    def begin(self, day: date) -> None:
        self.system.publish([day])
        self.last_day = day

    def day(self, country: Country, index: int, repeat: int = 1) -> None:
        """Begins the country's day and publishes its facts `repeat` times, lies, and on every second day unreadable
        records.

        A slice never waits for a day that may come (docs/decisions/0007), so a late fact is published only once its day
        has begun everywhere.
        """
        day, facts = country.days[index]
        self.begin(day)
        if any(fact.event.day < day for fact in facts):
            wait_for(f"{day} to have begun in every slice", lambda: self._begun(day), BEGUN_S)
        self.publish(facts, repeat)
        self.liar.lie(country, index, begun=self._begun(FIRST_DAY))
        if index % 2 == 0:
            self._poison(SITUATION_RECORDED, (2 * index, 2 * index + 1))

    def _poison(self, topic: Topic, numbers: Sequence[int]) -> None:
        """Publishes unreadable records, each with a key of its own."""
        with Sender(self.system.addresses.kafka, "poison") as sender:
            for key in (b"poison-%d" % number for number in numbers):
                sender.send(topic.name, slice_of(key, SLICES), key, b"garbage", [])
            sender.finish()

    @contextmanager
    def worker(self, armed: str = "", names: Sequence[str] = NAMES) -> Iterator[WorkerProcess]:
        """One `dfdg run`. At the end of the block it is told to stop, if it still lives."""
        worker = self.start(armed, names)
        try:
            yield worker
        finally:
            worker.send(signal.SIGCONT)
            worker.end()

    def start(self, armed: str = "", names: Sequence[str] = NAMES) -> WorkerProcess:
        worker = WorkerProcess(self.variables(armed), self.folder, names, PROGRAM)
        self.workers.append(worker)
        return worker

    def command(
        self, *arguments: str, armed: str = "", dsn: str = "", keys: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Runs another command of `dfdg` to its end. `dsn`, `keys`: of another database, with other keys."""
        others = {name: str(each) for name, each in (("DFDG_DSN", dsn), ("DFDG_KEYS", keys)) if each}
        return subprocess.run(
            [*PROGRAM, *arguments], env=self.variables(armed) | others, capture_output=True, text=True, check=False,
            timeout=COMMAND_DEADLINE_S, cwd=self.folder,
        )  # fmt: skip

    def deliver(self, area: str, armed: str = "", folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Delivers every record of the area that will ever be due to the Archives."""
        options = ("--who", "Anna", "--folder", str(folder or self.folder), "--due-by", "2030-01-01", "--json")
        return self.command("archive", "deliver", area, *options, armed=armed)

    def archived(self) -> None:
        """Delivers all areas to the Archives that they get, and records their approval."""
        for area in DELIVERED:
            delivery = json.loads(_fine(self.deliver(area)))["delivery"]
            _fine(self.command("archive", "approve", delivery, f"reference-{delivery}", "--who", "Anna"))

    def struck(self) -> list[dict[str, Any]]:
        """The actions of the failpoints, in order."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def settled(self) -> bool:
        """True once every consumer has read everything, every outbox is empty and the last day's work is done."""
        self._pass_gap()
        return self.system.drained(self.last_day) and self._aged()

    def settle(self, deadline_s: float = 120.0) -> None:
        wait_for("everything drained", self.settled, deadline_s)

    def _pass_gap(self) -> None:
        """What an operator does about a slice that stands in front of a forged gap."""
        if (gap := self.liar.gap()) is None or len(self._passed) == len(self._readers(gap.topic)):
            return
        try:
            with psycopg.connect(self.system.dsn, connect_timeout=2) as connection:
                standing = connection.execute(_STANDS, (gap.topic.name, gap.slice, f"% to {GAP}:%")).fetchall()
        except psycopg.OperationalError:  # a server that was killed a moment ago
            return
        for consumer, offset in standing:
            place = consumer, gap.topic.name, str(gap.slice), str(offset)
            if self.command("dead-letters", "set-aside", *place, "--who", "Anna", "--yes").returncode == 0:
                self._passed.add(consumer)

    def _readers(self, topic: Topic) -> list[str]:
        return [name for name, reads in self.system.reads.items() if topic in reads]

    def _begun(self, day: date) -> bool:
        """True once the day has begun in every slice. A slice may come to the gap only while one waits for it."""
        self._pass_gap()
        readers = self._readers(DAY_BEGUN)
        query = "select count(*) from ledger.slice where consumer = any(%s) and day >= %s"
        try:
            with psycopg.connect(self.system.dsn, connect_timeout=2) as connection:
                (begun,) = connection.execute(query, (readers, day)).fetchone() or (0,)
        except psycopg.OperationalError:  # a server that was killed a moment ago
            return False
        return bool(begun == len(readers) * SLICES)

    def _aged(self) -> bool:
        """True once the search for due records on the last day is done. No topic tells of its end."""
        if self.last_day is None:
            return True
        query = "select count(*) from retention.ageing where day = %s and done"
        try:
            with psycopg.connect(self.system.dsn) as connection:
                (done,) = connection.execute(query, (self.last_day,)).fetchone() or (0,)
        except psycopg.OperationalError:  # a server that was killed a moment ago
            return False
        return bool(done == len(areas_on(self.last_day)) * SLICES)


def _fine(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_environment(
    stack: Stack, addresses: Addresses, through: Through, dsn: str, folder: Path, seed: int, disk: Disk | None = None
) -> Environment:
    reads = {each.name: each.reads for each in catalog.CONSUMERS if each.name in NAMES}
    for left in reversed(range(TRIES)):
        try:
            system = make_system(addresses, dsn, folder, reads)
            publish_table(system)
            break
        except TransientError:  # a busy machine: Kafka fences its only broker for a moment
            if not left:
                raise
    return Environment(stack, system, folder, seed, through, disk)
