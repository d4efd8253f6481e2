"""What the commands share that only look."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from infra.cli.common import addresses, console

if TYPE_CHECKING:
    from psycopg import Connection


@contextmanager
def database(command: str) -> "Iterator[Connection]":
    """The database, for a command that needs nothing else: Kafka may be away."""
    from infra.postgres import connect

    with connect(addresses(waiting=True).dsn, f"dfdg-{command}") as connection:
        yield connection


def show_table(columns: Sequence[str], rows: Iterable[Iterable[object]], title: str | None = None) -> None:
    """Prints a table on stdout; contents are text, never markup."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console.print(table)
