"""From a committed batch to Kafka: published from memory, in order, and counted until every record is acknowledged."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.errors import AlarmError, TakeOverError
from infra.record import Departure
from schemas.headers import departure_headers

LOG = logging.getLogger(__name__)

QUEUE_RECORDS = 100_000
"""Records that librdkafka may hold for one consumer's slices together; beyond it `publish` waits for Kafka."""

ACK_S = 30.0
"""Without a batch's acknowledgement for so long its producer is given up, and who takes over publishes with a new one.
One was seen to stand still for five minutes with Kafka well again, until its slices moved to another process."""

LINGER_MS = 0
"""One request is on its way at a time: what comes meanwhile makes the next batch, without waiting for it."""


class Ticket:
    """How much of a published batch Kafka has acknowledged: of each partition the last record, which tells of all.

    Kafka takes an idempotent producer's records of a partition in their order only, and with the gapless guarantee a
    record that it refuses for good ends the producer.
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


class Outlet:
    """One idempotent producer for a consumer's slices in this process. After any delivery error it is of no use."""

    def __init__(self, servers: str, name: str) -> None:
        self.failure: KafkaError | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "client.id": name,
                "enable.idempotence": True,
                # Kafka takes a new producer's second request though it refused its first one for the moment, and
                # librdkafka then takes the first for arrived too (seen when a broker came back): so one at a time.
                "max.in.flight": 1,
                "acks": "all",
                # A record that times out leaves a gap in the sequence (1, 2, 4, 5 was seen), so none ever does.
                "message.timeout.ms": 0,
                "enable.gapless.guarantee": True,  # nor may a record that Kafka refuses be overtaken by the next
                "linger.ms": LINGER_MS,
                "compression.type": "lz4",
                "queue.buffering.max.messages": QUEUE_RECORDS,
                "error_cb": self._on_error,
                "logger": LOG,
                "log_level": 3,  # at 4 every start warns that the gapless guarantee is experimental
            }
        )

    def publish(self, source: str, batch: int, departures: Sequence[Departure]) -> Ticket:
        """Hand the batch to the producer, in order; waits while its queue is full."""
        last = {(departure.topic, departure.partition): index for index, departure in enumerate(departures)}
        ticket = Ticket(batch, len(last))
        told, tells = partial(self._delivered, ticket), frozenset(last.values())
        produce = self._producer.produce
        for index, departure in enumerate(departures):
            on_delivery = told if index in tells else None
            headers = departure_headers(departure, source)
            while True:
                self.check()
                try:
                    produce(
                        departure.topic,
                        departure.value,
                        departure.key,
                        departure.partition,
                        on_delivery,
                        headers=headers,
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
                except KafkaException as error:
                    if error.args[0].code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError._INVALID_ARG):
                        raise AlarmError(
                            f"{source}: Kafka will never take a record of {departure.topic}: {error.args[0].str()}."
                            " It waits in ledger.outbox; raise the topic's max.message.bytes and the producer's."
                        ) from error
                    raise TakeOverError(f"publishing {departure.topic}: {error}") from error
        self._producer.poll(0)
        return ticket

    def poll(self, timeout_s: float = 0.0) -> None:
        """Take in acknowledgements; `TakeOverError` after a delivery error."""
        self._producer.poll(timeout_s)
        self.check()

    def check(self) -> None:
        if self.failure is not None:
            raise TakeOverError(f"the producer is discarded after: {self.failure}")

    def discard(self) -> None:
        """Drop what is queued. What is on the wire may still land: a record may be repeated, also late."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._producer.poll(0)

    def flush(self, timeout_s: float) -> bool:
        """Wait for acknowledgements at most so long; whether all have come."""
        return not self._producer.flush(timeout_s)

    def close(self, why: int = KafkaError._DESTROY) -> None:
        """Whoever still waits in here is sent away."""
        if self.failure is None:
            self.failure = KafkaError(why)

    def _delivered(self, ticket: Ticket, error: KafkaError | None, _record: Message) -> None:
        if error is None:
            ticket._acks.append(None)
        elif self.failure is None:
            self.failure = error

    def _on_error(self, error: Any) -> None:
        if error.fatal() and self.failure is None:
            self.failure = error
