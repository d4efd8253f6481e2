"""The three Kafka clients of a consumer: the member of its group, the reader of its records, the offset committer."""

import logging
import re
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer

LOG = logging.getLogger(__name__)

FETCH_WAIT_S, FETCH_BYTES = 0.01, 64 * 1024
"""Kafka answers after so many seconds or with so many bytes. Else it would answer each record by itself, which
costs it a core."""

REBALANCE_MS = 30_000
"""Milliseconds that Kafka waits until a member says that it has given a slice up, which takes 10 s. Then another one
gets the slice. By the default of 300 s, slices had no owner for five minutes: a frozen broker had lost the message."""

STATISTICS_MS = 5_000
"""Milliseconds between two statistics of a member."""


def member(name: str, servers: str, measured: Callable[[str], None]) -> Consumer:
    """Learns which slices this process owns, and reads nothing. `measured` gets its statistics."""
    settings = {"group.protocol": "consumer", "auto.offset.reset": "latest", "max.poll.interval.ms": REBALANCE_MS}
    statistics = {"statistics.interval.ms": STATISTICS_MS, "stats_cb": measured}
    return Consumer({**_common(name, servers), **settings, **statistics})


_NEW_ID = re.compile(r"Topic (\S+) changed id from \S+ to (\S+)")


class _Listener(logging.LoggerAdapter[logging.Logger]):
    """The log of a reader. Its debug lines are not kept: the one of a topic's id is heard."""

    def __init__(self, heard: Callable[[str, str], None]) -> None:
        super().__init__(LOG)
        self._heard = heard

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if level > logging.DEBUG:
            super().log(level, msg, *args, **kwargs)
        elif found := _NEW_ID.search(str(msg) % args):
            self._heard(found[1], found[2])


def reader(name: str, servers: str, linger_s: float, heard: Callable[[str, str], None]) -> Consumer:
    """Is in no group, and reads the partitions that it is given. `heard` gets a topic and its id, within a poll, before
    that poll or a later one gives any record that was fetched under this id. librdkafka (2.16) says so in a debug line
    only, and reads on in a topic that was made anew: `rdkafka_topic.c` names that as a defect. A release with another
    wording fails `tests/integration/test_lost_tail.py`; the look each 10 s (`infra/source/stuck_detector.py`) stays."""
    return Consumer(
        {
            **_common(name, servers),
            "logger": _Listener(heard),
            "debug": "topic",
            "auto.offset.reset": "error",  # a position outside the log stops with an alarm, never skips
            "fetch.wait.max.ms": round(1000 * max(FETCH_WAIT_S, linger_s / 2)),
            "fetch.min.bytes": FETCH_BYTES,
            "queued.max.messages.kbytes": 16_384,
            "enable.partition.eof": True,
        }
    )


def offset_committer(name: str, servers: str) -> Consumer:
    """Commits offsets to a group without members. It logs nothing: the other clients say when Kafka is away."""
    close_ms = {"session.timeout.ms": 1_000, "heartbeat.interval.ms": 300}  # in no session, but it closes no later
    return Consumer({**_common(name, servers), **close_ms, "group.id": f"{name}-positions", "log_level": 0})


def _common(name: str, servers: str) -> dict[str, Any]:
    known = {"bootstrap.servers": servers, "client.id": name, "group.id": name}
    return known | {"enable.auto.commit": False, "logger": LOG}
