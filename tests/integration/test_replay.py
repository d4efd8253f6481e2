"""Invariant 6: the batch log played once more gives the same state and the same output, byte for byte."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import OFFSET_END, Producer, TopicPartition
from psycopg import Connection

from consumers import tidying
from consumers.record_lock import confirm_restore
from infra.addresses import Addresses
from infra.cli import catalog
from infra.errors import AlarmError
from infra.kafka import end_offsets
from infra.postgres import connect
from infra.schema_ids import KnownSchema, SchemaIds
from schemas.event import Event
from schemas.topics import (
    JOB_SUGGESTION_CHECK_RECORDED,
    JOBLOG_ENTRY_RECORDED,
    LEGAL_HOLD_RECORDED,
    NOTICE_ISSUED,
    REGISTRATION_REQUESTED,
    SITUATION_RECORDED,
    TOPICS,
)
from tests.conftest import new_database
from tests.integration.country import Fact, Step, first_load
from tests.integration.looking import COULD_NOT, FINE, TOPIC_OF, Desk
from tests.integration.replays import assert_same, replayed, rows
from tests.integration.system import System, make_system, wait_for
from tests.integration.tales import BEFORE, Announced, Waves, calendar, told
from tests.integration.test_stories import announce, begin
from tests.retention_builders import archived, check, entry, hold
from tests.title_builders import request

EVERY = 5
"""Each so many-th of the tests' stories is played: of all of them each transaction twice takes minutes."""

RECORDS, CHECKED, ENTERED = 20, "2015-01-10 10:00", "2017-01-10 10:00"
A_NOTICE = """
insert into mailbox.notice
    (id, recipient_kind, recipient, about, reason, rule, day, from_day, details, text, text_version, status)
values (gen_random_uuid(), 'fund', 'f', 'c', 'r', 'CV-3', %(day)s, %(day)s, '{}', 't', 1, 'delivered')
"""


@pytest.fixture
def fresh(migrated: str) -> Iterator[str]:
    with new_database(migrated, of=migrated) as dsn:
        _come_home(dsn)
        yield dsn


@pytest.fixture
def swept(addresses: Addresses, database: str, tmp_path: Path) -> System:
    """A system in which tidying has deleted, by a step, a row that no batch log tells of."""
    system = make_system(addresses, database, tmp_path, {"tidying": catalog.reads()["tidying"]})
    with connect(database, "test") as old:
        old.execute(A_NOTICE, {"day": date(2021, 6, 14)})
    with system.worker(), psycopg.connect(database, autocommit=True) as old:
        system.publish([date(2026, 6, 14)])
        wait_for("the notice deleted", lambda: not old.execute("select from mailbox.notice").rowcount)
    return system


def test_every_consumer_replayed_into_a_fresh_database_gives_the_same_tables_and_the_same_output(
    addresses: Addresses, database: str, fresh: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path, {each.name: each.reads for each in catalog.CONSUMERS})
    _live(system)
    ends = end_offsets(system.client, [topic.name for topic in TOPICS])
    done = Desk(addresses, fresh).dfdg("replay", "--of", database)
    assert done.exit_code == FINE, f"{done.stderr} {done.exception!r}"
    assert end_offsets(system.client, [topic.name for topic in TOPICS]) == ends, "something was published"
    with connect(database, "test") as old, connect(fresh, "test") as new:
        _happened(old)
        assert_same(old, new)


def test_which_of_its_steps_deleted_a_row_that_another_consumer_wrote_is_no_difference(
    swept: System, fresh: str
) -> None:
    with connect(swept.dsn, "test") as old:
        old.execute("drop table ledger.schema")  # as in a log of before 0055
    done = Desk(swept.addresses, fresh).dfdg("replay", "tidying", "--of", swept.dsn)
    assert done.exit_code == FINE, f"{done.stderr} {done.exception!r}"
    with connect(swept.dsn, "test") as old, connect(fresh, "test") as new:
        assert rows(old, "ledger", "batch") == rows(new, "ledger", "batch")


def test_what_schema_ids_stand_for_is_known_where_the_log_is_replayed(swept: System, fresh: str) -> None:
    SchemaIds(swept.dsn).keep([KnownSchema(2**31 - 2, "dfdg.lost-v1-value", "{}")])
    done = Desk(swept.addresses, fresh).dfdg("replay", "tidying", "--of", swept.dsn)
    assert done.exit_code == FINE, f"{done.stderr} {done.exception!r}"
    with connect(swept.dsn, "test") as old, connect(fresh, "test") as new:
        assert rows(old, "ledger", "schema") == rows(new, "ledger", "schema")


def test_a_step_that_finds_nothing_ends_the_replay_of_a_consumer_that_sweeps_nothing(
    swept: System, migrated: str
) -> None:
    with (
        pytest.raises(AlarmError, match=r"of tidying/\d comes out as None"),
        replayed(swept, replace(tidying.sink, sweeps=False), migrated),
    ):
        pass


