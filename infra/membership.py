"""A consumer's place in its group: which slices Kafka gives it, by a client that reads nothing."""

import json
import logging
import time
from collections.abc import Callable
from contextlib import closing

from confluent_kafka import OFFSET_INVALID, Consumer, TopicPartition

from infra.clients import member
from schemas.topics import LEAD

LOG = logging.getLogger(__name__)

LEAVE_S, LEAVE_POLL_S = 1.0, 0.01
"""For giving up what is assigned, which needs no answer of Kafka: it takes milliseconds."""

SILENT_US = 15_000_000
"""Without any answer for so long the coordinator is not heard: librdkafka was seen connected, and sending nothing."""


class Membership:
    """From `join` to `leave`, all in one thread. Says which slices come (`gained`) and go (`lost`).

    It commits nothing: a member that did was seen to hear nothing more of Kafka after an outage (decision 0008).
    """

    def __init__(
        self, name: str, servers: str, gained: Callable[[list[int]], None], lost: Callable[[list[int]], None]
    ) -> None:
        self.name, self._gained, self._lost = name, gained, lost
        self.coordinated = True
        """Whether the group's coordinator had answered of late, by the last statistics: heartbeats are every 5 s."""
        self._member = member(name, servers, LOG, self._measured)

    def join(self) -> None:
        self._member.subscribe([LEAD.name], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def poll(self) -> None:
        """Take in Kafka's word; whatever comes or goes is said in here."""
        if (message := self._member.poll(0)) is not None and message.error() is not None:
            LOG.info("%s: %s", self.name, message.error())

    def leave(self) -> None:
        """Give up what is assigned, through the member's own callbacks, so that it can be closed: an assignment that
        comes while it closes makes librdkafka wait for ever (its issue 4527), and every thread of this process too."""
        with closing(self._member):
            self._member.unsubscribe()
            self._member.poll(0)  # what was assigned a moment ago
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
        LOG.info("%s: slices assigned: %s", self.name, slices)

    def _revoked(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        slices = [p.partition for p in partitions]
        self._lost(slices)
        member.incremental_unassign(partitions)
        LOG.info("%s: slices revoked: %s", self.name, slices)
