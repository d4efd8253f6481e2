"""A process that was told to stop ends, whatever it does."""

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
import time
from infra.cli import process
process.STOP_DEADLINE_S = process.GRACE_S = 0.5
process.give_up_at_deadline(0)
{}
"""
SLEEPS, HANGS = "time.sleep(60)", "ctypes.PyDLL(None).sleep(60)"
"""Who sleeps lets other threads run; in the other nobody runs any more, as if a library waited for ever in a call."""


@pytest.mark.parametrize(("does", "code", "says"), [(SLEEPS, 0, "is abandoned"), (HANGS, 1, "most recent call first")])
def test_who_is_told_to_stop_ends_at_the_deadline_though_no_thread_of_it_runs_any_more(
    does: str, code: int, says: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(does)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, says in done.stderr) == (code, True)
