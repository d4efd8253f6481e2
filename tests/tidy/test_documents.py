"""What the documents name is there: paths, links, commands, topics, tests, limits. (Requirements: test_contents.)"""

import re
from pathlib import Path

import pytest
import typer.main

from infra.cli import app
from schemas.topics import BY_NAME
from tests.tidy.tree import ROOT, files, place, python

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"\.?[\w-]+(/[\w.<>-]+)+/?|[\w-]+\.(toml|lock|md)")
MADE_LATER = (".venv/", ".local/")
EXAMPLES = ("email", "NNNN")
"""What CONTRIBUTING adds to show how: it is not there."""

COMMANDS = typer.main.get_command(app)

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=place)


def code(document: Path) -> list[str]:
    """What stands in the document as code: each span, and each line of a block."""
    found = [block or span for block, span in CODE.findall(document.read_text(encoding="utf-8"))]
    return [line.partition(" #")[0].strip() for each in found for line in each.splitlines()]


def anchors(document: Path) -> set[str]:
    """What a link may name of the document: its headings as GitHub spells them, a repeated one with a number."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE):
        plain = LINK.sub(lambda link: link[0][1:].partition("]")[0], heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        found.add(next(name for name in (slug, *(f"{slug}-{n}" for n in range(1, 100))) if name not in found))
    return found


def test_the_documents_that_a_newcomer_looks_for_are_there() -> None:
    names = {place(path) for path in DOCUMENTS}
    wanted = {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    wanted |= {"docs/glossary.md", "docs/operations.md", "docs/requirements.md", "docs/design.md"}
    assert wanted - names == set()
    numbers = [path.name[:4] for path in DOCUMENTS if path.parent.name == "decisions"]
    assert len(numbers) == len(set(numbers)), "some are left out: they were given to others first"


@each_document
def test_every_path_that_is_named_is_there(document: Path) -> None:
    named = [span for span in code(document) if PATH.fullmatch(span) and "://" not in span]
    real = [span for span in named if not span.startswith(MADE_LATER) and not any(e in span for e in EXAMPLES)]
    # A consumer's name and the like have no slash; a bare file name stands for the one in the root, or in schemas.
    assert [span for span in real if not any((ROOT / folder / span).exists() for folder in ("", "schemas"))] == []


@each_document
def test_every_link_leads_to_a_file_and_its_anchor_to_a_heading_there(document: Path) -> None:
    dead = []
    for target in LINK.findall(CODE.sub("", document.read_text(encoding="utf-8"))):
        file, _, anchor = target.partition("#")
        there = document.parent / file if file else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(target)
    assert dead == []


@each_document
def test_every_command_and_make_target_that_is_named_is_there(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    wrong = []
    for span in code(document):
        words = span.removeprefix(".venv/bin/").split()
        if words[:1] == ["make"]:
            wrong += [span for word in words[1:] if word not in targets]
        if words[:1] == ["dfdg"] and len(words) > 1 and not words[1].startswith("-"):
            command = getattr(COMMANDS, "commands", {}).get(words[1])
            below = getattr(command, "commands", None)
            if command is None or (below is not None and len(words) > 2 and words[2] not in below):
                wrong.append(span)
    assert wrong == []


@each_document
def test_every_topic_that_is_named_is_declared(document: Path) -> None:
    named = {span for span in code(document) if re.fullmatch(r"dfdg\.[a-z-]+-v\d+", span)}
    assert sorted(name for name in named - set(BY_NAME) if not any(example in name for example in EXAMPLES)) == []


@each_document
def test_every_test_that_is_named_is_there(document: Path) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in python() if path.is_relative_to(ROOT / "tests"))
    named = [span for span in code(document) if re.fullmatch(r"test_\w+", span)]
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_every_limit_in_operations_is_a_constant_of_the_file_that_it_names() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Limits")[2]
    rows = [re.findall(r"`([^`]+)`", line) for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 10
    for *names, file in rows:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert [name for name in names if not re.search(rf"^(\w+, )?{name}\b[\w, ]* = ", source, re.MULTILINE)] == []


def test_the_eight_files_of_exactly_once_fit_a_thousand_lines_in_one_sitting() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    order = re.findall(r"^\d\. `(infra/engine/\w+\.py)`", text, re.MULTILINE)
    assert len(set(order)) == 8
    assert sum((ROOT / file).read_text(encoding="utf-8").count("\n") for file in order) <= 1000
