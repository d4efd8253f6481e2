"""On real servers: a process ends whose clients are wrong about Kafka, and no other.

Its member may hold slices that are another's; its clients may hear nothing of Kafka any more.
"""

import asyncio
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra import clients, hearing, lane, ledger
from infra.cli.work import _Engine, ready
from infra.hearing import DEAF_LOOKS, Hearing
from infra.kafka import end_offsets
from infra.local import Addresses
from infra.membership import Membership
from infra.postgres import connect
from infra.source import Source
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN
from tests.integration.system import System, make_system, wait_for

READS = {"deletions": (DAY_BEGUN,)}
NOWHERE = "127.0.0.1:1"
SURELY_S = 1.0
"""Many turns of a source: by then it would have begun what is due."""


@contextmanager
def running(system: System) -> Iterator[_Engine]:
    engine = _Engine(list(READS), ready(Addresses(system.addresses.kafka, system.addresses.registry, system.dsn)), 0.0)
    asyncio.run(engine.start())
    try:
        yield engine
    finally:
        asyncio.run(engine.stop())


def rob(system: System, slice_: int = 0) -> int:
    """Another takes the slice over; returns its epoch."""
    with connect(system.dsn, "thief") as connection:
        return ledger.take_over(connection, "deletions", slice_, "thief").cursor.epoch


def epoch(system: System) -> int:
    with connect(system.dsn, "test") as connection:
        row = connection.execute("select epoch from ledger.slice where consumer = 'deletions' and slice = 0").fetchone()
    return int(row[0]) if row else -1


def order(engine: _Engine) -> None:
    """Work for the slice, which shows that it is fenced."""
    engine._groups[0]._workers[0].stirred = True
    engine._groups[0].source.stir(0)


def has_it_back_or_ends(system: System, engine: _Engine, stolen: int) -> bool:
    return epoch(system) > stolen or not engine.lives()


@pytest.mark.parametrize(("quarrel_s", "fences", "ends"), [(1.5, 100, True), (60.0, 6, False)])
def test_a_process_that_is_fenced_for_long_ends_and_one_that_is_fenced_for_a_moment_works_on(
    addresses: Addresses, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    quarrel_s: float, fences: int, ends: bool,
) -> None:  # fmt: skip
    system = make_system(addresses, database, tmp_path, READS)
    monkeypatch.setattr(lane, "QUARREL_S", quarrel_s)
    monkeypatch.setattr(lane, "LAST_BACKOFF_S", lane.FIRST_BACKOFF_S)
    stolen = 0
    with running(system) as engine:
        for _ in range(fences):
            wait_for("it to have the slice, or to end", partial(has_it_back_or_ends, system, engine, stolen))
            if not engine.lives():
                break
            stolen = rob(system)
            order(engine)
        assert engine.lives() is not ends
        if ends:
            here = engine._groups[0].source._lanes[0]
            due_at = here.take_over_at or 0.0
            wait_for("its back-off to be over", lambda: time.monotonic() > due_at + SURELY_S)
            assert here.take_over_at == due_at, "who gives way does not take over"
    if ends:
        assert epoch(system) == stolen


class Looks:
    """Counts how often Kafka is asked what it holds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number, self._ask = 0, end_offsets
        monkeypatch.setattr(hearing, "LISTEN_S", 0.1)
        monkeypatch.setattr(hearing, "end_offsets", self._asked)

    def _asked(self, *asked: Any, **how: Any) -> list[dict[str, int]]:
        self.number += 1
        return self._ask(*asked, **how)

    def enough(self) -> None:
        """So many more that whatever is missing in each has been missed for too long."""
        until = self.number + 2 * DEAF_LOOKS
        wait_for("looks at Kafka", lambda: self.number > until)


def test_a_process_ends_whose_reader_does_not_get_what_kafka_holds_and_one_that_gets_it_works_on(
    addresses: Addresses, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, looks = make_system(addresses, database, tmp_path, READS), Looks(monkeypatch)
    with running(system) as engine:
        source = engine._groups[0].source
        wait_for(
            "all slices to be read",
            lambda: sum(each.buffer is not None for each in [*source._lanes.values()]) == SLICES,
        )
        looks.enough()
        system.publish([date(2021, 6, 14)])
        wait_for("the day to be read", partial(system.drained, date(2021, 6, 14)))
        looks.enough()
        assert engine.lives()

        source._reader.pause(source._reader.assignment())  # as deaf as one that has lost its broker
        system.publish([date(2021, 6, 15)])
        wait_for("the process to end", lambda: not engine.lives())
    assert source.lapsed == "it does not hear Kafka"


def test_who_has_no_slice_and_does_not_hear_the_groups_coordinator_ends(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    Looks(monkeypatch)
    monkeypatch.setattr(clients, "STATISTICS_MS", 100)
    source = Source("test-deaf", (DAY_BEGUN,), NOWHERE, lambda _: None, lambda _: None, lambda _: {})
    listening = Hearing(addresses.kafka, lambda: [source])
    source.start()
    listening.start()
    try:
        wait_for("the source to lapse", lambda: source.lapsed)
    finally:
        listening.stop()
        source.stop()


def hears(member: Membership) -> bool:
    member.poll()
    return member.coordinated


def test_a_member_hears_the_groups_coordinator(addresses: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "STATISTICS_MS", 100)
    here = Membership("test-hears", addresses.kafka, lambda _: None, lambda _: None)
    here.join()
    here.coordinated = False
    try:
        wait_for("its statistics to say so", partial(hears, here))
    finally:
        here.leave()


@dataclass
class Missing:
    """A source that misses the same thing at every look, or another one each time."""

    name: str
    changes: bool = False
    topics: tuple[str, ...] = (DAY_BEGUN.name,)
    lapsed: str | None = None
    looks: int = 0

    def missed(self, _ends: Any, /) -> set[Hashable]:
        self.looks += 1
        return {self.looks if self.changes else 0}


def test_who_gets_one_thing_after_the_other_is_not_deaf_and_while_kafka_is_away_nobody_is(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(monkeypatch)
    slow, deaf, away = Missing("slow", changes=True), Missing("deaf"), Missing("away")
    here = Hearing(addresses.kafka, lambda: [slow, deaf])
    here.start()
    wait_for("the deaf one to be found", lambda: deaf.lapsed)
    assert deaf.looks == DEAF_LOOKS + 1
    looks.enough()
    here.stop()
    assert slow.lapsed is None

    monkeypatch.setattr("infra.kafka.REQUEST_TIMEOUT_S", 0.1)
    elsewhere = Hearing(NOWHERE, lambda: [away])
    elsewhere.start()
    looks.enough()
    elsewhere.stop()
    assert (away.looks, away.lapsed) == (0, None)
