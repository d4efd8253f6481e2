"""The servers: start, stop, look, and put in them what the engine needs."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import AWAY, COULD_NOT, Json, addresses, settings
from infra.console import say, show_json, show_table

if TYPE_CHECKING:
    from infra.addresses import Addresses
    from infra.cli.health import Health

UNKNOWN = "unknown"


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
    """Show how it all stands: servers, the engine's consumers and their slices, the clock, and what needs a person.

    Exit code 0: well. 1: degraded, some of it is away, has stopped or needs a person. 3: down, no server is there.
    Servers that DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN name are asked too.

    \b
    Example:  dfdg status --json
    """
    from infra.cli import catalog
    from infra.cli.health import look

    health = look(catalog.reads())
    verdict, code = ("down", AWAY) if health.down else ("degraded", COULD_NOT) if health.problems else ("well", 0)
    if as_json:
        servers, consumers = ([row._asdict() for row in rows] for rows in (health.servers, health.consumers))
        known = {"verdict": verdict, "servers": servers, "consumers": consumers}
        show_json(known | {"clock": health.clock._asdict(), "problems": health.problems})
    else:
        _show(health)
    for problem in health.problems:
        say(problem)
    if code:
        raise typer.Exit(code)


def _show(health: "Health") -> None:
    from schemas.topic import SLICES

    rows: list[tuple[object, ...]] = [
        (each.name, "is away" if each.away else "is there", each.pid, " ".join(map(str, each.ports)), each.version)
        for each in health.servers
    ]
    show_table(("server", "state", "pid", "ports", "version"), rows)
    if health.consumers:
        rows = [
            (
                each.consumer,
                UNKNOWN if each.owned is None else f"{each.owned} of {SLICES}",
                UNKNOWN if each.behind is None else len(each.behind),
                len(each.alarms),
                each.parked,
                ", ".join(each.owners),
            )
            for each in health.consumers
        ]
        show_table(("consumer", "slices with a worker", "slices behind", "alarms", "parked keys", "last worker"), rows)
    clock = health.clock
    show_table(
        ("the clock's last day", "taken in by all slices", "today"), [(clock.begun, clock.taken_in, clock.today)]
    )


def init(verbose: Annotated[bool, typer.Option("--verbose", help="Name each migration and topic.")] = False) -> None:
    """Put into the servers what the engine needs: tables, topics, schemas, and the keys of CPR numbers.

    What is there already is compared with what is declared, and corrected where that is safe. Twice is harmless.

    \b
    Example:  dfdg up && dfdg init
    """
    from concurrent.futures import ThreadPoolExecutor

    from infra.cli import catalog
    from infra.kafka import admin
    from infra.migrate import migrate
    from infra.progress import silent
    from infra.registry import Registry
    from infra.topic_admin import ensure_topics
    from schemas.topics import TOPICS

    there, name_each = addresses(), say if verbose else silent
    migrations = migrate(there.dsn, name_each)
    _keys(there)
    dead_letters = catalog.dead_letter_topics()
    with ThreadPoolExecutor(1) as meanwhile:  # each waits for another server
        registering = meanwhile.submit(Registry(there.registry, there.dsn).register_all, TOPICS)
        for name in ensure_topics(admin(there.kafka), TOPICS, dead_letters, say):
            name_each(f"Created topic {name}.")
        registered = registering.result()
    say(
        f"Ready: {migrations} migrations, {len(TOPICS)} topics, {len(dead_letters)} topics for dead letters,"
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
