"""Finds stuck Kafka clients of this process: they get nothing more, for ever, without an error (decision 0009)."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.errors import TransientError
from infra.kafka import admin, away, known_ids, settled_ends
from infra.log import answered, get_logger
from schemas.topics import LEAD

LOG = get_logger(__name__)

LOOK_INTERVAL_S = 10.0
"""Seconds between two looks, for all consumers of the process together. Each look asks Kafka by a new client."""

STUCK_LOOKS = 3
"""A place that is still unseen after so many more looks (30 s) will not come: a client connects again within 10 s."""

ANSWER_S = 10.0
"""Seconds for the group's coordinator to answer a new client, before the old client counts as cut off from it."""

COORDINATOR = "its group's coordinator"

Ends = Sequence[Mapping[str, int]]
"""Ends of Kafka's logs: for each slice, the next offset of each topic."""


class Watched(Protocol):
    """A consumer's source: the places that it has not seen, and how it replaces its client."""

    name: str
    topics: tuple[str, ...]

    def unseen(self, ends: Ends, /) -> set[Hashable] | None: ...
    def reconnect(self, unseen: Hashable, /) -> None: ...
    def made_anew(self, ids: Mapping[str, str], /) -> None: ...


class StuckDetector:
    """From `start` to `stop`, compares the ends of Kafka's logs with what the sources have fetched. A stuck source must
    reconnect."""

    def __init__(self, servers: str, sources: Callable[[], Sequence[Watched]]) -> None:
        self._servers, self._sources = servers, sources
        self._looks: dict[str, dict[Hashable, int]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stuck-detector", daemon=True)
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def look(self, ends: Ends) -> None:
        """One look, at these ends. While Kafka names no end at all, no client counts as stuck."""
        if not any(ends):
            LOG.info("Kafka does not say where its logs end", away="kafka")
            self._looks.clear()
            return
        for source in self._sources():
            if (unseen := source.unseen(ends)) is not None:
                self._judge(source, unseen)

    def _run(self) -> None:
        try:
            while not self._stopped.wait(LOOK_INTERVAL_S):
                topics = {topic for source in self._sources() for topic in source.topics}
                asked = time.monotonic()
                try:
                    ends = settled_ends(client := admin(self._servers), topics)
                    self.look(ends)
                    if all(ends):
                        answered("kafka", asked)
                        ids = known_ids(client, topics)
                        for source in self._sources():
                            source.made_anew(ids)
                except (KafkaException, TransientError) as error:
                    server = error.away if isinstance(error, TransientError) else away(error)
                    LOG.info("Kafka cannot be asked where its logs end", why=str(error), away=server)
        except BaseException as error:
            self.failure = error
            LOG.exception("the stuck detector has failed")

    def _judge(self, source: Watched, unseen: set[Hashable]) -> None:
        before = self._looks.get(source.name, {})
        looks = {what: before.get(what, 0) + 1 for what in unseen}
        if stuck := [what for what, number in looks.items() if number > STUCK_LOOKS]:
            looks = {}
            if stuck[0] != COORDINATOR or self._coordinated(source.name):
                LOG.warning(
                    "a client is stuck: Kafka has what it does not bring", consumer=source.name, unseen=str(stuck[0])
                )
                source.reconnect(stuck[0])
        self._looks[source.name] = looks

    def _coordinated(self, group: str) -> bool:
        """True when the group's coordinator answers a new client."""
        with closing(Consumer({"bootstrap.servers": self._servers, "group.id": group, "log_level": 0})) as asking:
            try:
                asking.committed([TopicPartition(LEAD.name, 0)], timeout=ANSWER_S)
            except KafkaException as error:
                LOG.info("the group's coordinator is away", consumer=group, why=str(error), away=away(error))
                return False
        return True
