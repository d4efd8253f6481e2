"""What all commands share: where they print, how they find the servers, and what a failure is to a person."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

if TYPE_CHECKING:
    from infra.local import Addresses
    from infra.settings import Settings

COULD_NOT, AWAY, BAD_INPUT = 1, 3, 4
EXIT_CODES = (
    "Exit codes: 0 fine, 1 it could not be done, 2 wrong usage, 3 a server is away, 4 the input is bad."
    " Whatever failed is told on stderr."
)

console = Console()
messages = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]


class Commands(TyperGroup):
    """The commands of `dfdg`: what fails in any of them becomes one clear text on stderr and an exit code."""

    def invoke(self, ctx: typer.Context) -> Any:
        """Runs the command. Defects keep their trace."""
        with failures():
            return super().invoke(ctx)


def show_json(value: Any) -> None:
    """Prints a value as JSON on stdout; what JSON does not know (days, moments, ids) as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, str) else 2, default=str))


def say(text: str) -> None:
    """Tells a person how it goes, on stderr, so that stdout holds results only."""
    messages.print(text, markup=False, highlight=False, soft_wrap=True)


def settings() -> "Settings":
    """What the environment (`DFDG_…`) says."""
    from infra.settings import Settings

    return Settings()


def addresses() -> "Addresses":
    """Where Kafka, the registry and the database are; ends the command with exit code 3 when nobody knows."""
    from infra.local import ServerError

    try:
        return settings().addresses()
    except ServerError as error:
        raise failure(AWAY, str(error)) from None


def failure(code: int, text: str) -> typer.Exit:
    """Tells what went wrong; raise what it returns."""
    say(text)
    return typer.Exit(code)


@contextmanager
def failures() -> Iterator[None]:
    """Turns the failures that we know into a text for people and an exit code."""
    try:
        yield
    except Exception as error:
        found = _explained(error)
        if found is None:
            raise
        raise failure(*found) from None


def _explained(error: Exception) -> tuple[int, str] | None:
    """The exit code and the text; None for what is no failure that we know. Looks only at modules already loaded."""
    for module, name, code, text in _KNOWN:
        known = getattr(sys.modules.get(module), name, None)
        if known is not None and isinstance(error, known):
            return code, text.format(error=error, first=_first_line(error))
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


_KNOWN = (
    ("producers.publisher", "PublishError", BAD_INPUT, "{error}"),
    ("producers.classification", "BadFileError", BAD_INPUT, "{error}"),
    ("producers.cpr", "CprError", BAD_INPUT, "{error}"),
    ("infra.errors", "TransientError", AWAY, "{error}"),
    ("infra.errors", "AlarmError", COULD_NOT, "{error}"),
    ("infra.registry", "RegistrationError", COULD_NOT, "{error}"),
    ("infra.local", "ServerError", COULD_NOT, "{error}"),
    ("psycopg.errors", "UndefinedTable", COULD_NOT, "The database lacks a table ({first}). Run `dfdg init`."),
    ("psycopg", "OperationalError", AWAY, "PostgreSQL is away: {first}"),
)
"""First match wins."""
