"""The Kafka clients of a consumer: the member of its group, the reader of its records, and who commits its offsets."""

import logging
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer

FETCH_WAIT_S, FETCH_BYTES = 0.01, 64 * 1024
"""Kafka answers after so long or with so much: else it answers every record by itself, which costs it a core."""

REBALANCE_MS = 30_000
"""So long Kafka waits until a member says that it has given a slice up, which takes 10 s; then the slice is another's.
With the default of 300 s slices were seen to be nobody's for five minutes, for a frozen broker had lost the word."""

STATISTICS_MS = 5_000
"""How often a member measures itself."""


def member(name: str, servers: str, log: logging.Logger, measured: Callable[[str], None]) -> Consumer:
    """It learns which slices are ours, and reads nothing (`infra/membership.py`). `measured` gets its statistics."""
    settings = {"group.protocol": "consumer", "auto.offset.reset": "latest", "max.poll.interval.ms": REBALANCE_MS}
    statistics = {"statistics.interval.ms": STATISTICS_MS, "stats_cb": measured}
    return Consumer({**_common(name, servers, log), **settings, **statistics})


def reader(name: str, servers: str, log: logging.Logger, linger_s: float) -> Consumer:
    """It is in no group, and reads what it is told."""
    return Consumer(
        {
            **_common(name, servers, log),
            "auto.offset.reset": "error",  # a position outside the log stops with an alarm, never skips
            "fetch.wait.max.ms": round(1000 * max(FETCH_WAIT_S, linger_s / 2)),
            "fetch.min.bytes": FETCH_BYTES,
            "queued.max.messages.kbytes": 16_384,
            "enable.partition.eof": True,
        }
    )


def hinter(name: str, servers: str, log: logging.Logger) -> Consumer:
    """It only commits offsets, to a group that has no members (`infra/hints.py`); the others say when Kafka is away."""
    close_ms = {"session.timeout.ms": 1_000, "heartbeat.interval.ms": 300}  # in no session, but it closes no later
    return Consumer({**_common(name, servers, log), **close_ms, "group.id": f"{name}-positions", "log_level": 0})


def _common(name: str, servers: str, log: logging.Logger) -> dict[str, Any]:
    known = {"bootstrap.servers": servers, "client.id": name, "group.id": name}
    return known | {"enable.auto.commit": False, "logger": log}
