"""One run of one scenario on real servers, and what it showed: the same country without faults, and with them."""

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

from infra.errors import TransientError
from infra.kafka import admin, members
from infra.local import Addresses, Stack
from infra.postgres import migrate
from tests.conftest import new_database
from tests.faults.country import NAMES, Country, country
from tests.faults.disk import move, tablespace
from tests.faults.dump import Dump, differences, dump
from tests.faults.ground import Ground, make_ground
from tests.faults.history import broken
from tests.faults.judged import wrong
from tests.faults.readers import readers
from tests.faults.reference import right
from tests.faults.through import Through, through
from tests.faults.verdict import Evidence, Needs, Verdict, collect
from tests.integration.system import wait_for

LOG = logging.getLogger(__name__)
SETTLE_S, EMPTY_S = 180.0, 30.0
SHOWN = 20
LOADS = 4
"""Different countries: each must also be played undisturbed, which takes as long as the faults do."""

_ALARMS = "select consumer || '/' || slice || ': ' || alarm from ledger.slice where alarm is not null"


@dataclass(frozen=True)
class Size:
    """Of the load."""

    citizens: int = 400
    days: int = 24
    daily: int = 60
    quiet: int = 0
    late: bool = True


@dataclass(frozen=True)
class Scenario:
    """`faults` publishes the country's days and disturbs whoever works on them; afterwards everything is healed."""

    name: str
    faults: Callable[["Ground", Country, Random, Evidence], None]
    needs: Needs
    size: Size = Size()
    small_disk: bool = False
    """Whether the database lies on a disk that can be filled."""
    brokers: int = 1
    prepared: bool = True
    """Whether the first load is taken in, and the Archives have their part, before the faults begin."""


Undisturbed = dict[tuple[int, Size], Dump]
"""How the country looks that nobody disturbed, by load: the same on whichever servers it was played."""


@dataclass
class Theatre:
    """Servers to play on."""

    stack: Stack
    addresses: Addresses
    through: Through
    folder: Path
    undisturbed: Undisturbed
    last: Path = Path()
    """What the last run left behind."""

    def play(self, scenario: Scenario, seed: int) -> Verdict:
        """`seed` decides load and faults. What does not end in time is BROKEN too."""
        key = (seed % LOADS, scenario.size)
        load = country(key[0], *astuple(scenario.size))
        if key not in self.undisturbed:
            self.undisturbed[key] = self._undisturbed(load, seed)
        evidence = Evidence()
        try:
            with self._ground(seed, scenario.small_disk) as ground:
                told = self._disturbed(scenario, ground, load, evidence)
                told += differences(dump(ground.system), self.undisturbed[key])
        except AssertionError as error:
            self._heal()
            told = [str(error)]
        if told:
            told.append(f"The logs are in {self._kept()}.")
        return Verdict(scenario.name, seed, evidence, tuple(told), tuple(scenario.needs.lacking(evidence)))

    def _disturbed(self, scenario: Scenario, ground: Ground, load: Country, evidence: Evidence) -> list[str]:
        if scenario.prepared:
            _load(ground, load)
            ground.archived()
        with readers(ground, load) as reading:
            scenario.faults(ground, load, Random(ground.seed), evidence)
            healed_at = time.monotonic()
            with ground.worker():
                ground.settle(SETTLE_S)
                evidence.recovery_s = time.monotonic() - healed_at
        collect(ground, evidence)
        evidence.looks = reading.looks
        return [*reading.wrong, *_alarms(ground), *wrong(ground.system, right(load)), *broken(ground.system)]

    def _kept(self) -> Path:
        """Where the logs of the run's workers and, from now on, those of the servers are."""
        for log in self.stack.folder.glob("*.log"):
            shutil.copy(log, self.last)
        return self.last

    def _heal(self) -> None:
        """Whatever the faults had taken away is there again."""
        self.through.heal()
        for server in self.stack.status():
            if not server.running:
                self.stack.start(server.name)

    def _empty_groups(self) -> None:
        """Nobody is in our groups. Kafka was once seen to keep members who were gone, beyond their sessions and until
        it was restarted: nobody reads their slices then, and the next run could not begin."""
        try:
            wait_for("the groups to be empty", self._nobody, EMPTY_S)
        except AssertionError:
            LOG.warning("Kafka keeps members who are gone: it is restarted")
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
        with self._ground(seed) as ground:
            _load(ground, load)
            ground.archived()
            with ground.worker():
                for index in range(len(load.days)):
                    ground.day(load, index)
                ground.settle(SETTLE_S)
            if told := [*_alarms(ground), *wrong(ground.system, right(load)), *broken(ground.system)]:
                raise AssertionError("the undisturbed run is wrong already:\n" + "\n".join(told[:SHOWN]))
            return dump(ground.system)

    @contextmanager
    def _ground(self, seed: int, small: bool = False) -> Iterator[Ground]:
        self._empty_groups()
        folder = self.last = self.folder / secrets.token_hex(4)
        folder.mkdir()
        with ExitStack() as open_:
            disk = open_.enter_context(tablespace(self.addresses.dsn)) if small else None
            dsn = open_.enter_context(new_database(self.addresses.dsn))
            migrate(dsn)
            if disk is not None:
                move(dsn, disk)
            yield make_ground(self.stack, self.addresses, self.through, dsn, folder, seed, disk)


@contextmanager
def theatre(undisturbed: Undisturbed, brokers: int = 1) -> Iterator[Theatre]:
    """Servers in a folder of their own for the time of the block; what the workers logged stays there."""
    folder = Path(tempfile.mkdtemp(prefix="dfdg-faults-", dir="/tmp"))
    stack = Stack(folder / "servers", brokers)
    try:
        addresses = stack.up()
        with through(stack) as proxies:
            yield Theatre(stack, addresses, proxies, folder, undisturbed)
    finally:
        stack.remove()


def _load(ground: Ground, load: Country) -> None:
    with ground.worker():
        for part in (load.first, load.wishes):
            ground.publish(part)
            ground.settle(SETTLE_S)


def _alarms(ground: Ground) -> list[str]:
    with psycopg.connect(ground.system.dsn) as connection:
        return [f"alarm: {text}" for (text,) in connection.execute(_ALARMS).fetchall()]
