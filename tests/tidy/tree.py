"""What the house rules walk: the files of this checkout, and its Python as syntax trees."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = ("schemas", "producers", "streams", "consumers", "infra")

_IGNORED = [".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or would be committed."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if not any(fnmatch(path.name, pattern) for pattern in _IGNORED if pattern):
            if path.is_dir():
                yield from _walk(path)
            else:
                yield path


def python() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]


def sources() -> list[Path]:
    """The Python of the five folders."""
    return [path for path in python() if path.relative_to(ROOT).parts[0] in LAYERS]


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module(path: Path) -> str:
    """The dotted name by which a source is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(path: Path, line: int | None = None) -> str:
    """`folder/file.py:12`, for messages."""
    name = str(path.relative_to(ROOT))
    return name if line is None else f"{name}:{line}"
