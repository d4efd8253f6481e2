"""The failpoints in the code."""

import ast
from collections.abc import Iterator

from tests.tidy.tree import place, sources, syntax

IN_TRANSACTION = frozenset(
    {"locked", "inbox written", "state written", "step written", "forgotten", "letter buried", "outbox written"}
    | {"deleted", "receipts written"}
)
"""A process that is killed there leaves a batch's transaction open."""


def points() -> dict[str, list[str]]:
    """The name of each failpoint, and its places in the code."""
    found: dict[str, list[str]] = {}
    for name, at in _reached():
        found.setdefault(name, []).append(at)
    return found


def _reached() -> Iterator[tuple[str, str]]:
    for path in sources():
        for node in ast.walk(syntax(path)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="failpoints"), attr="reach"), args=[argument]):
                    assert isinstance(argument, ast.Constant), f"{place(path, node.lineno)}: the name must be a literal"
                    yield str(argument.value), place(path, node.lineno)
