"""Servers, schemas, tables and topics are there: looked at once, or waited for."""

import asyncio
import time
from typing import TYPE_CHECKING

from infra.cli import common
from infra.cli.process import FIRST_BACKOFF_S, wait
from infra.log import answered, get_logger

if TYPE_CHECKING:
    from infra.addresses import Addresses
    from infra.engine.consumer import Wiring

LOG = get_logger(__name__)

LAST_BACKOFF_S = 10.0
"""Seconds between two questions, at most."""


async def when_ready(stop: asyncio.Event) -> "Wiring | None":
    """Waits until all servers answer, also for servers that nobody has ever started; None when told to stop before."""
    import psycopg

    from infra.errors import ServerError, TransientError

    backoff_s = FIRST_BACKOFF_S
    while not stop.is_set():
        asked = time.monotonic()
        try:
            wiring = await asyncio.to_thread(lambda: ready(common.reachable()))
        except (ServerError, TransientError, psycopg.OperationalError) as error:
            away = getattr(error, "away", "servers" if isinstance(error, ServerError) else "postgres")
            LOG.warning("the servers are not ready: asking again", why=common.explained(error)[1], away=away)
        else:
            for server in ("servers", "kafka", "registry", "postgres"):
                answered(server, asked, hear_out_s=0.0)
            return wiring
        await wait(stop, backoff_s)
        backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)
    return None


def ready(there: "Addresses") -> "Wiring":
    """Looks that servers, schemas, tables and topics are there."""
    from contextlib import closing

    from consumers.deletion_orders import never
    from consumers.record_lock import check_original
    from infra.cli.catalog import sources
    from infra.engine.consumer import Wiring
    from infra.kafka import admin, topic_ids
    from infra.migrate import check
    from infra.postgres import connect
    from infra.registry import Registry
    from schemas.topics import TOPICS

    with closing(connect(there.dsn, "dfdg-run")) as connection:
        check(connection)
        check_original(connection)
    registry = Registry(there.registry, there.dsn)
    ids = registry.resolve(TOPICS)
    topic_ids(admin(there.kafka), [topic.name for topic in TOPICS])
    return Wiring(there, registry, ids, never, sources())
