"""A server that is away is told in few lines a process: one when it goes, one a minute, one when it is back.

Other lines pass. A line tells that a server is away if it is ours and has the field `away`, or if it is a client
library's and `_of_library` knows its text. A server is back when it has answered (`infra.log.answered`) a question that
was asked after the last such line: the stuck detector asks Kafka, the command watchers ask PostgreSQL.
"""

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.addresses import NAMES

TELL_INTERVAL_S = 60.0
"""Seconds between two lines while a server is away."""

_LIBRDKAFKA = "%s [%s] %s"
"""How confluent_kafka writes each line of librdkafka: facility, client, text."""

_CUT_OFF = re.compile(
    r"Connect to .* failed|Disconnected|Failed to resolve|[Tt]imed out|brokers? (is|are) down|Connection (re|setup)"
    r"|(Receive|Send|ApiVersionRequest) failed"
)
"""What librdkafka says of a connection. What it says of permissions, topics and records passes."""

_POOL = ("error connecting in", "reconnection attempt in", "discarding")
"""How lines of psycopg's pool begin that tell of a connection."""


@dataclass
class _Outage:
    """Moments are those of `time.monotonic`."""

    began: float
    last: float
    told: float
    held: int = 0


class Outages:
    """What is shown of the lines that tell of servers. Used by any thread."""

    def __init__(self, least: int, now: Callable[[], float] = time.monotonic) -> None:
        self._level, self._now = max(least, logging.WARNING), now
        self._outages: dict[str, _Outage] = {}
        self._lock = threading.Lock()

    def shown(self, record: logging.LogRecord) -> logging.LogRecord | None:
        """The record, or the one to show in its place, or None."""
        with self._lock:
            if (server := getattr(record, "back", None)) is not None:
                return self._answered(server, getattr(record, "quiet_since", 0.0))
            if (server := getattr(record, "away", None) or _of_library(record)) is not None:
                return self._missed(server, record)
        return record

    def _missed(self, server: str, record: logging.LogRecord) -> logging.LogRecord | None:
        now, late = self._now(), _is_late(record)
        outage = self._outages.get(server)
        if outage is None:
            if late:
                return None
            self._outages[server] = _Outage(now, now, now)
            return self._line("{} is away", server, why=_why(record))
        outage.held += 1
        if late:
            return None
        outage.last = now
        if now < outage.told + TELL_INTERVAL_S:
            return None
        held, outage.held, outage.told = outage.held, 0, now
        return self._line(
            "{} is still away", server, away_s=round(now - outage.began), held_back=held, why=_why(record)
        )

    def _answered(self, server: str, quiet_since: float) -> logging.LogRecord | None:
        outage = self._outages.get(server)
        if outage is None or outage.last > quiet_since:
            return None
        del self._outages[server]
        return self._line("{} is back", server, away_s=round(outage.last - outage.began), held_back=outage.held)

    def _line(self, text: str, server: str, **fields: Any) -> logging.LogRecord:
        """A line about a server. Its level is the same for outage and return, so a log that shows one shows both. It is
        about the process: it has no fields of the work of the thread that noticed."""
        known: dict[str, Any] = {
            "name": __name__,
            "levelno": self._level,
            "levelname": logging.getLevelName(self._level),
        }
        known |= dict.fromkeys(("consumer", "slice", "batch", "topic"))
        name = {str(kind): name for kind, name in NAMES.items()}.get(server, "A server")
        return logging.makeLogRecord(known | {"msg": text.format(name), "server": server, **fields})


def _of_library(record: logging.LogRecord) -> str | None:
    """The server that a line of librdkafka or of psycopg's pool misses."""
    if record.msg == _LIBRDKAFKA:
        return "kafka" if _CUT_OFF.search(record.getMessage()) else None
    return "postgres" if record.name == "psycopg.pool" and str(record.msg).startswith(_POOL) else None


def _is_late(record: logging.LogRecord) -> bool:
    """True if the line may tell of what has long passed. A producer hands its lines over when it is next asked, and an
    idle one is seldom asked. The other clients of its consumer tell the same at once."""
    return record.msg == _LIBRDKAFKA and "#producer-" in record.getMessage()


def _why(record: logging.LogRecord) -> str:
    """The line itself, and its reason if it is one of ours."""
    why = getattr(record, "why", None)
    return record.getMessage() if why is None else f"{record.getMessage()}: {why}"
