"""On real servers: who is fenced again and again holds slices that are another's, and gives way."""

import time
from functools import partial
from pathlib import Path

import pytest

from infra.addresses import Addresses
from infra.cli.run import _Engine
from infra.engine import ledger
from infra.postgres import connect
from infra.source import partition_state
from schemas.topics import DAY_BEGUN
from tests.integration.engine import running
from tests.integration.system import System, make_system, wait_for

READS = {"deletions": (DAY_BEGUN,)}
SURELY_S = 1.0
"""Many turns of a source: by then it would have begun what is due."""


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
    engine._groups[0]._workers[0].notified = True
    engine._groups[0].source.notify(0)


def has_it_back_or_ends(system: System, engine: _Engine, stolen: int) -> bool:
    return epoch(system) > stolen or not engine.lives()


@pytest.mark.parametrize(("conflict_s", "fences", "ends"), [(1.5, 100, True), (60.0, 6, False)])
def test_a_process_that_is_fenced_for_long_ends_and_one_that_is_fenced_for_a_moment_works_on(
    addresses: Addresses,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    conflict_s: float,
    fences: int,
    ends: bool,
) -> None:
    system = make_system(addresses, database, tmp_path, READS)
    monkeypatch.setattr(partition_state, "OWNERSHIP_CONFLICT_S", conflict_s)
    monkeypatch.setattr(partition_state, "LAST_BACKOFF_S", partition_state.FIRST_BACKOFF_S)
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
            here = engine._groups[0].source._states[0]
            due_at = here.take_over_at or 0.0
            wait_for("its back-off to be over", lambda: time.monotonic() > due_at + SURELY_S)
            assert here.take_over_at == due_at, "who gives way does not take over"
    if ends:
        assert epoch(system) == stolen
