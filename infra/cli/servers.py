"""The servers: start, stop, look, and put in them what the engine needs."""

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from infra.cli.common import AWAY, Json, addresses, settings
from infra.console import console, say, show_json

if TYPE_CHECKING:
    from infra.addresses import Addresses

OWN = ("DFDG_KAFKA", "DFDG_REGISTRY", "DFDG_DSN")


def up(
    brokers: Annotated[
        int | None, typer.Option(help="Brokers of Kafka, 1 or 3: as many as the folder was made for, else 1.")
    ] = None,
) -> None:
    """Start Kafka, the schema registry and PostgreSQL on this machine.

    They run in the background, on free ports, with their data in a state folder (DFDG_STATE, else .local/state).
    Twice is harmless; data outlives `dfdg down`. Three brokers keep three copies of each record.

    \b
    Example:  dfdg up && dfdg init
    """
    from infra.local import Stack
    from infra.local.state import State

    folder = settings().state
    known = State.load(folder)
    there = Stack(folder, brokers or (known.brokers if known else 1), lasting=True).up(say)
    say(f"Kafka is at {there.kafka}, the schema registry at {there.registry}, PostgreSQL beside them.")
    say("Next: `dfdg init`.")


def down() -> None:
    """Stop the servers that `dfdg up` started; their data stays.

    \b
    Example:  dfdg down
    """
    from infra.local import Stack

    stack = Stack(settings().state)
    running = [row.name for row in stack.status() if row.running]
    stack.down()
    say(f"Stopped {', '.join(running)}." if running else f"Nothing ran in {stack.folder}.")


def status(as_json: Json = False) -> None:
    """Show the servers of `dfdg up`: which run, with which pid, ports and version.

    Ends with exit code 3 unless all run. Servers that DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN name are not looked at.

    \b
    Example:  dfdg status --json
    """
    from infra.local import Stack

    rows = Stack(settings().state).status()
    if as_json:
        show_json([asdict(row) for row in rows])
    elif rows:
        table = Table("server", "state", "pid", "ports", "version")
        for row in rows:
            state = "runs" if row.running else "is down"
            table.add_row(row.name, state, str(row.pid or "-"), " ".join(map(str, row.ports)), row.version)
        console.print(table)
    if named := [name for name in OWN if os.environ.get(name)]:
        say(f"Other commands use {', '.join(named)} from the environment.")
    if not rows or not all(row.running for row in rows):
        say("Not all servers run. Start them with `dfdg up`.")
        raise typer.Exit(AWAY)


def init() -> None:
    """Put into the servers what the engine needs: tables, topics, schemas, and the keys of CPR numbers.

    What is there already is compared with what is declared, and corrected where that is safe. Twice is harmless.

    \b
    Example:  dfdg up && dfdg init
    """
    from concurrent.futures import ThreadPoolExecutor

    from infra.cli import catalog
    from infra.kafka import admin
    from infra.migrate import migrate
    from infra.registry import Registry
    from infra.topic_admin import ensure_topics
    from schemas.topics import TOPICS

    there = addresses()
    migrate(there.dsn, say)
    _keys(there)
    dead_letters = catalog.dead_letter_topics()
    with ThreadPoolExecutor(1) as meanwhile:  # each waits for another server
        registering = meanwhile.submit(Registry(there.registry).register_all, TOPICS)
        ensure_topics(admin(there.kafka), TOPICS, dead_letters, say)
        registered = registering.result()
    say(
        f"Ready: the tables, {len(TOPICS)} topics, {len(dead_letters)} topics for dead letters,"
        f" {len(registered)} schemas, the keys."
    )


def _keys(there: "Addresses") -> None:
    """Makes the keys for a database without people; else they must be there, and be the right ones."""
    from contextlib import closing

    from infra.postgres import connect
    from producers.identity import Identity, Keys, create_keys

    folder = settings().keys
    with closing(connect(there.dsn, "dfdg-init")) as connection:
        row = connection.execute("select exists (select from identity.person)").fetchone()
        anybody = row is not None and row[0]
        connection.rollback()
        if not anybody and not any(folder.glob("*.key")):
            create_keys(folder)
            say(f"Made the keys of CPR numbers in {folder}. Keep a safe copy: without them no number can be read.")
        Identity(connection, Keys.read(folder))
