"""The Faust host: an app without Kafka of its own, whose agents iterate channels of batches (DESIGN 2.1).

Each slice has one agent, so that its batches stay in order while different slices overlap. An agent applies one piece
of work through the ledger, and only then takes the next.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
from faust.app.base import BootStrategy

from infra.consumer_group import THREADS, ConsumerGroup
from infra.engine.consumer import Wiring
from infra.source.partition_state import TakeOver, Work
from schemas.topic import SLICES
from streams.decision import Decision
from streams.processor import Processor


class _WithoutKafka(BootStrategy):
    """Faust's own consumer, producer, tables and web server stay off: records come and go through the ledger."""

    enable_kafka = False
    enable_web = False


class Host(faust.App):
    """A Faust app that also knows which consumer groups it runs."""

    BootStrategy = _WithoutKafka
    groups: tuple[ConsumerGroup, ...] = ()

    async def on_first_start(self) -> None:
        """Creates no folders: Faust keeps tables in them, and this app has no tables."""


def build(decisions: Sequence[Decision[Any]], wiring: Wiring, linger_s: float) -> Host:
    """An app that runs these decisions; start and stop it like any Faust app.

    `linger_s`: seconds that a slice's small batch waits for company, from the batch before on, so that a small load
    does not fill both cores with tiny transactions. After a pause no batch waits.
    """
    app = Host("dfdg", broker=f"kafka://{wiring.addresses.kafka}", topic_disable_leader=True, topic_allow_declare=False)
    for decision in decisions:
        _host(app, decision, wiring, linger_s)
    app.service(_source_service(app))
    return app


def _host(app: Host, decision: Decision[Any], wiring: Wiring, linger_s: float) -> None:
    channels: list[Any] = [app.channel() for _ in range(SLICES)]
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix=decision.name)

    def deliver(work: Work) -> None:
        channel = channels[int(work) if isinstance(work, TakeOver) else work.slice]
        asyncio.run_coroutine_threadsafe(channel.put(work), app.loop)

    group = ConsumerGroup(Processor(decision), wiring, deliver, linger_s)

    async def apply(works: Any) -> None:
        async for work in works:
            await asyncio.get_running_loop().run_in_executor(threads, group.run, work)

    for slice_, channel in enumerate(channels):
        app.agent(channel, name=f"{decision.name}-{slice_}")(apply)
    app.groups += (group,)


def _source_service(app: Host) -> type[faust.Service]:
    class SourceService(faust.Service):
        """Starts the consumer groups once the agents listen; stops all at once, within 10 s, before the agents end."""

        started_groups: tuple[ConsumerGroup, ...] = ()

        async def on_started(self) -> None:
            app.flow_control.resume()  # Faust's own consumer would do it, and is off
            for group in app.groups:
                await asyncio.to_thread(group.start)
                self.started_groups += (group,)

        async def on_stop(self) -> None:
            await asyncio.gather(*(asyncio.to_thread(group.stop) for group in self.started_groups))

    return SourceService
