"""Publishes committed batches from memory, in order, and counts until Kafka has acknowledged every record."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.engine.record import OutgoingRecord
from infra.errors import AlarmError, TakeOverError
from schemas.headers import outgoing_headers

LOG = logging.getLogger(__name__)

QUEUE_RECORDS = 100_000
"""Records that librdkafka may hold for all slices of one consumer; beyond it `publish` waits for Kafka."""

ACK_S = 30.0
"""Seconds for Kafka to acknowledge a batch. Then its producer is given up; the slice is taken over with a new one. One
producer was seen to stand still for five minutes with Kafka well again, until its slices moved to another process."""


class PendingDelivery:
    """A published batch that awaits Kafka. It is acknowledged once the last record of each of its partitions is.

    Kafka takes an idempotent producer's records of a partition in their order only. With the gapless guarantee a record
    that Kafka refuses for good ends the producer.
    """

    __slots__ = ("_acks", "_partitions", "_until", "batch")

    def __init__(self, batch: int, partitions: int) -> None:
        self.batch = batch
        self._partitions = partitions
        self._until = time.monotonic() + ACK_S
        # list.append is atomic: any thread that polls the producer may deliver an acknowledgement
        self._acks: list[None] = []

    @property
    def acked(self) -> bool:
        return len(self._acks) == self._partitions

    @property
    def overdue(self) -> bool:
        return not self.acked and time.monotonic() > self._until


class OutboxPublisher:
    """One idempotent producer for a consumer's slices in this process. After any delivery error it is discarded."""

    def __init__(self, servers: str, name: str) -> None:
        self.failure: KafkaError | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "client.id": name,
                "enable.idempotence": True,
                # When a broker came back, Kafka refused a new producer's first request and took the second one, and
                # librdkafka then counted the first one as arrived. So one request at a time.
                "max.in.flight": 1,
                "acks": "all",
                # A record that times out leaves a gap in the sequence (1, 2, 4, 5 was seen), so none ever does.
                "message.timeout.ms": 0,
                "enable.gapless.guarantee": True,  # nor may a record that Kafka refuses be overtaken by the next
                "linger.ms": 0,  # one request is on its way, and records that come meanwhile make the next one
                "compression.type": "lz4",
                "queue.buffering.max.messages": QUEUE_RECORDS,
                "error_cb": self._on_error,
                "logger": LOG,
                "log_level": 3,  # at 4 every start warns that the gapless guarantee is experimental
            }
        )

    def publish(self, source: str, batch: int, outgoing: Sequence[OutgoingRecord]) -> PendingDelivery:
        """Hands the batch to the producer, in order; waits while the producer's queue is full."""
        last = {(each.topic, each.partition): index for index, each in enumerate(outgoing)}
        pending = PendingDelivery(batch, len(last))
        told, tells = partial(self._delivered, pending), frozenset(last.values())
        produce = self._producer.produce
        for index, each in enumerate(outgoing):
            on_delivery = told if index in tells else None
            headers = outgoing_headers(each, source)
            while True:
                self.check()
                try:
                    produce(each.topic, each.value, each.key, each.partition, on_delivery, headers=headers)
                    break
                except BufferError:
                    self._producer.poll(0.1)
                except KafkaException as error:
                    if error.args[0].code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError._INVALID_ARG):
                        raise AlarmError(
                            f"{source}: Kafka will never take a record of {each.topic}: {error.args[0].str()}."
                            " It waits in ledger.outbox; raise the topic's max.message.bytes and the producer's."
                        ) from error
                    raise TakeOverError(f"publishing {each.topic}: {error}") from error
        self._producer.poll(0)
        return pending

    def poll(self, timeout_s: float = 0.0) -> None:
        """Takes in acknowledgements. Raises `TakeOverError` after a delivery error."""
        self._producer.poll(timeout_s)
        self.check()

    def check(self) -> None:
        if self.failure is not None:
            away = "kafka" if self.failure.code() == KafkaError._TIMED_OUT else None
            raise TakeOverError(f"the producer is discarded after: {self.failure}", away=away)

    def discard(self) -> None:
        """Drops queued records. Records on the wire may still land, so a record may be repeated, also late."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._producer.poll(0)

    def flush(self, timeout_s: float) -> bool:
        """Waits at most so long for acknowledgements; true when all have come."""
        return not self._producer.flush(timeout_s)

    def close(self, why: int = KafkaError._DESTROY) -> None:
        """Every thread that still waits in `publish` or `poll` leaves with `TakeOverError`."""
        if self.failure is None:
            self.failure = KafkaError(why)

    def _delivered(self, pending: PendingDelivery, error: KafkaError | None, _record: Message) -> None:
        if error is None:
            pending._acks.append(None)
        elif self.failure is None:
            self.failure = error

    def _on_error(self, error: Any) -> None:
        if error.fatal() and self.failure is None:
            self.failure = error
