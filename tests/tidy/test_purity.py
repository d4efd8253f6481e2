"""Neither clock nor chance where something is described, decided or put down: replay gives the same (invariant 6)."""

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, place, sources, syntax

PURE = ("schemas", "streams", "consumers")
MODULES = {"random", "secrets", "uuid", "time"}
CALLS = {"now", "utcnow", "today", "urandom", "uuid1", "uuid4"}
SQL = re.compile(
    r"\b(now\(\)|current_date|current_time(stamp)?|clock_timestamp|random\(|gen_random_uuid|uuidv[47]\()", re.I
)


def impurities(path: Path) -> list[str]:
    found = []
    for node in ast.walk(syntax(path)):
        match node:
            case ast.Import(names=names):
                what = [alias.name for alias in names if alias.name in MODULES]
            case ast.ImportFrom(module=name):
                what = [name] if name in MODULES else []
            case ast.Call(func=ast.Attribute(attr=attr) | ast.Name(id=attr)):
                what = [attr] if attr in CALLS else []
            case ast.Constant(value=str(text)):
                what = [match[0] for match in SQL.finditer(text)]
            case _:
                what = []
        found += [f"{place(path, getattr(node, 'lineno', 0))}: {each}" for each in what]
    return found


@pytest.mark.parametrize("layer", PURE)
def test_neither_clock_nor_chance_is_asked(layer: str) -> None:
    paths = [path for path in sources() if path.relative_to(ROOT).parts[0] == layer]
    assert paths
    assert [fault for path in paths for fault in impurities(path)] == []


def test_policies_have_no_input_or_output() -> None:
    doors = {"open", "print", "input", "read_text", "write_text", "getenv", "getLogger", "execute"}
    assert [
        place(path, node.lineno)
        for path in sources()
        if path.is_relative_to(ROOT / "streams" / "policies")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id) in doors
    ] == []
