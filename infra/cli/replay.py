"""`dfdg replay`: what a database's batch log says was applied, applied again in a fresh one."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import addresses
from infra.cli.ready import ready
from infra.cli.run import chosen
from infra.console import progress_bar, say

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses
    from infra.engine.consumer import Wiring


def replay(
    of: Annotated[str, typer.Option("--of", metavar="DSN", envvar="DFDG_REPLAY_OF", help="The database to replay.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Decisions and sinks to replay; all when none is named."),
    ] = None,
) -> None:
    """Rebuild states and tables in a fresh database, batch by batch as another database's log says, from the topics.

    Nothing is published, but every batch must come out as it did then, its outgoing events byte for byte; the first
    that does not ends the command. DFDG_DSN names the fresh, migrated database. The engine of the other one must have
    stopped, with nothing left to publish. What no consumer writes, as reference data and ceilings, is copied first,
    and so is what schema ids stand for.

    \b
    Example:  dfdg replay --of 'host=db dbname=dfdg'
    """
    from infra.cli import catalog
    from infra.consumer_group import transaction_of
    from infra.postgres import connect
    from infra.recovery.replay import replay as apply_again
    from streams.processor import Processor

    there = addresses()
    wiring = ready(there)
    wanted = chosen(names or [])
    decisions = [Processor(decision) for decision in catalog.DECISIONS if decision.name in wanted]
    sinks = [sink for sink in catalog.SINKS if sink.name in wanted]
    owned = {table for sink in catalog.SINKS for table in sink.owns}
    with closing(connect(of, "dfdg-replay")) as old, closing(connect(there.dsn, "dfdg-replay")) as new:
        old.autocommit = new.autocommit = True
        wiring = _knowing(wiring, there, old, of)
        with progress_bar() as bar:
            task = bar.add_task("batches", total=None)
            done = apply_again(
                old, new, there.kafka, [*decisions, *sinks], lambda each: transaction_of(each, wiring),
                owned,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip
    say(f"{done} batches came out as they did. This database stands where the other one stands.")


def _knowing(wiring: "Wiring", there: "Addresses", old: "Connection", of: str) -> "Wiring":
    """The wiring, once this database knows the schema ids that the other one knows. `AlarmError` if one means another
    schema here."""
    from infra.registry import Registry
    from infra.schema_ids import SchemaIds

    if old.execute("select to_regclass('ledger.schema')").fetchone() == (None,):  # as in an earlier release
        return wiring
    SchemaIds(there.dsn).keep(SchemaIds(of).all())
    return wiring._replace(schemas=Registry(there.registry, there.dsn))  # the one before has read what was known before
