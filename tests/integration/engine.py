"""The engine in this process: for tests that look into it, or change its constants."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from infra.addresses import Addresses
from infra.cli.ready import ready
from infra.cli.run import _Engine
from tests.integration.system import System


@contextmanager
def running(system: System) -> Iterator[_Engine]:
    """Runs the consumers that are named in the system's `reads`, to the end of the block."""
    there = Addresses(system.addresses.kafka, system.addresses.registry, system.dsn)
    engine = _Engine(list(system.reads), ready(there), 0.0)
    asyncio.run(engine.start())
    try:
        yield engine
    finally:
        asyncio.run(engine.stop())
