"""The main job as a newcomer meets it: `dfdg demo` as a process of its own, on servers of its own, to the end."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.demo.canaries import Secrets, contains
from infra.local import Stack
from producers.cpr import made_up_cpr

DEADLINE_S = 280
AREAS = {"adverts", "job-wishes", "my-plan"}
KNOWN = frozenset([made_up_cpr(7).encode()])


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


@pytest.mark.parametrize("text", ["{}", "x{}y", "1{}2", "\x1a{}", "c-" + "0" * 32 + " {}"])
def test_a_number_is_found_whatever_stands_beside_it_with_and_without_a_hyphen(text: str) -> None:
    plain = made_up_cpr(7)
    assert contains(text.format(plain).encode(), KNOWN)
    assert contains(text.format(f"{plain[:6]}-{plain[6:]}").encode(), KNOWN)


@pytest.mark.parametrize("text", ["", made_up_cpr(8), f"c-{'0' * 11}{made_up_cpr(7)}{'f' * 11}"])
def test_other_numbers_and_digits_inside_of_random_ids_are_no_find(text: str) -> None:
    assert not contains(text.encode(), KNOWN)


@pytest.mark.parametrize(
    ("record", "secret"),
    [
        (b"employer-1\nvalue\x0e5120001\x02", True),
        (b"employer-2\nvalue\x0e5120001\x02", False),  # somebody else's
        (b"client-1\nvalue\x1090000004\x149900000001", True),
        (b"client-1\nvalue 7123456741 tail", False),
    ],
)
def test_a_replaced_title_with_its_holder_and_a_number_of_an_anonymous_advert_are_found(
    record: bytes, secret: bool
) -> None:
    secrets = Secrets({b"employer-1": frozenset([b"5120001"])}, frozenset([b"90000004", b"9900000001"]))
    assert secrets.stand_in(record) is secret
