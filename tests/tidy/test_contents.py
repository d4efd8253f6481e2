"""What never lies in this repository: package registries, real data; and what is named exists."""

import hashlib
import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from infra.cli import app as dfdg
from tests.tidy.tree import LAYERS, ROOT, files, place

HOSTS = (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("crates", "io"),
    ("maven", "org"), ("maven.apache", "org"), ("sonatype", "org"), ("sonatype", "com"), ("golang", "org"),
    ("docker", "io"), ("quay", "io"), ("ghcr", "io"), ("anaconda", "org"), ("debian", "org"), ("rubygems", "org"),
)  # fmt: skip
"""In two parts each, so that this file does not name them."""
XML_NAMES = re.compile(r'(xmlns(:\w+)?|xsi:schemaLocation)="[^"]*"|\{http://[^}]*\}')
"""A namespace is a name, not a place: Maven's own is inevitable in a pom.xml."""

REAL_DATA = ROOT.parent / "shared" / "data"
IDS = frozenset((Path(__file__).parent / "requirement_ids.txt").read_text(encoding="utf-8").split())
NAMED_ID = re.compile(r"\b([A-Z]{2,4})-([0-9]+)\b")


def texts() -> list[tuple[Path, str]]:
    return [(path, path.read_bytes().decode("utf-8", "replace")) for path in files()]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    host = re.compile("|".join(rf"\b{name}\.{end}\b" for name, end in HOSTS))
    assert [
        f"{place(path, number)}: {found[0]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := host.search(XML_NAMES.sub("", line)))
    ] == []


@pytest.mark.skipif(not REAL_DATA.exists(), reason="the published data is not on this machine")
def test_no_published_data_lies_in_the_tree_neither_whole_nor_by_the_line() -> None:
    published = [path for path in REAL_DATA.rglob("*") if path.is_file()]
    hashes = {hashlib.sha256(path.read_bytes()).digest() for path in published}
    assert [place(path) for path in files() if hashlib.sha256(path.read_bytes()).digest() in hashes] == []

    rows = {row for path in published if path.suffix == ".csv" for row in path.read_bytes().splitlines()[1:]}
    tables = [path for path in files() if path.suffix in (".csv", ".json", ".jsonl")]
    assert [place(path) for path in tables if set(path.read_bytes().splitlines()[1:]) & rows - {b"", b"}", b"]"}] == []


def test_every_requirement_that_is_named_exists() -> None:
    prefixes = {id_.partition("-")[0] for id_ in IDS}
    assert [
        f"{place(path)}: {found[0]}"
        for path, text in texts()
        for found in NAMED_ID.finditer(text)
        if found[1] in prefixes and found[0] not in IDS
    ] == []


def test_every_rule_that_a_decision_gives_is_a_requirement() -> None:
    rule = re.compile(r"\brule=\"([^\"]+)\"")
    assert [
        f"{place(path)}: {found[1]}"
        for path, text in texts()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in LAYERS
        for found in rule.finditer(text)
        if found[1] not in IDS
    ] == []


NAMED_COMMAND = re.compile(r"`dfdg ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")


def test_every_command_that_a_message_in_the_code_names_exists() -> None:
    app = typer.main.get_command(dfdg)
    assert isinstance(app, TyperGroup)
    unknown = []
    for path, text in ((path, text) for path, text in texts() if path.suffix == ".py"):
        for found in NAMED_COMMAND.finditer(text):
            command = app.commands.get(found[1])
            if command is None or (isinstance(command, TyperGroup) and found[2] and found[2] not in command.commands):
                unknown.append(f"{place(path)}: {found[0].strip('` ')}")
    assert unknown == []
