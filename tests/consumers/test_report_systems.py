"""The made-up facts of the whole calendar, decided in memory and put down for real: the demo's reports add up."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from psycopg import Connection

from consumers import bi_user, jobkon_usage, journal, mailboxes
from consumers.sink import Sink
from infra.demo import report_systems as report
from infra.demo.country.bi import Bi
from infra.demo.country.citizens import JOBCENTRES, Facts, as_json_lines
from infra.demo.country.jobad import Jobad
from infra.demo.country.jobkon import Jobkon
from infra.demo.country.people import Citizen
from infra.demo.country.vitas_grants import VitasGrants
from infra.demo.section import Section
from infra.engine.record import IncomingEvent
from producers.cpr import made_up_cpr
from producers.lines import Line, read_lines
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.event import Event
from schemas.ids import derived_id
from schemas.topic import Topic
from schemas.topics import DAY_BEGUN, JOB_AD_SUBMITTED, TOPICS
from streams import bi, job_ad_numbers, job_ads, jobkon, vitas_grants
from tests.consumers.batches import slice_connection
from tests.stories.playbook import Playbook

FIRST, LAST = date(2021, 6, 7), date(2023, 1, 12)
DECISIONS = (vitas_grants.decision, jobkon.decision, bi.decision, job_ads.decision, job_ad_numbers.decision)
TOPIC_OF = {topic.event: topic for topic in TOPICS}
CITIZENS = [Citizen(made_up_cpr(n), "job-ready", JOBCENTRES[0], None) for n in range(2_000)]
IDS = ("VIT-1", "VIT-4", "JKO-1", "JKO-2", "JKO-3", "TIT-12", "BI-1", "BI-2", "BI-3", "BI-4", "AD-1", "AD-2")


class Register:
    def subjects(self, cprs: Sequence[str]) -> dict[str, str]:
        return {cpr: f"c-{derived_id(cpr.encode()).hex()}" for cpr in cprs}


class Engine:
    """All five decisions in memory; what any of them says reaches those that read it, and `said` for the consumers."""

    def __init__(self) -> None:
        self.books: list[Playbook[Any]] = [Playbook(decision) for decision in DECISIONS]
        self.said: list[Event] = []

    def take(self, event: Event) -> None:
        self.said.append(event)
        for book in self.books:
            if TOPIC_OF[type(event)] in book.decision.reads:
                self._pass_on(book.fact(event))

    def begin(self, day: date) -> None:
        self.said.append(DayBegun(occurred_at=midnight(day), day_begun=day, ends={}))
        for book in self.books:
            self._pass_on(book.day(day))

    def _pass_on(self, book: Playbook[Any]) -> None:
        for event in book.new_outputs():
            self.take(event)


def taken_in(engine: Engine, topic: Topic, lines: Sequence[Mapping[str, Any]], client: str | None = None) -> None:
    stream = io.BytesIO(as_json_lines([dict(line) for line in lines]))
    for line in read_lines(topic, stream, Register(), client):
        assert isinstance(line, Line), line
        engine.take(line.event)


@pytest.fixture(scope="module")
def said() -> list[Event]:
    """Everything that the calendar brings, decided; each day's facts in the order of their times."""
    engine, vitas = Engine(), VitasGrants(Random(1), CITIZENS, JOBCENTRES)
    users, portal = Jobkon(Random(2), CITIZENS, JOBCENTRES), Bi(Random(3), CITIZENS, JOBCENTRES)
    adverts = Jobad(Random(4), CITIZENS, JOBCENTRES)
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        engine.begin(day)
        of_day: list[Facts] = [source.day(day) for source in (vitas, users, portal, adverts)]
        for facts in of_day:
            for topic, lines in facts.items():
                taken_in(engine, topic, lines)
        for client, lines in adverts.submissions(day).items():
            taken_in(engine, JOB_AD_SUBMITTED, lines, client)
    return engine.said


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def put_down(connection: Connection, said: Sequence[Event]) -> None:
    """As one slice, in batches of a thousand."""
    sinks: tuple[Sink, ...] = (journal.sink, mailboxes.sink, jobkon_usage.sink, bi_user.sink)
    incoming_events = [
        IncomingEvent(TOPIC_OF[type(event)], n, derived_id(str(n).encode()), event, slice=0)
        for n, event in enumerate(said)
    ]
    for start in range(0, len(incoming_events), 1_000):
        batch = incoming_events[start : start + 1_000]
        with connection.transaction():
            for sink in sinks:
                if some := [incoming for incoming in batch if incoming.topic in sink.reads]:
                    sink.write(connection, some)


def accounts(connection: Connection) -> list[Section]:
    return [each(connection) for each in (report.vitas_grants, report.jobkon, report.bi, report.jobad)]


def test_the_reports_add_up_and_show_every_requirement(connection: Connection, said: list[Event]) -> None:
    put_down(connection, said)
    counts: Counter[str] = Counter()
    for account in accounts(connection):
        assert account.faults == []
        for rule, _, count in account.tables[0].rows:
            counts[str(rule)] += int(str(count))
    assert sorted(counts) == sorted(IDS)
    assert min(counts.values()) > 0
    assert connection.execute("select count(*) from mailbox.notice where text_version = 0").fetchone() == (0,)


def test_a_lost_answer_is_told_by_the_report_of_its_system(connection: Connection, said: list[Event]) -> None:
    lost = ("mentor-grant-answered.v1", "jobkon-function-answered.v1", "bi-login-answered.v1", "job-ad-answered.v1")
    kept = list(said)
    for schema in lost:
        kept.remove(next(event for event in kept if schema == event.SCHEMA))
    put_down(connection, kept)
    assert [fault.partition(" ")[0] for account in accounts(connection) for fault in account.faults] == [
        "mentor-grant:", "jobkon-function:", "bi-login:", "job-ad:",
    ]  # fmt: skip


def test_each_system_hands_in_some_hundred_to_a_few_thousand_facts(said: list[Event]) -> None:
    requests = [event.SCHEMA for event in said if TOPIC_OF[type(event)] is not DAY_BEGUN and not hasattr(event, "rule")]
    assert 500 < len(requests) < 5_000
