"""The decode path on bytes led by what they reach; `make setup` brings the fuzzer where it has a wheel."""

import subprocess
import sys
from pathlib import Path

import pytest

RUNS = 30_000


def test_bytes_led_by_what_they_reach_in_our_code_are_an_event_or_unreadable(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    command = [sys.executable, "-m", "tests.contract.fuzz", f"-runs={RUNS}", "-seed=1", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert f"Done {RUNS} runs" in done.stderr
