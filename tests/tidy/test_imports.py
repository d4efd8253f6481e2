"""Importing a module does nothing, and no foreign package stands in front of ours (DESIGN 5). Layers: test_layers."""

import ast
import importlib.metadata
import json
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.tidy.tree import LAYERS, ROOT, module, place, sources, syntax


def test_no_import_is_relative_so_that_every_import_names_its_layer() -> None:
    assert [
        place(path, node.lineno)
        for path in sources()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ] == []


WATCHED_IMPORTS = """
import _thread, importlib, json, os, signal, sys, threading
import faust; faust.App  # it asks the system where it runs: what a library does is its own matter
names, report = json.load(sys.stdin), []
now = None
FORBIDDEN = ("socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
             "os.fork", "os.putenv", "os.unsetenv", "os.chdir", "os.kill", "signal.pthread_kill")
def hook(event, arguments):
    if now is not None:
        flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or event in FORBIDDEN:
            report.append(f"{now}: {event} {arguments[0]!r}")
sys.addaudithook(hook)
start = _thread.start_new_thread
def started(*arguments):
    report.append(f"{now}: starts a thread")
    return start(*arguments)
_thread.start_new_thread = threading._start_new_thread = started
handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
for now in names:
    importlib.import_module(now)
now = None
if changed := [number for number, was in handlers.items() if signal.getsignal(number) is not was]:
    report.append(f"signal handlers changed: {changed}")
print(json.dumps(report))
"""


def test_importing_every_module_opens_nothing_writes_nothing_and_starts_nothing() -> None:
    names = sorted(module(path) for path in sources() if path.stem != "__main__")
    assert len(names) > 50
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED_IMPORTS],
        input=json.dumps(names), stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == []


def test_from_anywhere_the_five_folders_are_ours_and_no_foreign_package_shadows_them(tmp_path: Path) -> None:
    program = f"import json; print(json.dumps([__import__(name).__file__ for name in {LAYERS}]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, f"is the project installed? `make setup` does it.\n{done.stderr}"
    assert json.loads(done.stdout) == [str(ROOT / layer / "__init__.py") for layer in LAYERS]


def test_no_other_installed_distribution_has_a_package_named_like_ours() -> None:
    owners = importlib.metadata.packages_distributions()
    assert {layer: owners[layer] for layer in LAYERS if set(owners.get(layer, ())) - {"dfdg-events"}} == {}


def test_every_package_is_listed_for_installation() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert set(listed) == {module(path) for path in sources() if path.name == "__init__.py"}
