"""`python -m tests.faults.sabotage [WORD…]`: breaks one line of a copy of the tree at a time and runs the named test.

Does all sabotages, or those whose description has one of the words. Every sabotage must be caught; the share of those
that were is printed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.faults.play import fault_servers
from tests.faults.sabotages import Sabotage
from tests.faults.sabotages_of_edges import SABOTAGES
from tests.tidy.tree import ROOT, files

FAILED = 1
"""pytest's exit code when a test failed; other codes have other causes."""


def main(words: list[str]) -> int:
    chosen = [each for each in SABOTAGES if not words or any(word in each.what for word in words)]
    with tempfile.TemporaryDirectory(prefix="dfdg-sabotage-") as folder:
        tree = Path(folder) / "tree"
        for path in files():
            (tree / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, tree / path.relative_to(ROOT))
        with fault_servers({}) as servers:  # servers for all of them: none of these tests kills any
            there = {"DFDG_KAFKA": servers.addresses.kafka, "DFDG_REGISTRY": servers.addresses.registry}
            environment = {**os.environ, **there, "DFDG_DSN": servers.addresses.dsn, "PYTHONPATH": str(tree)}
            caught = [_caught(each, tree, environment) for each in chosen]
    print(f"{sum(caught)} of {len(caught)} sabotages caught: {100 * sum(caught) // max(1, len(caught))} %")
    return 0 if all(caught) else 1


def _caught(sabotage: Sabotage, tree: Path, environment: Mapping[str, str]) -> bool:
    file = tree / sabotage.file
    whole = file.read_text(encoding="utf-8")
    try:
        file.write_text(whole.replace(sabotage.old, sabotage.new), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "--timeout=60", sabotage.caught_by]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    finally:
        file.write_text(whole, encoding="utf-8")
    code = {FAILED: "caught", 0: "NOT CAUGHT"}.get(done.returncode, f"NOT RUN ({done.returncode})")
    print(f"{code:10} {sabotage.what}: {sabotage.caught_by}", flush=True)
    if done.returncode not in (0, FAILED):
        print(done.stdout[-2000:], done.stderr[-2000:])
    return done.returncode == FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
