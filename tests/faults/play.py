"""One run of one scenario on real servers, and its verdict. The same country is run with faults and without."""

import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random

import psycopg

from infra.addresses import Addresses
from infra.errors import TransientError
from infra.kafka import admin, members
from infra.local import Stack
from infra.migrate import migrate
from producers.calendar import simulate
from tests.conftest import new_database
from tests.faults.inject.disk import move, tablespace
from tests.faults.inject.proxied import Through, through
from tests.faults.load.afterwards import afterwards
from tests.faults.load.country import NAMES, Country, country
from tests.faults.load.environment import Environment, make_environment
from tests.faults.oracles.differences import wrong
from tests.faults.oracles.dump import Dump, differences, dump
from tests.faults.oracles.expected import expected_result
from tests.faults.oracles.history import broken
from tests.faults.oracles.readers import readers
from tests.faults.oracles.verdict import Evidence, Needs, Verdict, collect
from tests.integration.system import wait_for

LOG = logging.getLogger(__name__)
SETTLE_S, EMPTY_S = 180.0, 30.0
SHOWN = 20
LOADS = 4
"""How many different countries there are: each must also be run undisturbed, which takes as long as a run with
faults."""

_ALARMS = "select consumer || '/' || slice || ': ' || alarm from ledger.slice where alarm is not null"


@dataclass(frozen=True)
class Size:
    """The size of the load."""

    citizens: int = 400
    days: int = 24
    daily: int = 60
    quiet: int = 10
    late: bool = True


@dataclass(frozen=True)
class Scenario:
    """`faults` publishes the country's days and disturbs the workers and servers; afterwards everything is healed."""

    name: str
    faults: Callable[["Environment", Country, Random, Evidence], None]
    needs: Needs
    size: Size = Size()
    small_disk: bool = False
    """True when the database is on a disk that can be filled."""
    brokers: int = 1
    prepared: bool = True
    """True when the first load is applied and delivered to the Archives before the faults begin."""


Undisturbed = dict[tuple[int, Size], Dump]
"""The end state of the undisturbed run of each load: the same on all servers."""


@dataclass
class FaultServers:
    """The servers on which scenarios run, with proxies in front of them."""

    stack: Stack
    addresses: Addresses
    through: Through
    folder: Path
    undisturbed: Undisturbed
    last: Path = Path()
    """The folder of the last run."""

    def play(self, scenario: Scenario, seed: int) -> Verdict:
        """Runs the scenario. `seed` decides load and faults. A run that does not end in time is BROKEN too."""
        key = (seed % LOADS, scenario.size)
        load = country(key[0], *astuple(scenario.size))
        if key not in self.undisturbed:
            self.undisturbed[key] = self._undisturbed(load, seed)
        evidence = Evidence()
        try:
            with self._environment(seed, scenario.small_disk) as environment:
                told = self._disturbed(scenario, environment, load, evidence)
                told += differences(dump(environment.system), self.undisturbed[key])
        except AssertionError as error:
            self._heal()
            told = [str(error)]
        if told:
            told.append(f"The logs are in {self._kept()}.")
        return Verdict(scenario.name, seed, evidence, tuple(told), tuple(scenario.needs.lacking(evidence)))

    def _disturbed(self, scenario: Scenario, environment: Environment, load: Country, evidence: Evidence) -> list[str]:
        if scenario.prepared:
            _load(environment, load)
            environment.archived()
        with readers(environment, load) as reading:
            scenario.faults(environment, load, Random(environment.seed), evidence)
            healed_at = time.monotonic()
            with environment.worker():
                environment.settle(SETTLE_S)
                evidence.recovery_s = time.monotonic() - healed_at
        collect(environment, evidence)
        evidence.looks = reading.looks
        system = environment.system
        evidence.lies, told = environment.liar.judged(system.dsn, system.reads)
        told += [*reading.intruder.judged(system.dsn), *_errors(environment, load)]
        self._empty_groups()
        tried, wrong_afterwards = afterwards(environment.command, system.dsn, environment.folder)
        evidence.lies += reading.intruder.outcomes + tried
        return [*reading.wrong, *told, *wrong_afterwards]

    def _kept(self) -> Path:
        """Copies the servers' logs to those of the run's workers; returns their folder."""
        for log in self.stack.folder.glob("*.log"):
            shutil.copy(log, self.last)
        return self.last

    def _heal(self) -> None:
        """Heals the proxies and starts every server that does not run."""
        self.through.heal()
        for server in self.stack.status():
            if not server.running:
                self.stack.start(server.name)

    def _empty_groups(self) -> None:
        """Waits until our consumer groups have no member. Kafka was once seen to keep members that had ended, far
        beyond their sessions and until it was restarted. No worker reads their slices then, and the next run could not
        begin."""
        try:
            wait_for("the groups to be empty", self._nobody, EMPTY_S)
        except AssertionError:
            LOG.warning("Kafka keeps members that have ended: it is restarted")
            for server in self.stack.status():
                if server.name.startswith("kafka"):
                    self.stack.kill(server.name)
                    self.stack.start(server.name)
            wait_for("the groups to be empty", self._nobody, EMPTY_S)

    def _nobody(self) -> bool:
        try:
            return not members(admin(self.addresses.kafka), NAMES)
        except TransientError:  # a broker that has just come back
            return False

    def _undisturbed(self, load: Country, seed: int) -> Dump:
        with self._environment(seed) as environment:
            _load(environment, load)
            environment.archived()
            with environment.worker():
                for index in range(len(load.days)):
                    environment.day(load, index)
                environment.settle(SETTLE_S)
            if told := _errors(environment, load):
                raise AssertionError("the undisturbed run is wrong already:\n" + "\n".join(told[:SHOWN]))
            return dump(environment.system)

    @contextmanager
    def _environment(self, seed: int, small: bool = False) -> Iterator[Environment]:
        self._empty_groups()
        folder = self.last = self.folder / secrets.token_hex(4)
        folder.mkdir()
        with ExitStack() as open_:
            disk = open_.enter_context(tablespace(self.addresses.dsn)) if small else None
            dsn = open_.enter_context(new_database(self.addresses.dsn))
            migrate(dsn)
            with psycopg.connect(dsn) as connection:
                simulate(connection, "faults")
            if disk is not None:
                move(dsn, disk)
            yield make_environment(self.stack, self.addresses, self.through, dsn, folder, seed, disk)


@contextmanager
def fault_servers(undisturbed: Undisturbed, brokers: int = 1) -> Iterator[FaultServers]:
    """Servers in a folder of their own for the time of the block; the workers' logs stay there."""
    folder = Path(tempfile.mkdtemp(prefix="dfdg-faults-", dir="/tmp"))
    stack = Stack(folder / "servers", brokers)
    try:
        addresses = stack.up()
        with through(stack) as proxies:
            yield FaultServers(stack, addresses, proxies, folder, undisturbed)
    finally:
        stack.remove()


def _load(environment: Environment, load: Country) -> None:
    with environment.worker():
        for part in (load.first, load.wishes):
            environment.publish(part)
            environment.settle(SETTLE_S)


def _errors(environment: Environment, load: Country) -> list[str]:
    """Alarms, differences from the expected result, and faults in the history."""
    system = environment.system
    return [*_alarms(environment), *wrong(system, expected_result(load)), *broken(system)]


def _alarms(environment: Environment) -> list[str]:
    with psycopg.connect(environment.system.dsn) as connection:
        return [f"alarm: {text}" for (text,) in connection.execute(_ALARMS).fetchall()]
