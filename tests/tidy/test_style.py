"""Small files, small functions, reasons beside exceptions, nothing swallowed, no sleeping in tests (DESIGN 6)."""

import ast
import io
import re
import tokenize
from pathlib import Path

from tests.tidy.tree import LAYERS, ROOT, files, place, python, sources, syntax

MAX_LINES, MAX_TEST_LINES, MAX_FUNCTION_LINES = 300, 400, 60
"""Of a file; of a file of tests, which are lists of claims; of a function: a screen."""

MOST_LINES, MOST = 160, 0.9
"""So many of the files in the five folders have no more lines than that."""

EXCUSES = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)", re.I)
REASONED = re.compile(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])\s+[-#–]\s*\w+")


def is_test(path: Path) -> bool:
    return path.is_relative_to(ROOT / "tests")


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(syntax(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_files_and_functions_are_short() -> None:
    long = []
    for path in python():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > (MAX_TEST_LINES if is_test(path) else MAX_LINES):
            long.append(f"{place(path)}: {lines} lines")
        for function in functions(path):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                long.append(f"{place(path, function.lineno)}: {function.name} has {lines} lines")
    assert long == []


def test_nine_of_ten_files_are_short() -> None:
    lines = {place(path): path.read_text(encoding="utf-8").count("\n") for path in sources()}
    long = sorted((count, name) for name, count in lines.items() if count > MOST_LINES)
    assert len(long) <= (1 - MOST) * len(lines), long


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    assert [place(path) for path in sources() if path.read_text() and not ast.get_docstring(syntax(path))] == []


def test_every_exception_to_a_rule_has_its_reason_on_the_same_line() -> None:
    bare = []
    for path in python():
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            if token.type == tokenize.COMMENT and EXCUSES.match(token.string) and not REASONED.search(token.string):
                bare.append(f"{place(path, token.start[0])}: {token.string}")
    assert bare == []


def test_no_exception_is_swallowed() -> None:
    def says_nothing(statement: ast.stmt) -> bool:
        constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        return constant or isinstance(statement, ast.Pass | ast.Continue)

    assert [
        place(path, node.lineno)
        for path in python()
        for node in ast.walk(syntax(path))
        if (isinstance(node, ast.ExceptHandler) and (node.type is None or all(map(says_nothing, node.body))))
        or (isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in ("suppress", "contextlib.suppress"))
    ] == []


def test_no_code_sets_the_width_of_a_console_for_all_that_is_printed_later() -> None:
    assert [
        place(path, node.lineno)
        for path in python()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr == "width" and isinstance(node.ctx, ast.Store)
    ] == []


def test_no_lock_is_a_number_that_every_account_of_the_server_may_take() -> None:
    """A provider that held such a lock stopped the cancellation of its own access: locks are rows (decision 0011)."""
    assert [
        place(path)
        for path in files()
        if path.relative_to(ROOT).parts[0] in LAYERS and path.suffix in (".py", ".sql")
        if re.search(r"pg_(try_)?advisory", path.read_text(encoding="utf-8"))
    ] == []


def test_no_test_sleeps_and_none_mocks() -> None:
    forbidden = {"sleep", "patch", "Mock", "MagicMock"}
    assert [
        f"{place(path, node.lineno)}: {name}"
        for path in python()
        if is_test(path)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call)
        and (name := getattr(node.func, "attr", getattr(node.func, "id", ""))) in forbidden
    ] == []


def test_the_name_of_a_test_is_a_claim() -> None:
    short = [
        f"{place(path, function.lineno)}: {function.name}"
        for path in python()
        if is_test(path)
        for function in functions(path)
        if function.name.startswith("test_") and len(function.name.split("_")) < 5
    ]
    assert short == []
