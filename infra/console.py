"""How a command prints: results on stdout, messages to a person on stderr."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

console = Console()


messages = Console(stderr=True)


def show_json(value: Any) -> None:
    """Prints a value as JSON on stdout; types that JSON does not have (days, moments, ids) become text."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, str) else 2, default=str))


def say(text: str) -> None:
    """Tells a person about progress, on stderr, so that stdout holds results only."""
    messages.print(text, markup=False, highlight=False, soft_wrap=True)


def progress_bar() -> Progress:
    """A progress bar on stderr, shown only at a terminal."""
    columns: tuple[Any, ...] = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=messages, transient=True, disable=not messages.is_terminal)


def show_table(columns: Sequence[str], rows: Iterable[Iterable[object]], title: str | None = None) -> None:
    """Prints a table on stdout; contents are text, never markup."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console.print(table)
