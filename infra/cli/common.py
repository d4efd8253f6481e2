"""What all commands share: where they print, how they find the servers, and what a failure is to a person."""

import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from infra.console import say

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses
    from infra.settings import Settings

COULD_NOT, AWAY, BAD_INPUT = 1, 3, 4
EXIT_CODES = (
    "Exit codes: 0 fine, 1 it could not be done, 2 wrong usage, 3 a server is away, 4 the input is bad."
    " Whatever failed is told on stderr."
)

PROBE_TIMEOUT_S = 5.0


Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]


def quiet() -> None:
    """Whatever goes wrong is told once, in a sentence; a client's log lines would only stand beside it."""
    logging.basicConfig(level=logging.CRITICAL)


class Commands(TyperGroup):
    """The commands of `dfdg`: what fails in any of them becomes one clear text on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command. Defects keep their trace."""
        with failures():
            return super().invoke(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, its help in whole paragraphs: Rich would keep the line breaks of our docstrings."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and command.help:
            paragraphs = command.help.split("\n\n")
            command.help = "\n\n".join(p if p.startswith("\b") else p.replace("\n", " ") for p in paragraphs)
        return command


def settings() -> "Settings":
    """What the environment (`DFDG_…`) says."""
    from infra.settings import Settings

    return Settings()


def addresses(waiting: bool = False) -> "Addresses":
    """Where Kafka, the registry and the database are; ends the command with exit code 3 when nobody knows.

    So too when nothing listens where Kafka should be, unless the command is `waiting` for it: the client would ask on
    for half a minute. The others refuse at once.
    """
    from infra.errors import ServerError

    try:
        found = settings().addresses()
    except ServerError as error:
        raise failure(AWAY, str(error)) from None
    if not waiting and not any(map(_listens, found.kafka.split(","))):
        raise failure(AWAY, f"Kafka is away: nothing answers at {found.kafka}.")
    return found


def _listens(server: str) -> bool:
    host, _, port = server.rpartition(":")
    try:
        socket.create_connection((host.strip(" []"), int(port)), PROBE_TIMEOUT_S).close()
    except (OSError, ValueError):
        return False
    return True


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
        code, text = explained(error)
        if code is None:
            raise
        raise failure(code, text) from None


def explained(error: Exception) -> tuple[int | None, str]:
    """The exit code and the text; no code for what is no failure that we know. Loads nothing: who failed is loaded."""
    for module, name, code, text in _KNOWN:
        known = getattr(sys.modules.get(module), name, None)
        if known is not None and isinstance(error, known):
            return code, text.format(error=error, first=_first_line(error))
    return None, _first_line(error)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


_KNOWN = (
    ("producers.publisher", "PublishError", BAD_INPUT, "{error}"),
    ("producers.classification", "BadFileError", BAD_INPUT, "{error}"),
    ("producers.cpr", "CprError", BAD_INPUT, "{error}"),
    ("consumers.admin.flood", "FloodError", COULD_NOT, "{error}"),
    ("consumers.admin.provider_roles", "ProviderError", COULD_NOT, "{error}"),
    ("consumers.archive.errors", "ArchiveError", COULD_NOT, "{error}"),
    ("consumers.admin.receipts", "ReceiptError", BAD_INPUT, "{error}"),
    ("infra.errors", "TransientError", AWAY, "{error}"),
    ("infra.errors", "AlarmError", COULD_NOT, "{error}"),
    ("infra.registry", "RegistrationError", COULD_NOT, "{error}"),
    ("infra.local", "ServerError", COULD_NOT, "{error}"),
    ("psycopg.errors", "UndefinedTable", COULD_NOT, "The database lacks a table ({first}). Run `dfdg init`."),
    ("psycopg", "OperationalError", AWAY, "PostgreSQL is away: {first}"),
)
"""First match wins."""


@contextmanager
def database(command: str) -> "Iterator[Connection]":
    """The database, for a command that needs nothing else: Kafka may be away."""
    from infra.postgres import connect

    with connect(addresses(waiting=True).dsn, f"dfdg-{command}") as connection:
        yield connection
