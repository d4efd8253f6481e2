"""The failpoints: each has one name and one place, and does nothing unless a fault test arms it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.engine import failpoints
from tests.faults.inject import armed
from tests.faults.inject.armed import ARMED, LOG, InjectedError, Trap, arm, traps
from tests.faults.inject.points import IN_TRANSACTION, points
from tests.tidy.tree import ROOT, sources


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "struck"
    failpoints.reach = failpoints.pass_by


def test_every_point_stands_at_one_place_and_has_a_name_that_can_be_armed() -> None:
    found = points()
    assert len(found) > 20
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
    assert [name for name in found if not re.fullmatch("[a-z ]+", name)] == []
    assert IN_TRANSACTION - set(found) == set()


def test_the_package_has_nothing_that_strikes_whatever_its_environment_says(log: Path) -> None:
    assert [str(path) for path in sources() if "DFDG_FAILPOINTS" in path.read_text(encoding="utf-8")] == []
    program = "import infra.cli; from infra.engine import failpoints; assert failpoints.reach is failpoints.pass_by"
    environment = {**os.environ, ARMED: "committed:kill@1", LOG: str(log)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False, cwd=ROOT).returncode == 0


def test_a_trap_strikes_at_its_hit_only_and_says_so_first(log: Path) -> None:
    arm({ARMED: "locked:fail@2, committed:deadlock@1", LOG: str(log)})
    failpoints.reach("locked")
    with pytest.raises(InjectedError):
        failpoints.reach("locked")
    failpoints.reach("locked")
    with pytest.raises(psycopg.errors.DeadlockDetected):
        failpoints.reach("committed")
    struck = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(each["point"], each["action"], each["hit"]) for each in struck] == [
        ("locked", "fail", 2),
        ("committed", "deadlock", 1),
    ]


def test_a_share_of_the_hits_is_the_same_for_the_same_seed(log: Path) -> None:
    def struck(seed: str) -> list[int]:
        arm({ARMED: "locked:serialization%20", LOG: str(log), armed.SEED: seed})
        hits = []
        for hit in range(200):
            try:
                failpoints.reach("locked")
            except psycopg.errors.SerializationFailure:
                hits.append(hit)
        return hits

    assert struck("1") == struck("1") != struck("2")
    assert 10 < len(struck("1")) < 80


def test_a_kill_leaves_nothing_but_the_line_that_tells_of_it(log: Path) -> None:
    program = "import os; from tests.faults.inject.armed import arm; arm(os.environ)\n"
    program += "from infra.engine import failpoints; failpoints.reach('polled'); print('alive')"
    environment = {**os.environ, ARMED: "polled:kill@1", LOG: str(log), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
    assert json.loads(log.read_text())["point"] == "polled"


@pytest.mark.parametrize("wrong", ["locked", "locked:explode@1", "locked:kill", "locked:kill@one", "Locked:kill@1"])
def test_what_arms_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="arms nothing"):
        traps(wrong)


def test_every_part_of_a_trap_is_read() -> None:
    assert traps("let go:hold=2.5@3,begun:kill%5") == [
        Trap("let go", "hold", 2.5, at=3),
        Trap("begun", "kill", percent=5),
    ]
