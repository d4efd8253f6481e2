"""Whether this process still hears Kafka: a client may not, for ever, and say nothing of it (decision 0009)."""

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.kafka import admin, settled_ends
from schemas.topics import LEAD

LOG = logging.getLogger(__name__)

LISTEN_S = 10.0
"""Between two looks, for all consumers of the process together. Kafka is asked by a new client each time."""

DEAF_LOOKS = 3
"""Missing after so many more looks (30 s), a thing will not come to this client: it would connect again within 10 s."""

ANSWER_S = 10.0
"""For a group's coordinator to answer a new client, before it is said that an old one does not hear it."""

COORDINATOR = "its group's coordinator"

Ends = Sequence[Mapping[str, int]]
"""By slice and topic."""


class Hears(Protocol):
    """A consumer's source."""

    name: str
    topics: tuple[str, ...]

    def missed(self, ends: Ends, /) -> set[Hashable] | None: ...
    def renew(self, missed: Hashable, /) -> None: ...


class Hearing:
    """Compares, from `start` to `stop`, what Kafka holds with what the sources have got. Who is deaf must renew."""

    def __init__(self, servers: str, sources: Callable[[], Sequence[Hears]]) -> None:
        self._servers, self._sources = servers, sources
        self._looks: dict[str, dict[Hashable, int]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def look(self, ends: Ends) -> None:
        """One look, at these ends. While Kafka says nothing of any, nobody is deaf."""
        if not any(ends):
            LOG.info("Kafka does not say what it holds")
            self._looks.clear()
            return
        for source in self._sources():
            if (missed := source.missed(ends)) is not None:
                self._judge(source, missed)

    def _run(self) -> None:
        try:
            while not self._stopped.wait(LISTEN_S):
                topics = {topic for source in self._sources() for topic in source.topics}
                try:
                    ends = settled_ends(admin(self._servers), topics)
                except KafkaException as error:
                    LOG.info("Kafka cannot be asked what it holds: %s", error)
                else:
                    self.look(ends)
        except BaseException as error:
            self.failure = error
            LOG.exception("nobody listens any more")

    def _judge(self, source: Hears, missed: set[Hashable]) -> None:
        before = self._looks.get(source.name, {})
        looks = {what: before.get(what, 0) + 1 for what in missed}
        if deaf := [what for what, number in looks.items() if number > DEAF_LOOKS]:
            looks = {}
            if deaf[0] != COORDINATOR or self._coordinated(source.name):
                LOG.warning("%s is deaf: Kafka has had for long, and it did not hear: %s", source.name, deaf[0])
                source.renew(deaf[0])
        self._looks[source.name] = looks

    def _coordinated(self, group: str) -> bool:
        """Whether the group's coordinator answers anybody."""
        with closing(Consumer({"bootstrap.servers": self._servers, "group.id": group, "log_level": 0})) as asking:
            try:
                asking.committed([TopicPartition(LEAD.name, 0)], timeout=ANSWER_S)
            except KafkaException as error:
                LOG.info("the coordinator of %s is away: %s", group, error)
                return False
        return True
