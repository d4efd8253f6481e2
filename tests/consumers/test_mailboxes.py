"""What stands in a mailbox: every notice once, in order per citizen, with the Danish text that was sent."""

import logging
from collections.abc import Iterator
from datetime import date

import pytest
from psycopg import Connection, errors

from consumers.mailboxes import Notice, apply, mailbox
from schemas.cpr import looks_like_cpr
from schemas.event import Event
from schemas.texts import TEXTS
from tests.builders import BOTH, NO_DUTY, REGISTER, change_notice, status_notice
from tests.consumers.batches import REASON, incoming_events, set_ceiling, slice_connection, statuses

TEXT = (
    "Kravene til borgerens CV er ændret fra den {}. Skal registrere CV: ja (før: nej). Skal gøre CV søgbart: nej (før:"
    " nej)."
)


NOTICE = change_notice("2021-06-14 08:00", before=NO_DUTY, now=BOTH)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def applied(connection: Connection, *events: Event, first: int = 0) -> None:
    with connection.transaction():
        apply(connection, incoming_events(*events, first=first))


def test_a_notice_is_stored_with_its_danish_text_the_texts_version_and_its_copenhagen_day(
    connection: Connection,
) -> None:
    event = change_notice("2021-06-15 00:30", before=NO_DUTY, now=REGISTER)  # still the 14th in UTC
    batch = incoming_events(event)
    with connection.transaction():
        apply(connection, batch)
    stored = connection.execute(
        "select uuid_send(id), recipient_kind, recipient, about, reason, rule, day, from_day, details, text,"
        " text_version, status from mailbox.notice"
    ).fetchall()
    assert stored == [
        (
            *(batch[0].id, "jobcentre", "jobcentre-1", "citizen-1", "cv-requirement-changed", "CV-3"),
            *(date(2021, 6, 15), date(2021, 6, 15), event.details),
            *(TEXT.format("15.06.2021"), TEXTS[REASON].version, "delivered"),
        )
    ]


def test_a_recipient_sees_its_own_notices_oldest_first_and_nothing_else(connection: Connection) -> None:
    moved = status_notice("2021-06-15 09:00", "fund-1", now=BOTH)
    first = change_notice("2021-06-14 08:00", "fund-1", before=NO_DUTY, now=REGISTER)
    applied(connection, first, change_notice("2021-06-14 08:00", "fund-2", before=NO_DUTY, now=BOTH), moved)
    day = date(2021, 6, 14)
    one, two = mailbox(connection, "fund-1", 10)
    assert one == Notice(one.number, day, day, "citizen-1", REASON, "CV-3", TEXT.format("14.06.2021"), first.details)
    assert (two.reason, two.rule, two.day, two.details) == (moved.reason, "CV-4", date(2021, 6, 15), moved.details)
    assert two.text == (
        "Borgeren er tilknyttet jer fra den 15.06.2021. Skal registrere CV: ja. Skal gøre CV søgbart: ja."
    )


def test_a_limit_leaves_the_latest_in_order(connection: Connection) -> None:
    applied(connection, *(change_notice(f"2021-06-{n} 08:00", before=NO_DUTY, now=BOTH) for n in range(14, 20)))
    assert [notice.day.day for notice in mailbox(connection, "jobcentre-1", 2)] == [18, 19]
    assert mailbox(connection, "jobcentre-9", 2) == []


def test_a_citizens_notices_keep_their_order_within_and_across_batches(connection: Connection) -> None:
    for batch in range(5):
        numbered = ({"about": f"c-{n % 7}", "rule": f"{batch}-{n:03}"} for n in range(200))
        applied(connection, *(NOTICE.model_copy(update=fields) for fields in numbered), first=batch * 200)
    seen = mailbox(connection, "jobcentre-1", 1_000)
    assert len(seen) == 1_000
    for citizen in range(7):
        rules = [notice.rule for notice in seen if notice.about == f"c-{citizen}"]
        assert rules == sorted(rules)


@pytest.mark.parametrize(
    ("reason", "details"),
    [("not-written-yet", {"must_register": "yes"}), ("title-retired", {"titles": "Kok"})],
    ids=["an unknown reason", "a detail that the text needs is missing"],
)
def test_a_notice_without_a_text_is_delivered_with_its_reason_as_text_and_alarmed_once_a_batch(
    connection: Connection, caplog: pytest.LogCaptureFixture, reason: str, details: dict[str, str]
) -> None:
    strange = NOTICE.model_copy(update={"reason": reason, "details": details})
    applied(connection, strange, change_notice("2021-06-14 08:00", before=NO_DUTY, now=REGISTER), strange)
    found = connection.execute("select text, text_version, details, status from mailbox.notice order by number")
    assert found.fetchall() == [
        (reason, 0, details, "delivered"),
        (TEXT.format("14.06.2021"), 2, change_notice("2021-06-14", before=NO_DUTY, now=REGISTER).details, "delivered"),
        (reason, 0, details, "delivered"),
    ]
    alarms = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(alarms) == 1
    assert alarms[0].startswith(f"ALARM notices of reason {reason} have no Danish text")


def test_an_id_that_is_there_already_stops_the_batch_instead_of_being_counted_twice(connection: Connection) -> None:
    applied(connection, NOTICE)
    with pytest.raises(errors.UniqueViolation):
        applied(connection, NOTICE)
    assert statuses(connection) == {"delivered": 1}
    assert connection.execute("select notices from flood.count").fetchall() == [(1,)]


def test_cv_7_no_cpr_number_is_in_any_column_nor_in_a_log_line(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    set_ceiling(connection, 1)
    applied(connection, NOTICE, NOTICE, NOTICE.model_copy(update={"reason": "not-written-yet"}))
    tables = ("mailbox.notice", "flood.count", "flood.alarm")
    stored = [str(row) for table in tables for row in connection.execute(f"select t::text from {table} t")]
    assert len(stored) == 3 + 2 + 1
    assert len(caplog.records) == 2
    assert not [text for text in (*stored, *caplog.messages) if looks_like_cpr(text)]
