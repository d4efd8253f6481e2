"""How a command prints: results on stdout, messages to a person on stderr."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from schemas.dates import COPENHAGEN

console = Console()


messages = Console(stderr=True)

WHOLE_CELLS = 24
"""A cell of so many characters stays in one line, as a moment does; a longer one may go on in the next."""

GAP = 2
"""Cells between two columns."""

MOMENTS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
"""How an option takes a Copenhagen day or moment: as it is spelt here, or as ISO 8601 has it."""

ID_DIGITS, HEX = 32, frozenset("0123456789abcdef")


class _Column(NamedTuple):
    """Its cells as they are spelt, and how many character cells it needs at `least` and at `most`."""

    name: str
    header: str
    cells: list[str]
    least: int
    most: int


def show_json(value: Any, *, in_one_line: bool = False) -> None:
    """Prints a value as JSON on stdout: moments as Copenhagen's, days likewise by ISO 8601, ids by their 32 digits,
    and anything else that JSON does not know as text."""
    indent = None if in_one_line or isinstance(value, str) else 2
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent, default=_for_json))


def say(text: str) -> None:
    """Tells a person about progress, on stderr, so that stdout holds results only."""
    messages.print(text, markup=False, highlight=False, soft_wrap=True)


def progress_bar() -> Progress:
    """A progress bar on stderr, shown only at a terminal."""
    columns: tuple[Any, ...] = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=messages, transient=True, disable=not messages.is_terminal)


def spelt(value: object) -> str:
    """The one spelling of a value on every screen: a moment in Copenhagen's time, to the second; an id by its 32
    digits, as on the topics; nothing for None."""
    if isinstance(value, datetime):
        return f"{value.astimezone(COPENHAGEN) if value.tzinfo else value:%F %T}"
    if isinstance(value, UUID):
        return value.hex
    return "" if value is None else str(value)


def spelt_id(text: str | None) -> str | None:
    """An id of a topic's record likewise: a UUID by its 32 digits; what other systems call their records as it is."""
    digits = (text or "").replace("-", "").lower()
    return digits if len(digits) == ID_DIGITS and HEX.issuperset(digits) else text


def show_table(
    columns: Sequence[str],
    rows: Iterable[Iterable[object]],
    title: str | None = None,
    *,
    first: Sequence[str] = (),
    rest: str = "--json has all",
) -> None:
    """Prints a table on stdout, never wider than the terminal; contents are text, never markup.

    Columns that do not fit are left out, and are named below, with where to find the `rest`: those of `first` are kept
    before others, then as they are ordered. Long cells go on in a second line, between words only.
    """
    made = _columns(columns, [[*row] for row in rows])
    kept = _fitting(made, first, console.width)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column, width in zip(kept, _widths(kept, console.width), strict=True):
        table.add_column(column.header, width=width)
    for row in zip(*(column.cells for column in kept), strict=True):
        table.add_row(*map(Text, row))
    if title:
        console.print(title, style="italic", markup=False, highlight=False)
    console.print(table)
    if left_out := [column.name for column in made if column not in kept]:
        say(f"Left out at {console.width} columns: {', '.join(left_out)}; {rest}.")


def _columns(names: Sequence[str], rows: list[list[object]]) -> list[_Column]:
    made = []
    for place, name in enumerate(names):
        values = [row[place] for row in rows]
        header = f"{name} (Copenhagen)" if any(isinstance(value, datetime) for value in values) else name
        cells = [*map(spelt, values)]
        words = max((cell_len(word) for text in (header, *cells) for word in text.split()), default=0)
        lines = max((cell_len(line) for cell in cells for line in cell.splitlines()), default=0)
        least = max(words, min(lines, WHOLE_CELLS))
        made.append(_Column(name, header, cells, least, max(least, lines, cell_len(header))))
    return made


def _fitting(columns: list[_Column], first: Sequence[str], width: int) -> list[_Column]:
    """Those that fit, the most important ones before the others."""
    important = sorted(columns, key=lambda each: first.index(each.name) if each.name in first else len(first))
    kept: list[_Column] = []
    left = width + GAP
    for column in important:
        if column.least + GAP <= left or not kept:
            kept.append(column)
            left -= column.least + GAP
    return [column for column in columns if column in kept]


def _widths(columns: list[_Column], width: int) -> list[int]:
    """What is left over goes to long cells and long headers, in order."""
    left = width - sum(column.least + GAP for column in columns) + GAP
    widths = []
    for column in columns:
        more = max(0, min(left, column.most - column.least))
        widths.append(column.least + more)
        left -= more
    return widths


def _for_json(value: object) -> str:
    if isinstance(value, datetime):
        return (value.astimezone(COPENHAGEN) if value.tzinfo else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else str(value)