def test_a_replay_ends_at_the_first_difference_and_at_the_first_record_that_is_gone_and_says_where(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path, {"cv-requirement": catalog.reads()["cv-requirement"]})
    system.publish([date(2021, 6, 14), *first_load(1, 50)])
    with system.worker():
        wait_for("everything drained", lambda: system.drained(date(2021, 6, 14)))
    with psycopg.connect(database, autocommit=True) as old:
        old.execute("update ledger.batch set digest = sha256('other') where slice = 3 and outgoing > 0")
    assert "of cv-requirement/3 comes out as" in _refusal(addresses, database, migrated)
    place = TopicPartition(SITUATION_RECORDED.name, 3, OFFSET_END)
    system.client.delete_records([place])[place].result()
    refusal = _refusal(addresses, database, migrated)
    assert f"{SITUATION_RECORDED.name}/3 no longer has offset 0: retention has taken it" in refusal
    with psycopg.connect(database, autocommit=True) as old:
        old.execute("delete from ledger.batch where consumer = 'cv-requirement' and slice = 5 and batch = 1")
    assert "batch log of cv-requirement/5" in _refusal(addresses, database, migrated)
    assert "not fresh" in Desk(addresses, database).dfdg("replay", "cv-requirement", "--of", database).stderr


def _refusal(addresses: Addresses, database: str, migrated: str) -> str:
    with new_database(migrated, of=migrated) as fresh:
        _come_home(fresh)
        done = Desk(addresses, fresh).dfdg("replay", "cv-requirement", "--of", database)
    assert (done.exit_code, type(done.exception)) == (COULD_NOT, SystemExit), repr(done.exception)
    return done.stderr


def _come_home(dsn: str) -> None:
    with connect(dsn, "test") as connection:
        confirm_restore(connection)


def _live(system: System) -> None:
    """Some stories' facts, records that go and one that is held, and something unreadable, while everyone works."""
    days = calendar(told()[::EVERY])
    with connect(system.dsn, "test") as connection:
        for number in range(RECORDS):
            archived(connection, "job-suggestion-checks", f"check-{number}", CHECKED)
    system.publish(_records())
    unreadable = Producer({"bootstrap.servers": system.addresses.kafka})
    unreadable.produce(NOTICE_ISSUED.name, b"unreadable", b"c-1", 0)
    assert unreadable.flush(10) == 0
    half = len(days) // 2
    with system.worker():
        _publish(system, days[:half])
        wait_for("the first half taken in", lambda: system.drained(days[half - 1][0]))
        _publish(system, days[half:])
        wait_for("everything drained", lambda: system.drained(days[-1][0]))


def _records() -> Iterator[Step]:
    for number in range(RECORDS):
        citizen = f"r-{number}"
        yield Fact(JOB_SUGGESTION_CHECK_RECORDED, check(CHECKED, f"check-{number}", citizen=citizen), f"check-{number}")
        yield Fact(JOBLOG_ENTRY_RECORDED, entry(ENTERED, f"entry-{number}", citizen=citizen), f"entry-{number}")
    yield Fact(LEGAL_HOLD_RECORDED, hold("2021-01-01 10:00", citizen="r-0"), "hold-0")
    for number in range(2):
        yield Fact(REGISTRATION_REQUESTED, request("2021-01-01 10:00", citizen="r-0"), f"asked-{number}")


def _publish(system: System, days: list[tuple[date, Waves]]) -> None:
    """All at once: whatever order the engine takes it in is the one to be replayed."""
    for day, waves in days:
        if day != BEFORE:
            begin(system, day)
        announced = {each.version: each for wave in waves for each in wave if isinstance(each, Announced)}
        for each in announced.values():
            announce(system, each)
        facts = [step for wave in waves for step in wave if isinstance(step, Event)]
        system.publish([Fact(TOPIC_OF[type(fact)], fact, f"{day}-{number}") for number, fact in enumerate(facts)])


def _happened(old: Connection) -> None:
    """What is compared is not nothing. Notices and letters may be old enough by now to be gone."""
    for what, query in {
        "states": "select count(*) from ledger.state",
        "steps": "select count(*) from ledger.batch where step",
        "deletions": "select count(*) from retention.receipt where area = 'job-suggestion-checks'",
        "withheld": "select count(*) from register.job_suggestion_check where reach = 'withheld'",
        "notices": "select count(*) from flood.count",
        "requests asked twice": "select count(*) from ledger.batch where set_aside::text like '%asked already%'",
        "replaced titles": "select count(*) from audit.replaced_title",
        "letters": "select count(*) from ledger.batch where consumer = 'mailboxes' and outgoing > 0",
    }.items():
        row = old.execute(query).fetchone()
        assert row is not None
        assert row[0] > 0, f"no {what}"
