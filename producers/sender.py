"""The edge's producer: it sends in order and idempotently, and knows which records have arrived."""

import logging
import time
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.engine import failpoints
from infra.errors import TransientError
from schemas.headers import RawHeaders

DELIVERY_DEADLINE_S = 120.0
"""Seconds without an acknowledgement until failure: a person waits at a terminal. New leaders are elected in less."""

QUEUE_RECORDS = 50_000
"""Records not acknowledged yet: enough for full batches. At this many, or at QUEUE_KIB, `send` waits."""

QUEUE_KIB = 64 * 1024
LINGER_MS = 20
POLL_S, CONNECT_S = 0.1, 2.0
LOG = logging.getLogger(__name__)


class DeliveryError(TransientError):
    """Kafka acknowledged only `acknowledged` records; these have arrived for good, the first ones of each partition."""

    def __init__(self, acknowledged: int, of: int, why: str) -> None:
        super().__init__(
            f"Kafka acknowledged {acknowledged} of {of} records, then: {why}. Repeat the command when Kafka is well:"
            " what has arrived has the same ids, so it counts once."
        )
        self.acknowledged = acknowledged


class Sender:
    """A producer to be used in a `with`: `send` the records, then `finish`. Leaving without `finish` drops the rest.

    No record times out on its own, for the next ones would overtake it; the sender as a whole does.
    """

    def __init__(self, servers: str, name: str, deadline_s: float = DELIVERY_DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self.sent = self.acknowledged = 0
        self._failure: str | None = None
        self._trouble = "it does not answer"
        self._progress_at = time.monotonic()
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "client.id": name,
                "enable.idempotence": True,
                "max.in.flight": 1,  # else a refused first request counts as arrived: see infra/engine/outbox.py
                "enable.gapless.guarantee": True,  # after a failure nothing later may arrive: repeating must keep order
                "acks": "all",
                "message.timeout.ms": 0,
                "linger.ms": LINGER_MS,
                "compression.type": "lz4",
                "queue.buffering.max.messages": QUEUE_RECORDS,
                "queue.buffering.max.kbytes": QUEUE_KIB,
                "error_cb": self._on_error,
                "logger": LOG,
                "log_level": 3,  # at 4 every start warns that the gapless guarantee is experimental
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._producer.purge()

    def send(self, topic: str, partition: int, key: bytes, value: bytes, headers: RawHeaders) -> None:
        """Hands one record over; waits while the queue is full. Raises `DeliveryError`."""
        if self.sent == 0:
            self._connect(topic)
        if self.sent == self.acknowledged:
            self._progress_at = time.monotonic()
        while True:
            try:
                self._producer.produce(topic, value, key, partition, on_delivery=self._delivered, headers=headers)
            except BufferError:
                self._wait()
            except KafkaException as error:
                raise DeliveryError(self.acknowledged, self.sent, error.args[0].str()) from error
            else:
                self.sent += 1
                self._producer.poll(0)
                self._check()
                return

    def finish(self) -> None:
        """Returns when every record is acknowledged. Raises `DeliveryError`."""
        failpoints.reach("handed over")
        while self.acknowledged < self.sent:
            self._wait()
        failpoints.reach("arrived")

    def _connect(self, topic: str) -> None:
        """Connects first: an idempotent producer that gets a record before that takes half a second longer."""
        try:
            self._producer.list_topics(topic, CONNECT_S)
        except KafkaException as error:
            self._trouble = error.args[0].str()  # librdkafka tries again; named only when the sender fails

    def _wait(self) -> None:
        self._producer.poll(POLL_S)
        self._check()
        if time.monotonic() - self._progress_at > self._deadline_s:
            self._failure = f"no answer for {self._deadline_s:.0f} s ({self._trouble})"
            self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise DeliveryError(self.acknowledged, self.sent, self._failure)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.acknowledged += 1
            self._progress_at = time.monotonic()
        elif self._failure is None:
            self._failure = error.str()

    def _on_error(self, error: KafkaError) -> None:
        self._trouble = error.str()  # librdkafka tries again; named only when the sender fails
