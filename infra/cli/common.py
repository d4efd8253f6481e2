"""What all commands share: where they print, how they find the servers, and what a failure is to a person."""

import logging
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from typer.core import TyperGroup

from infra.console import say

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses, Kind
    from infra.settings import Settings

COULD_NOT, AWAY, BAD_INPUT = 1, 3, 4
EVERYBODY = "everybody"
EXIT_CODES = (
    "Exit codes: 0 fine, 1 it could not be done, 2 wrong usage, 3 a server is away, 4 the input is bad."
    " Whatever failed is told on stderr. `dfdg status`: 0 well, 1 degraded, 3 down."
)

PROBE_TIMEOUT_S = 5.0


Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]
At = Annotated[
    datetime | None,
    typer.Option("--at", metavar="DATE", formats=["%Y-%m-%d"], help="On that day, in a simulated calendar."),
]
Who = Annotated[str, typer.Option("--who", help="Your name: every command is recorded with one.")]


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


def addresses(*uses: "Kind") -> "Addresses":
    """Where Kafka, the registry and the database are; ends the command with exit code 3 when one that it uses is away.

    `uses`: those that the command needs, all if none is named. The address of another may be empty.
    """
    from infra.errors import ServerError

    try:
        return reachable(*uses)
    except ServerError as error:
        raise failure(AWAY, str(error)) from None


def reachable(*uses: "Kind") -> "Addresses":
    """The same, for a command that waits. Raises `ServerError` when nothing says where a server is, `TransientError`
    when one is away: when its local process does not run, or nothing listens at its address. (PostgreSQL's client tells
    the latter at once by itself; Kafka's would ask on for half a minute.)"""
    from infra.addresses import NAMES
    from infra.errors import TransientError

    known, wanted = settings(), uses or tuple(NAMES)
    found = known.addresses(wanted)
    stopped = known.stopped(wanted)
    silent = {kind: text for kind, text in unanswered(found, wanted).items() if kind not in stopped}
    if away := [*stopped.values(), *silent.values()]:
        raise TransientError(" ".join(away), away=next(iter([*stopped, *silent])))
    return found


def unanswered(found: "Addresses", uses: "Iterable[Kind]") -> "dict[Kind, str]":
    """Those of Kafka and the registry, if the command `uses` them, where nothing listens: each with a sentence for
    people. Of several registries one is enough."""
    texts: dict[Kind, str] = {}
    if "kafka" in uses and found.kafka and not any(map(_listens, found.kafka.split(","))):
        texts["kafka"] = f"Kafka is away, unknown since when: nothing answers at {found.kafka}."
    if "registry" in uses and found.registry and not any(map(_serves, found.registry.split(","))):
        shown = ", ".join(url.rpartition("@")[2] for url in found.registry.split(","))  # without a user and password
        texts["registry"] = f"The schema registry is away, unknown since when: nothing answers at {shown}."
    return texts


def _serves(url: str) -> bool:
    place = urlsplit(url.strip())
    try:
        return _listens(f"{place.hostname}:{place.port or (443 if place.scheme == 'https' else 80)}")
    except ValueError:  # the port is no number
        return False


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
    ("producers.calendar", "DayError", BAD_INPUT, "{error}"),
    ("producers.cpr", "CprError", BAD_INPUT, "{error}"),
    ("consumers.admin.flood", "FloodError", COULD_NOT, "{error}"),
    ("consumers.admin.provider_roles", "ProviderError", COULD_NOT, "{error}"),
    ("consumers.archive.errors", "ArchiveError", COULD_NOT, "{error}"),
    ("consumers.admin.receipt_file", "ReceiptError", BAD_INPUT, "{error}"),
    ("infra.errors", "TransientError", AWAY, "{error}"),
    ("infra.errors", "AlarmError", COULD_NOT, "{error}"),
    ("infra.registry", "RegistrationError", COULD_NOT, "{error}"),
    ("infra.errors", "ServerError", COULD_NOT, "{error}"),
    ("psycopg.errors", "UndefinedTable", COULD_NOT, "The database lacks a table ({first}). Run `dfdg init`."),
    ("psycopg", "OperationalError", AWAY, "PostgreSQL is away, unknown since when: {first}"),
)
"""First match wins."""


@contextmanager
def database(command: str) -> "Iterator[Connection]":
    """The database, for a command that needs nothing else: Kafka may be away."""
    from infra.postgres import connect

    with connect(addresses("postgres").dsn, f"dfdg-{command}") as connection:
        yield connection


def noted(connection: "Connection", what: str, subject: str) -> None:
    """Puts on record that this account is about to read about the subject (OPS-3): committed first, so it stays."""
    import os
    from getpass import getuser

    from infra.cli.nearest import refuse_cpr

    refuse_cpr(subject)
    try:
        who = getuser()
    except (KeyError, OSError):  # the operating system has no name for it
        who = f"uid {os.getuid()}"
    connection.execute("select audit.note_reading(%s, %s, %s)", (what, subject, who))
    connection.commit()
