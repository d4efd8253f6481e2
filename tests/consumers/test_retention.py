"""A slice's nights of retention on the real database: register, decision and deletions in turn."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import pytest
from psycopg import Connection, Rollback

from consumers import deletions, registers
from consumers.ageing import step
from schemas.event import Event
from schemas.receipts import FIRST, Receipt
from schemas.receipts import check as checked
from schemas.retention import RecordDeleted
from tests.builders import CITIZEN, moment
from tests.consumers.batches import slice_connection, waits_inside
from tests.consumers.title_batches import SLICE, incoming_events, rows
from tests.retention_builders import REFERENCE, Nights, archived, blocked, check, entry, hold, ordered, standing

WHOLE = "select record, note, reach, emptied from register.joblog_entry order by record"
SEEN = "select record, employer, note from register.citizen_joblog order by record"
RECEIPTS = "select area, record, rule, due, deleted_on, reference from retention.receipt order by number"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def nights(connection: Connection) -> Nights:
    return Nights(connection)


def deleted(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.area, event.record) for event in events if isinstance(event, RecordDeleted)]


def referred(connection: Connection, cancelled_on: str | None = None) -> None:
    """The citizen was referred as r1 from January to 1 September 2015."""
    if rows(connection, "select to_regclass('access.referral')") == [(None,)]:
        connection.execute(f"create schema if not exists access; {REFERRAL}")
    connection.execute(
        "insert into access.referral (record, citizen, slice, provider, first_day, last_day, cancelled_on, updated_at)"
        " values ('r1', %s, %s, 'provider-1', '2015-01-01', '2015-09-01', %s, %s)",
        (CITIZEN, SLICE, cancelled_on, moment("2015-01-01 12:00")),
    )


def chain(connection: Connection) -> list[Receipt]:
    return [Receipt(*row) for row in rows(connection, "select * from retention.receipt order by slice, number")]


def test_ret_1_a_check_of_job_suggestions_goes_six_years_after_its_day_and_archived_first(
    connection: Connection, nights: Nights
) -> None:
    nights.record(check("2019-11-04 12:00", checked_on=date(2016, 2, 29)), check("2016-03-02 12:00", "check-2"))
    archived(connection, "job-suggestion-checks", "check-1", "2019-11-04 12:00")
    archived(connection, "job-suggestion-checks", "check-2", "2016-03-02 12:00")
    assert nights.day("2022-02-28") == []
    assert deleted(nights.day("2022-03-01")) == [("job-suggestion-checks", "check-1")]
    assert rows(connection, "select record from register.job_suggestion_check") == [("check-2",)]
    assert rows(connection, RECEIPTS) == [
        ("job-suggestion-checks", "check-1", "RET-1", date(2022, 3, 1), date(2022, 3, 1), REFERENCE)
    ]
    assert nights.day("2022-03-01") == []
    assert deleted(nights.day("2022-03-02")) == [("job-suggestion-checks", "check-2")]


def test_ret_1_a_check_says_when_the_citizen_logged_in_and_acknowledged_it(
    connection: Connection, nights: Nights
) -> None:
    acknowledged: dict[str, Any] = {
        "logged_in_at": moment("2019-11-04 11:50"),
        "acknowledged_at": moment("2019-11-04 12:00"),
    }
    nights.record(check("2019-11-04 12:00", **acknowledged), check("2019-11-11 12:00", "check-2"))
    shown = "select record, logged_in_at, acknowledged_at from register.job_suggestion_checks order by record"
    assert rows(connection, shown) == [("check-1", *acknowledged.values()), ("check-2", None, None)]


REFERRAL = """
create table access.referral (record text primary key, citizen text not null, slice int not null, provider text,
    first_day date, last_day date, cancelled_on date, updated_at timestamptz not null, reach text default 'open',
    ends date not null generated always as (least(last_day, cancelled_on - 1)) stored);
