"""A consumer's membership in its group: a client that reads nothing learns which slices this process owns."""

import json
import time
from collections.abc import Callable
from contextlib import closing

from confluent_kafka import OFFSET_INVALID, Consumer, TopicPartition

from infra.kafka import away
from infra.log import get_logger
from infra.source.clients import member
from schemas.topics import LEAD

LOG = get_logger(__name__)

LEAVE_S, LEAVE_POLL_S = 1.0, 0.01
"""Seconds to give up the assigned slices: it needs no answer of Kafka and takes milliseconds."""

SILENT_US = 15_000_000
"""Microseconds without an answer of the coordinator before the member counts as cut off: librdkafka was seen connected
and sending nothing."""


class Membership:
    """From `join` to `leave`, all in one thread. Reports the slices that come (`gained`) and go (`lost`).

    It commits no offsets: a member that did was cut off from Kafka for good after an outage (decision 0008).
    """

    def __init__(
        self, name: str, servers: str, gained: Callable[[list[int]], None], lost: Callable[[list[int]], None]
    ) -> None:
        self.name, self._gained, self._lost = name, gained, lost
        self.coordinated = True
        """True when the coordinator has answered recently, by the last statistics. Heartbeats are every 5 s."""
        self._member = member(name, servers, self._measured)

    def join(self) -> None:
        self._member.subscribe([LEAD.name], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def poll(self) -> None:
        """Takes in Kafka's messages; `gained` and `lost` are called in here."""
        if (message := self._member.poll(0)) is not None and (error := message.error()) is not None:
            LOG.info("the group says", consumer=self.name, why=str(error), away=away(error))

    def leave(self) -> None:
        """Gives up the assigned slices through the member's own callbacks, and closes it. An assignment that comes
        while a member closes makes librdkafka wait for ever (its issue 4527), and all threads of this process."""
        with closing(self._member):
            self._member.unsubscribe()
            self._member.poll(0)  # slices that were assigned a moment ago
            deadline = time.monotonic() + LEAVE_S
            while self._member.assignment() and time.monotonic() < deadline:
                self._member.poll(LEAVE_POLL_S)

    def _measured(self, statistics: str) -> None:
        coordinator = json.loads(statistics)["brokers"].get("GroupCoordinator", {"rxidle": -1})
        self.coordinated = 0 <= coordinator["rxidle"] < SILENT_US

    def _assigned(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        member.incremental_assign([TopicPartition(p.topic, p.partition, OFFSET_INVALID) for p in partitions])
        member.pause(partitions)
        slices = [p.partition for p in partitions]
        self._gained(slices)
        LOG.info("slices assigned", consumer=self.name, slices=slices)

    def _revoked(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        slices = [p.partition for p in partitions]
        self._lost(slices)
        member.incremental_unassign(partitions)
        LOG.info("slices revoked", consumer=self.name, slices=slices)
