"""Whether this process still hears Kafka: a client may not, for ever, and say nothing of it (decision 0009)."""

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Protocol

from confluent_kafka import KafkaException

from infra.errors import TransientError
from infra.kafka import admin, end_offsets

LOG = logging.getLogger(__name__)

LISTEN_S = 10.0
"""Between two looks. Kafka is asked by a new client each time: one request for all consumers of the process."""

DEAF_LOOKS = 3
"""Missing after so many more looks (30 s), a thing never comes: a client connects again within 10 s."""


class Hears(Protocol):
    """A consumer's source."""

    name: str
    topics: tuple[str, ...]
    lapsed: str | None

    def missed(self, ends: Sequence[Mapping[str, int]], /) -> set[Hashable]: ...


class Hearing:
    """Compares, from `start` to `stop`, what Kafka holds with what the sources have got, and tells one that is deaf."""

    def __init__(self, servers: str, sources: Callable[[], Sequence[Hears]]) -> None:
        self._servers, self._sources = servers, sources
        self._looks: dict[str, dict[Hashable, int]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(LISTEN_S):
            sources = self._sources()
            topics = {topic for source in sources for topic in source.topics}
            try:
                ends = end_offsets(admin(self._servers), topics, settled=True)
            except (TransientError, KafkaException) as error:
                LOG.info("Kafka does not say what it holds, so nobody is deaf: %s", error)
                self._looks.clear()
                continue
            for source in sources:
                self._judge(source, ends)

    def _judge(self, source: Hears, ends: Sequence[Mapping[str, int]]) -> None:
        before = self._looks.get(source.name, {})
        looks = self._looks[source.name] = {what: before.get(what, 0) + 1 for what in source.missed(ends)}
        if deaf := [what for what, number in looks.items() if number > DEAF_LOOKS]:
            LOG.warning("%s: Kafka has had for long, and it does not get: %s", source.name, deaf[0])
            source.lapsed = "it does not hear Kafka"