"""


@pytest.mark.parametrize(
    ("cancelled_on", "due"), [(None, "2021-09-01"), ("2015-08-21", "2021-08-20"), ("2015-12-24", "2021-09-01")]
)
def test_ret_2_a_referral_goes_six_years_after_its_period_ended_also_when_it_was_cancelled(
    connection: Connection, nights: Nights, cancelled_on: str | None, due: str
) -> None:
    referred(connection, cancelled_on)
    archived(connection, "referrals", "r1", "2015-01-01 12:00")
    of_referrals = partial(step, ("referrals",))
    eve = date.fromordinal(date.fromisoformat(due).toordinal() - 1)
    assert nights.aged(str(eve), of_referrals) == []
    found = [produced.event for produced in nights.aged(due, of_referrals)]
    assert deleted(nights.decide(found)) == [("referrals", "r1")]
    assert rows(connection, "select count(*) from access.referral") == [(0,)]


def test_ret_2_a_registration_made_under_a_referral_stays_when_it_goes_and_follows_its_own_area(
    connection: Connection, nights: Nights
) -> None:
    referred(connection)
    archived(connection, "referrals", "r1", "2015-01-01 12:00")
    nights.record(entry("2015-08-31 10:00", note="Sammen med anden aktør"), check("2015-08-31 11:00"))
    nights.record(entry("2018-05-01 10:00", note="Sammen med anden aktør"))  # the citizen has updated it since
    archived(connection, "job-suggestion-checks", "check-1", "2015-08-31 11:00")
    archived(connection, "joblog", "entry-1", "2018-05-01 10:00")
    stays = [("entry-1", "Sammen med anden aktør", "open", False)]
    found = [produced.event for produced in nights.aged("2021-09-01", partial(step, ("referrals",)))]
    assert deleted(nights.decide(found)) == [("referrals", "r1")]
    assert rows(connection, WHOLE) == stays
    assert rows(connection, "select record from register.job_suggestion_check") == [("check-1",)]
    assert deleted(nights.day("2021-09-01")) == [("job-suggestion-checks", "check-1")]
    assert deleted(nights.day("2022-04-30")) == []
    assert rows(connection, WHOLE) == stays
    assert deleted(nights.day("2022-05-01")) == [("joblog-voluntary", "entry-1")]
    assert deleted(nights.day("2024-05-01")) == [("joblog-mandatory", "entry-1")]


def test_ret_3_only_the_voluntary_fields_go_four_years_after_the_last_update(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2018-01-10 23:59", contact_person="Nobody", answer="no"), entry("2018-01-11 00:00", "entry-2"))
    assert nights.day("2022-01-09") == []
    assert deleted(nights.day("2022-01-10")) == [("joblog-voluntary", "entry-1")]
    assert rows(connection, WHOLE) == [("entry-1", None, "open", True), ("entry-2", "Ring igen", "open", False)]
    assert rows(connection, "select employer, contact_person, answer from register.joblog_entry where emptied") == [
        ("Bakery", None, None)
    ]
    assert nights.day("2022-01-10") == []


def test_ret_4_the_entry_goes_six_years_after_the_last_update_with_the_approval_on_its_receipt(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2016-02-29 12:00"))
    archived(connection, "joblog", "entry-1", "2016-02-29 12:00")
    assert deleted(nights.day("2022-02-28")) == [("joblog-voluntary", "entry-1")]
    assert deleted(nights.day("2022-03-01")) == [("joblog-mandatory", "entry-1")]
    assert rows(connection, WHOLE) == []
    assert rows(connection, RECEIPTS) == [
        ("joblog-voluntary", "entry-1", "RET-3", date(2020, 2, 29), date(2022, 2, 28), None),
        ("joblog-mandatory", "entry-1", "RET-4", date(2022, 3, 1), date(2022, 3, 1), REFERENCE),
    ]


def test_ret_4_an_entry_whose_fields_and_record_are_ordered_in_one_batch_has_both_receipts(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2016-02-29 12:00"))
    both = [ordered("2022-03-01", "2016-02-29 12:00", area=area) for area in ("joblog-voluntary", "joblog-mandatory")]
    with connection.transaction():
        gone = [produced.event for produced in deletions.apply(connection, incoming_events(*both))]
    assert deleted(gone) == [("joblog-voluntary", "entry-1"), ("joblog-mandatory", "entry-1")]


def test_ret_5_the_citizen_sees_an_entry_in_full_or_not_at_all_and_none_of_a_closed_joblog(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2018-01-10 12:00"), entry("2020-01-10 12:00", "entry-2", note=None))
    assert rows(connection, SEEN) == [("entry-1", "Bakery", "Ring igen"), ("entry-2", "Bakery", None)]
    nights.day("2022-01-10")
    assert rows(connection, SEEN) == [("entry-2", "Bakery", None)]
    nights.record(standing("2024-01-10", is_open=False))
    assert rows(connection, SEEN) == []
    nights.record(entry("2024-02-01 12:00", "entry-3"), standing("2024-02-01 12:00", is_open=True))
    assert rows(connection, SEEN) == [("entry-2", "Bakery", None), ("entry-3", "Bakery", "Ring igen")]
    assert rows(connection, "select * from register.joblog_closed") == []


def test_ret_6_without_its_receipt_a_record_is_withheld_and_goes_when_the_approval_is_there(
    connection: Connection, nights: Nights
) -> None:
    nights.record(check("2015-07-01 12:00"), check("2021-07-01 12:00", "check-2"))
    archived(connection, "job-suggestion-checks", "check-1", "2015-07-01 12:00", reference=None)
    due = blocked("2021-07-01", "2015-07-01 12:00", "no-receipt", "check-1", "job-suggestion-checks")
    assert nights.day("2021-07-01") == [due]
    assert rows(connection, "select record from register.job_suggestion_checks") == [("check-2",)]
    assert rows(connection, "select area, reason, records from retention.blocked") == [
        ("job-suggestion-checks", "no-receipt", 1)
    ]
    assert nights.day("2021-07-02") == []
    connection.execute("update archive.delivery set reference = 'late', approved_at = made_at, approved_by = 'anna'")
    assert deleted(nights.day("2021-07-03")) == [("job-suggestion-checks", "check-1")]
    assert rows(connection, RECEIPTS)[0][-1] == "late"


def test_ret_6_a_delivery_of_an_older_state_does_not_cover_the_record(connection: Connection, nights: Nights) -> None:
    nights.record(check("2015-07-01 12:00"))
    archived(connection, "job-suggestion-checks", "check-1", "2015-07-01 12:00")
    nights.record(check("2016-01-01 12:00", checked_on=date(2015, 7, 1), outcome="corrected"))
    assert deleted(nights.day("2021-07-01")) == []
    archived(connection, "job-suggestion-checks", "check-1", "2016-01-01 12:00", "approval-2")
    assert deleted(nights.day("2021-07-02")) == [("job-suggestion-checks", "check-1")]


def test_ret_6_an_order_for_a_state_that_was_corrected_since_does_nothing(
    connection: Connection, nights: Nights
) -> None:
    nights.record(check("2015-07-01 12:00"))
    nights.record(check("2015-08-01 12:00", checked_on=date(2015, 7, 1), outcome="corrected, and not archived"))
    stale = ordered("2021-07-01", "2015-07-01 12:00", "check-1", "job-suggestion-checks")
    with connection.transaction():
        assert list(deletions.apply(connection, incoming_events(stale))) == []
    assert rows(connection, "select record from register.job_suggestion_check") == [("check-1",)]


def test_ret_6_what_a_hold_covers_is_withheld_and_its_release_deletes_by_itself(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2018-01-10 12:00"), entry("2018-01-10 12:00", "entry-2"))
    nights.record(hold("2022-01-01 12:00", record="entry-1"))
    said = nights.day("2022-01-10")
    assert deleted(said) == [("joblog-voluntary", "entry-2")]
    assert rows(connection, WHOLE) == [("entry-1", "Ring igen", "withheld", False), ("entry-2", None, "open", True)]
    assert rows(connection, SEEN) == rows(connection, "select record from register.joblog where not emptied") == []
    assert nights.day("2022-01-11") == []
    nights.record(hold("2022-02-01 12:00", record="entry-1", released=True))
    assert rows(connection, WHOLE) == [("entry-1", None, "open", True), ("entry-2", None, "open", True)]
    assert rows(connection, "select count(*) from retention.hold") == [(0,)]


def test_ret_6_a_hold_that_only_the_deletions_know_stops_an_order_until_the_decision_knows_it(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2015-01-10 12:00"), check("2015-01-10 12:00"))
    orders = [ordered("2022-01-10", "2015-01-10 12:00", area=area) for area in ("joblog-voluntary", "joblog-mandatory")]
    orders.append(ordered("2022-01-10", "2015-01-10 12:00", "check-1", "job-suggestion-checks"))
    with connection.transaction():
        assert list(deletions.apply(connection, incoming_events(*orders, hold("2022-01-10 00:00")))) == []
    assert rows(connection, WHOLE) == [("entry-1", "Ring igen", "open", False)]
    assert rows(connection, "select record from register.job_suggestion_check") == [("check-1",)]
    assert rows(connection, RECEIPTS) == []


def test_ret_7_a_later_update_moves_the_deadline_and_an_order_for_the_older_state_does_nothing(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2018-01-10 12:00"))
    nights.record(entry("2018-03-01 12:00", note="newer"), entry("2018-02-01 12:00", note="late, and older"))
    nights.record(entry("2018-02-15 12:00", note="later still, and older"))
    nights.record(check("2018-03-01 12:00"), check("2018-01-01 12:00"))
    nights.record(check("2018-02-01 12:00"))
    stale = ordered("2022-01-10", "2018-01-10 12:00", area="joblog-voluntary")
    with connection.transaction():
        assert list(deletions.apply(connection, incoming_events(stale))) == []
    assert nights.day("2022-02-28") == []
    assert rows(connection, WHOLE) == [("entry-1", "newer", "open", False)]
    assert rows(connection, "select checked_on from register.job_suggestion_check") == [(date(2018, 3, 1),)]
    assert deleted(nights.day("2022-03-01")) == [("joblog-voluntary", "entry-1")]


ENTRY_UPDATES = "select updated_at, updated_on from register.joblog_entry"


@pytest.mark.parametrize("cuts", [(3,), (1, 3), (2, 3), (1, 2, 3)])
def test_ret_7_what_is_recorded_again_as_it_was_is_no_update_and_what_was_another_meanwhile_is(
    connection: Connection, nights: Nights, cuts: tuple[int, ...]
) -> None:
    def said(at: str, **fields: Any) -> Event:
        return entry(at, applied_on=date(2018, 1, 10), **fields)

    for record, note, updated_on in (
        ("entry-1", "Ring igen", date(2018, 1, 10)),
        ("entry-2", "other", date(2020, 1, 2)),
    ):
        facts = [said("2018-01-10 12:00", record=record), said("2019-01-01 12:00", record=record, note=note)]
        facts.append(said("2020-01-02 03:00", record=record))
        for first, last in zip((0, *cuts), cuts, strict=False):
            nights.record(*facts[first:last])
        updated = rows(connection, f"{ENTRY_UPDATES} where record = '{record}'")
        assert [on for _, on in updated] == [updated_on]
    nights.record(said("2019-06-01 12:00", record="entry-1", note="late, and older than what was said again"))
    assert deleted(nights.day("2022-01-10")) == [("joblog-voluntary", "entry-1")]
    nights.record(said("2022-01-11 03:00", record="entry-1"))
    assert rows(connection, f"{ENTRY_UPDATES} where emptied") == [(moment("2018-01-10 12:00"), date(2018, 1, 10))]


def test_ret_6_a_check_that_is_recorded_again_as_it_was_is_covered_by_the_delivery_that_has_it(
    connection: Connection, nights: Nights
) -> None:
    nights.record(check("2015-08-01 12:00"))
    archived(connection, "job-suggestion-checks", "check-1", "2015-08-01 12:00")
    nights.record(check("2021-07-31 03:00", checked_on=date(2015, 8, 1)))
    assert deleted(nights.day("2021-08-01")) == [("job-suggestion-checks", "check-1")]


def test_ret_7_a_withheld_entry_that_is_updated_comes_into_reach_again(connection: Connection, nights: Nights) -> None:
    nights.record(entry("2015-08-01 12:00"))
    nights.day("2021-08-01")
    assert rows(connection, "select reach from register.joblog_entry") == [("withheld",)]
    nights.record(entry("2021-08-01 12:00", note="new"))
    assert rows(connection, WHOLE) == [("entry-1", None, "open", True)]


def test_ret_8_a_redelivered_order_a_late_event_and_a_whole_replay_bring_nothing_back(
    connection: Connection, nights: Nights
) -> None:
    facts = [check("2015-08-01 12:00"), entry("2017-08-01 12:00")]
    nights.record(*facts)
    archived(connection, "job-suggestion-checks", "check-1", "2015-08-01 12:00")
    assert len(deleted(nights.day("2021-08-01"))) == 2
    receipts = chain(connection)
    nights.record(*facts)
    nights.record(check("2021-09-01 12:00"), entry("2017-06-01 12:00"), entry("2021-09-01 12:00", note="back?"))
    again = ordered("2021-08-01", "2015-08-01 12:00", "check-1", "job-suggestion-checks")
    with connection.transaction():
        assert list(deletions.apply(connection, incoming_events(again, again))) == []
    assert rows(connection, "select count(*) from register.job_suggestion_check") == [(0,)]
    assert rows(connection, WHOLE) == [("entry-1", None, "open", True)]
    assert chain(connection) == receipts


def test_ret_8_receipts_are_a_chain_without_personal_data_and_the_event_carries_its_own(
    connection: Connection, nights: Nights
) -> None:
    nights.record(*(entry(f"2017-07-{n} 12:00", f"entry-{n}") for n in range(10, 30)))
    nights.day("2021-07-14")
    events = [event for event in nights.day("2021-07-29") if isinstance(event, RecordDeleted)]
    receipts = chain(connection)
    assert (len(receipts), receipts[0].previous) == (20, FIRST)
    assert checked(receipts) == {SLICE: (20, receipts[-1].hash)}
    assert [(e.record, e.number, e.previous, e.hash) for e in events] == [
        (r.record, r.number, r.previous, r.hash) for r in receipts[5:]
    ]
    assert CITIZEN not in str(receipts)


def test_ret_9_records_left_behind_are_counted_outside_the_job_that_deletes(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2017-06-10 12:00"), check("2015-07-01 12:00"), entry("2018-01-01 12:00", "entry-2"))
    nights.record(hold("2021-06-14 12:00", record="entry-2"))
    standing_ = "select area, outcome, records, overdue, oldest_due from retention.standing('2022-01-01')"
    assert rows(connection, standing_) == [
        ("job-suggestion-checks", "no-receipt", 1, 1, date(2021, 7, 1)),
        ("joblog-voluntary", "goes", 1, 1, date(2021, 6, 10)),
        ("joblog-voluntary", "hold", 1, 0, date(2022, 1, 1)),
    ]
    nights.day("2022-01-01")
    assert [row[:3] for row in rows(connection, standing_)] == [
        ("job-suggestion-checks", "no-receipt", 1),
        ("joblog-voluntary", "hold", 1),
    ]


def test_a_batch_that_is_rolled_back_leaves_no_trace(connection: Connection, nights: Nights) -> None:
    nights.record(entry("2017-06-10 12:00"))
    before = rows(connection, WHOLE)
    with connection.transaction():
        assert list(
            deletions.apply(
                connection, incoming_events(ordered("2021-08-01", "2017-06-10 12:00", area="joblog-voluntary"))
            )
        )
        registers.apply(connection, incoming_events(entry("2021-06-10 12:00", "entry-2")))
        raise Rollback
    assert rows(connection, WHOLE) == before
    assert rows(connection, RECEIPTS) == []


def test_a_record_of_another_citizen_is_never_overwritten_and_is_alarmed(
    connection: Connection, nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    nights.record(entry("2021-01-01 12:00"))
    nights.record(entry("2021-02-01 12:00", citizen="citizen-2", note="not mine"))
    assert rows(connection, "select citizen, note from register.joblog_entry") == [(CITIZEN, "Ring igen")]
    assert "ALARM registers: 1 facts" in caplog.text


def test_ret_8_a_late_fact_that_waits_for_a_deletion_under_way_does_not_bring_the_record_back(
    connection: Connection, nights: Nights, database: str
) -> None:
    nights.record(check("2015-07-01 12:00"))
    order = ordered("2021-07-01", "2015-07-01 12:00", "check-1", "job-suggestion-checks")
    with slice_connection(database) as deleting:

        def late() -> None:
            nights.record(check("2015-07-01 12:00", outcome="corrected"))

        with waits_inside(deleting, late):
            assert len(list(deletions.apply(deleting, incoming_events(order)))) == 1
    assert rows(connection, "select count(*) from register.job_suggestion_check") == [(0,)]
