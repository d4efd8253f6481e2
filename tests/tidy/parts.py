"""`python -m tests.tidy.parts`: the parts of the tree, the imports between them, and their layers.

A part is a package, or a module that lies directly in `infra`. An import inside a function counts like any other.
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter

from tests.tidy.tree import LAYERS, module, sources, syntax

APART = ("streams.policies", "consumers.admin", "consumers.archive")
"""Packages inside another one that are parts of their own. So is everything directly in `infra`."""


def part(name: str) -> str:
    """The part of a module, by its dotted name."""
    for package in APART:
        if name == package or name.startswith(package + "."):
            return package
    words = name.split(".")
    return ".".join(words[:2]) if words[0] == "infra" else words[0]


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each of our modules, or names in them, that is imported anywhere in the tree, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.split(".")[0] in LAYERS)


def edges() -> dict[str, set[str]]:
    """By part: the other parts that it imports."""
    found: dict[str, set[str]] = {}
    for path in sources():
        own = part(module(path))
        found.setdefault(own, set()).update(part(name) for name, _ in imported(syntax(path)))
    return {own: others - {own} for own, others in found.items()}


def layers(found: dict[str, set[str]]) -> list[list[str]]:
    """The parts from the bottom up: each layer imports lower ones only. Raises `graphlib.CycleError` at a circle."""
    sorter = TopologicalSorter(found)
    sorter.prepare()
    levels = []
    while sorter.is_active():
        levels.append(sorted(ready := sorter.get_ready()))
        sorter.done(*ready)
    return levels


def main() -> None:
    found = edges()
    levels = layers(found)
    print(f"{len(found)} parts, {sum(map(len, found.values()))} edges, {len(levels)} layers, {len(sources())} modules")
    for number, level in enumerate(levels):
        print(f"{number}: {', '.join(level)}")


if __name__ == "__main__":
    main()
