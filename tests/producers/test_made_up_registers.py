"""Made-up records: valid facts, the same for the same seed, of every kind that retention speaks of."""

from collections import Counter
from datetime import date, timedelta
from io import BytesIO
from random import Random

from infra.demo.country.citizens import as_json_lines
from infra.demo.country.people import Citizen, Line
from infra.demo.country.registers import Registers
from producers.cpr import made_up_cpr
from producers.lines import BadLine, check_lines
from schemas.topic import Topic
from schemas.topics import JOB_SUGGESTION_CHECK_RECORDED, JOBLOG_ENTRY_RECORDED, LEGAL_HOLD_RECORDED

FIRST, DAYS = date(2021, 5, 1), 600
CITIZENS = 2_000


def played(seed: int) -> list[tuple[Topic, Line]]:
    citizens = [Citizen(made_up_cpr(n), "job-ready", "jobcentre-1", None) for n in range(CITIZENS)]
    registers = Registers(Random(seed), citizens, ["jobcentre-1"])
    days = (FIRST + timedelta(days=n) for n in range(DAYS))
    return [(topic, line) for day in days for topic, lines in registers.day(day).items() for line in lines]


def test_every_line_is_a_fact_that_the_edge_takes() -> None:
    by_topic: dict[Topic, list[Line]] = {}
    for topic, line in played(1):
        by_topic.setdefault(topic, []).append(line)
    assert set(by_topic) == {JOB_SUGGESTION_CHECK_RECORDED, JOBLOG_ENTRY_RECORDED, LEGAL_HOLD_RECORDED}
    for topic, lines in by_topic.items():
        checked = list(check_lines(topic, BytesIO(as_json_lines(lines))))
        assert [str(bad) for bad in checked if isinstance(bad, BadLine)] == []


def test_the_same_seed_gives_the_same_facts_and_another_gives_others() -> None:
    assert played(1) == played(1)
    assert played(1) != played(2)


def test_records_are_updated_and_some_holds_are_released() -> None:
    lines = played(1)
    entries = Counter(line["record"] for topic, line in lines if topic is JOBLOG_ENTRY_RECORDED)
    assert max(entries.values()) > 1
    holds = [line.get("released", False) for topic, line in lines if topic is LEGAL_HOLD_RECORDED]
    assert 0 < holds.count(True) < holds.count(False)
    assert len(lines) < CITIZENS
