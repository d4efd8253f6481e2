"""The journal: one entry an event, with its cause and rule and without anything that the event said."""

from collections.abc import Iterator

import pytest
from psycopg import Connection

from consumers.journal import READS, apply
from infra.engine.record import IncomingEvent
from schemas.topics import (
    DELETION_ORDERED,
    JOB_AD_NUMBERS_TO_CHECK,
    RECORD_AGED,
    TITLE_PUBLISHED,
    TITLE_REPLACED,
    TOPICS,
)
from tests.builders import BOTH, CITIZEN, NO_DUTY, change_notice, situation
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import incoming, rows
from tests.login_builders import login
from tests.title_builders import COOK, NEW_COOK, changed, free_text, request, wish

ENTRIES = "select type, uuid_send(event_id), uuid_send(cause), rule from journal.entry order by occurred_at, type"
FACT = incoming(wish("2021-06-01 10:00", COOK))
CHANGE = incoming(changed("2021-06-12 00:00", "converted", NEW_COOK), cause=FACT.id)
NOTICE = incoming(change_notice("2021-06-14 08:00", before=NO_DUTY, now=BOTH), cause=CHANGE.id)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def applied(connection: Connection, *incoming_events: IncomingEvent) -> None:
    with connection.transaction():
        apply(connection, incoming_events)


def test_it_reads_everything_about_a_subject_but_what_is_for_the_audit_and_what_only_leads_to_a_deletion() -> None:
    left_out = {TITLE_PUBLISHED, TITLE_REPLACED, RECORD_AGED, DELETION_ORDERED, JOB_AD_NUMBERS_TO_CHECK}
    assert set(TOPICS) - set(READS) == left_out | {topic for topic in TOPICS if topic.broadcast}


def test_an_entry_has_subject_time_type_id_cause_and_rule(connection: Connection) -> None:
    applied(connection, FACT, CHANGE, NOTICE)
    assert rows(connection, ENTRIES) == [
        ("title-held-recorded.v2", FACT.id, None, None),
        ("title-changed.v1", CHANGE.id, FACT.id, "TIT-2"),
        ("notice-issued.v1", NOTICE.id, CHANGE.id, "CV-3"),
    ]
    assert rows(connection, "select distinct subject from journal.entry") == [(CITIZEN,)]
    times = rows(connection, "select occurred_at from journal.entry order by occurred_at")
    assert [at for (at,) in times] == [each.event.occurred_at for each in (FACT, CHANGE, NOTICE)]


def test_no_title_and_no_free_text_is_in_it(connection: Connection) -> None:
    applied(connection, FACT, CHANGE, NOTICE, incoming(free_text("2021-06-02 10:00", "Overkokkerist", item="w2")))
    text = str(rows(connection, "select to_jsonb(e)::text from journal.entry e"))
    assert not any(word in text for word in (COOK, NEW_COOK, "Overkokkerist"))


@pytest.mark.parametrize("size", [1, 2, 100])
def test_applying_everything_twice_in_any_grouping_equals_once(connection: Connection, size: int) -> None:
    batch = [FACT, CHANGE, NOTICE, incoming(situation("2021-06-01 10:00")), incoming(request("2021-06-15 10:00"))]
    applied(connection, *batch)
    once = rows(connection, ENTRIES)
    assert len(once) == len(batch)
    for start in range(0, len(batch), size):
        applied(connection, *batch[start : start + size])
    assert rows(connection, ENTRIES) == once


def test_entries_lie_in_the_partition_of_their_month_in_utc_and_no_moment_is_without_one(
    connection: Connection,
) -> None:
    months = ("2020-12-31 12:00", "2021-07-01 01:59", "2021-07-01 02:00", "2024-02-29 10:00")
    applied(connection, *(incoming(situation(at)) for at in months))
    assert rows(connection, "select tableoid::regclass::text from journal.entry order by occurred_at") == [
        ("journal.entry_other",),
        ("journal.entry_2021_06",),
        ("journal.entry_2021_07",),
        ("journal.entry_other",),
    ]


def test_a_code_that_nobody_knows_is_counted_by_day_without_the_code_and_its_event_is_in_the_journal(
    connection: Connection,
) -> None:
    strange = [incoming(login(at, system="star-app")) for at in ("2021-06-15 23:59", "2021-06-15 08:00", "2021-06-16")]
    applied(connection, *strange[:1], incoming(login("2021-06-15 09:00")))
    applied(connection, *strange[1:])
    counts = "select type, field, day::text, times from journal.unknown_code order by day"
    assert rows(connection, counts) == [
        ("login-recorded.v1", "system", "2021-06-15", 2),
        ("login-recorded.v1", "system", "2021-06-16", 1),
    ]
    assert rows(connection, "select count(*) from journal.entry where type = 'login-recorded.v1'") == [(4,)]
