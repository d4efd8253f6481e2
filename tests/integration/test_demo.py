"""The main job as a newcomer meets it: `dfdg demo` as a process of its own, on servers of its own, to the end."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import Stack

DEADLINE_S = 280
AREAS = {"adverts", "job-wishes", "my-plan"}


@pytest.fixture
def folder() -> Iterator[Path]:
    own = Path(tempfile.mkdtemp(prefix="dfdg-demo-", dir="/tmp"))  # short, and open to PostgreSQL's system user
    try:
        yield own / "demo"
    finally:
        Stack(own / "demo").remove()
        own.rmdir()


def numbers(line: str) -> list[str]:
    return [cell.strip().replace(",", "") for cell in line.split("│")[1:-1]]


def test_the_demo_reconciles_every_title_leaves_no_lag_and_stops_what_it_started(folder: Path) -> None:
    command = [sys.executable, "-m", "infra.cli", "demo", "--citizens", "1000"]
    done = subprocess.run(
        [*command, "--folder", str(folder)], env=os.environ | {"COLUMNS": "300"}, timeout=DEADLINE_S,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]

    rows = {row[1]: row for line in done.stdout.splitlines() if len(row := numbers(line)) == 11 and row[1] in AREAS}
    assert set(rows) == AREAS
    for _, _, handed_in, intake, converted, aliases, choose, retired, free, difference, texts in rows.values():
        assert int(handed_in) == int(intake) == sum(map(int, (converted, choose, retired, free)))
        assert int(aliases) <= int(converted)
        assert difference == "0"
        before, after = texts.split(" = ")
        assert before == after
    assert int(rows["job-wishes"][8]) > 0, "some wishes are free text"

    lags = re.findall(r"^│ \S+ +│ dfdg\.\S+ +│ +[\d,]+ +│ +(\S+) +│$", done.stdout, re.MULTILINE)
    assert len(lags) > 20
    assert set(lags) == {"0"}
    assert "found in 0 places" in done.stdout
    assert [server.name for server in Stack(folder).status() if server.running] == []
