"""A server that is away is told in few lines, and nothing else is held back."""

import logging
from typing import Any

import pytest

from infra.cli.outages import Outages

REFUSED = "[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused"
CLOSED = "[thrd:GroupCoordinator]: GroupCoordinator: 127.0.0.1:1: Disconnected: connection closed by peer"
SLOW = "[thrd:127.0.0.1:1/1]: 127.0.0.1:1/1: Timed out 1 in-flight, 0 retry-queued, 0 out-queue requests"


class Log:
    """What is shown of lines that come at moments which the test says."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._outages = Outages(logging.INFO, lambda: self.now_s)

    def line(self, text: str, *values: str, name: str = "infra.kafka", **fields: Any) -> str | None:
        known = {"name": name, "levelno": logging.INFO, "levelname": "INFO", "msg": text, "args": values}
        shown = self._outages.shown(logging.makeLogRecord(known | fields))
        return None if shown is None else shown.getMessage()

    def librdkafka(self, text: str, facility: str = "FAIL", client: str = "cv-status#consumer-1") -> str | None:
        return self.line("%s [%s] %s", facility, client, text)

    def answer(self, server: str, quiet_since_s: float) -> str | None:
        return self.line("an answer", back=server, quiet_since=quiet_since_s)


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_minute_away_and_a_thousand_lines_a_second_are_four_lines(log: Log) -> None:
    shown = []
    for millisecond in range(61_000):
        log.now_s = millisecond / 1000
        shown.append(log.librdkafka((CLOSED, REFUSED, SLOW)[millisecond % 3]))
    shown.append(log.answer("kafka", 62.0))
    shown.append(log.librdkafka(REFUSED))
    assert [text for text in shown if text] == [
        "Kafka is away",
        "Kafka is still away",
        "Kafka is back",
        "Kafka is away",
    ]


def test_a_line_of_another_kind_passes_also_while_a_server_is_away(log: Log) -> None:
    assert log.line("taking over again", away="kafka") == "Kafka is away"
    assert log.line("ALARM", alarm="a rule failed") == "ALARM"
    assert log.line("taking over again", away=None) == "taking over again"
    assert log.librdkafka("Topic authorization failed", "PARTCNT") is not None
    assert log.librdkafka("Group authorization failed") is not None
    assert log.line("pool is slow", name="psycopg.pool") == "pool is slow"


def test_each_server_has_lines_of_its_own(log: Log) -> None:
    assert log.line("taking over again", away="kafka") == "Kafka is away"
    assert log.line("error connecting in %r: refused", "pool-1", name="psycopg.pool") == "PostgreSQL is away"
    assert log.line("taking over again", away="registry") == "The schema registry is away"
    assert log.answer("postgres", 1.0) == "PostgreSQL is back"
    assert log.line("operator commands cannot be read", away="kafka") is None


def test_an_answer_to_a_question_from_before_the_last_failure_brings_no_server_back(log: Log) -> None:
    log.now_s = 10.0
    assert log.answer("kafka", 5.0) is None, "it was never away"
    log.librdkafka(REFUSED)
    assert log.answer("kafka", 9.0) is None
    assert log.answer("kafka", 11.0) == "Kafka is back"


def test_an_idle_producer_that_tells_late_of_an_outage_begins_no_other(log: Log) -> None:
    late = "titles#producer-58"
    assert log.librdkafka(REFUSED, client=late) is None
    log.librdkafka(REFUSED)
    log.now_s = 20.0
    assert log.librdkafka(REFUSED, client=late) is None
    assert log.answer("kafka", 15.0) == "Kafka is back"
