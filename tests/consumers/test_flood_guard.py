"""The flood guard (CV-6): exactly the ceiling is visible, nothing is lost, and an operator has the last word."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date

import pytest
from psycopg import Connection, Rollback

from consumers.admin import flood
from consumers.admin.flood import FloodError, Held
from consumers.mailboxes import apply, mailbox
from schemas.notices import NoticeIssued
from tests.builders import BOTH, NO_DUTY, change_notice, status_notice
from tests.consumers.batches import (
    FLOOD_DAY,
    REASON,
    in_parallel,
    incoming_events,
    set_ceiling,
    slice_connection,
    statuses,
    waits_for,
    waits_inside,
)

EVERYTHING = 10_000
Decide = Callable[..., int]


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def other(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def notices(
    count: int, prefix: str = "c", at: str = "2021-06-14 08:00", recipient: str = "jobcentre-1"
) -> list[NoticeIssued]:
    """So many of one reason and day, each about another citizen."""
    made = change_notice(at, recipient, before=NO_DUTY, now=BOTH)
    return [made.model_copy(update={"about": f"{prefix}-{n}"}) for n in range(count)]


def batch(connection: Connection, events: list[NoticeIssued], first: int = 0) -> None:
    with connection.transaction():
        apply(connection, incoming_events(*events, first=first))


def counted(connection: Connection) -> list[tuple[str, date, int, str]]:
    return connection.execute("select reason, day, notices, status from flood.count order by day, reason").fetchall()


def actions(connection: Connection) -> list[tuple[str, str, str, date, int | None, int | None]]:
    found = connection.execute("select who, action, reason, day, notices, ceiling from flood.action order by id")
    return found.fetchall()


def visible(connection: Connection) -> list[str]:
    return [notice.about for notice in mailbox(connection, "jobcentre-1", EVERYTHING)]


def test_what_is_beyond_the_ceiling_is_held_in_order_and_alarmed_once(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    set_ceiling(connection, 5)
    batch(connection, notices(4, "a"))
    batch(connection, notices(4, "b"))
    batch(connection, notices(4, "c"))
    assert visible(connection) == ["a-0", "a-1", "a-2", "a-3", "b-0"]
    assert statuses(connection) == {"delivered": 5, "held": 7}
    assert counted(connection) == [(REASON, FLOOD_DAY, 12, "holding")]
    assert connection.execute("select reason, day, notices, ceiling from flood.alarm").fetchall() == [
        (REASON, FLOOD_DAY, 8, 5)
    ]
    alarms = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(alarms) == 1
    assert alarms[0].startswith("ALARM flood: 8 notices of reason cv-requirement-changed on 2021-06-14")
    assert "dfdg flood release cv-requirement-changed 2021-06-14 --who" in alarms[0]


def test_a_ceiling_that_is_just_reached_holds_nothing_and_each_reason_and_day_has_its_own(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    set_ceiling(connection, 3)
    set_ceiling(connection, 1, "cv-status-on-move")
    batch(connection, [*notices(3), *notices(3, at="2021-06-15 08:00"), status_notice("2021-06-14", now=BOTH)])
    assert statuses(connection) == {"delivered": 7}
    assert [status for *_, status in counted(connection)] == ["open"] * 3
    assert caplog.records == []


def test_a_ceiling_of_zero_delivers_nothing_and_a_reason_without_a_row_has_the_default_one(
    connection: Connection,
) -> None:
    set_ceiling(connection, 0)
    set_ceiling(connection, 2, "*")
    batch(connection, notices(1))
    unknown = [notice.model_copy(update={"reason": "another"}) for notice in notices(3, "u")]
    batch(connection, unknown, first=1)
    assert visible(connection) == ["u-0", "u-1"]
    assert statuses(connection) == {"delivered": 2, "held": 2}
    connection.execute("delete from flood.ceiling where reason = '*'")
    batch(connection, [notice.model_copy(update={"reason": "a third"}) for notice in notices(1)], first=9)
    assert statuses(connection) == {"delivered": 2, "held": 3}


def test_a_slice_that_meets_another_at_the_ceiling_waits_and_together_they_deliver_exactly_it(
    connection: Connection, other: Connection
) -> None:
    set_ceiling(connection, 10)
    with waits_inside(connection, lambda: batch(other, notices(8, "b"))):
        apply(connection, incoming_events(*notices(7, "a")))
    assert statuses(connection) == {"delivered": 10, "held": 5}
    assert visible(connection)[:7] == [f"a-{n}" for n in range(7)]
    assert counted(connection) == [(REASON, FLOOD_DAY, 15, "holding")]


def test_a_slice_that_is_rolled_back_at_the_ceiling_leaves_its_places_to_the_other(
    connection: Connection, other: Connection
) -> None:
    set_ceiling(connection, 10)
    with ExitStack() as waiting, connection.transaction():
        apply(connection, incoming_events(*notices(20, "a")))
        waiting.enter_context(waits_for(connection, lambda: batch(other, notices(8, "b"))))
        raise Rollback
    assert statuses(connection) == {"delivered": 8}
    assert counted(connection) == [(REASON, FLOOD_DAY, 8, "open")]
    assert connection.execute("select count(*) from flood.alarm").fetchone() == (0,)


def test_four_slices_racing_over_several_floods_deliver_exactly_each_ceiling(
    database: str, connection: Connection
) -> None:
    set_ceiling(connection, 100)
    days = [f"2021-06-{n} 08:00" for n in (14, 15, 16)]

    def race(slice_: int) -> None:
        with slice_connection(database) as own:
            order = days if slice_ % 2 else days[::-1]  # floods met in opposite orders must not deadlock
            for n in range(12):
                events = [event for at in order for event in notices(7, f"s{slice_}-{n}", at)]
                batch(own, events, first=n * 100)

    in_parallel([lambda s=s: race(s) for s in range(4)])  # type: ignore[misc]  # mypy cannot type a lambda's default
    found = connection.execute("select day, status, count(*) from mailbox.notice group by day, status order by 1, 2")
    assert found.fetchall() == [
        row for n in (14, 15, 16) for row in ((date(2021, 6, n), "delivered", 100), (date(2021, 6, n), "held", 236))
    ]
    assert [(notices, status) for *_, notices, status in counted(connection)] == [(336, "holding")] * 3
    assert connection.execute("select count(*) from flood.alarm").fetchone() == (3,)


def test_held_shows_each_flood_oldest_first_until_it_is_decided(connection: Connection) -> None:
    set_ceiling(connection, 1)
    batch(connection, [*notices(3, at="2021-06-15 08:00"), *notices(2)])
    assert flood.held(connection) == [
        Held(REASON, date(2021, 6, 14), 1, 2, 1, "holding"),
        Held(REASON, date(2021, 6, 15), 2, 3, 1, "holding"),
    ]
    flood.release(connection, REASON, date(2021, 6, 14), "Bodil")
    flood.discard(connection, REASON, date(2021, 6, 15), "Bodil")
    assert flood.held(connection) == []


def test_a_release_delivers_what_is_held_in_its_place_and_all_that_still_comes(connection: Connection) -> None:
    set_ceiling(connection, 2)
    batch(connection, notices(5, "a"))
    assert flood.release(connection, REASON, FLOOD_DAY, "Bodil") == 3
    batch(connection, notices(2, "b"))
    assert visible(connection) == [f"a-{n}" for n in range(5)] + ["b-0", "b-1"]
    assert statuses(connection) == {"delivered": 7}
    assert counted(connection) == [(REASON, FLOOD_DAY, 7, "released")]
    assert actions(connection) == [("Bodil", "release", REASON, FLOOD_DAY, 3, None)]


def test_a_discard_shows_nobody_what_is_held_or_still_comes_but_loses_nothing(connection: Connection) -> None:
    set_ceiling(connection, 2)
    batch(connection, notices(5, "a"))
    assert flood.discard(connection, REASON, FLOOD_DAY, "Bodil") == 3
    batch(connection, notices(2, "b"))
    assert visible(connection) == ["a-0", "a-1"]
    assert statuses(connection) == {"delivered": 2, "discarded": 5}
    assert counted(connection) == [(REASON, FLOOD_DAY, 7, "discarded")]
    assert actions(connection) == [("Bodil", "discard", REASON, FLOOD_DAY, 3, None)]


@pytest.mark.parametrize("decide", [flood.release, flood.discard])
def test_a_decision_is_made_once_and_a_dry_run_makes_none(connection: Connection, decide: Decide) -> None:
    set_ceiling(connection, 1)
    batch(connection, notices(4))
    assert decide(connection, REASON, FLOOD_DAY, "Bodil", dry_run=True) == 3
    assert statuses(connection) == {"delivered": 1, "held": 3}
    assert (actions(connection), counted(connection)) == ([], [(REASON, FLOOD_DAY, 4, "holding")])
    assert decide(connection, REASON, FLOOD_DAY, "Bodil") == 3
    settled = statuses(connection), actions(connection), counted(connection)
    assert decide(connection, REASON, FLOOD_DAY, "Bodil") == 0
    assert (statuses(connection), actions(connection), counted(connection)) == settled
    assert len(actions(connection)) == 1


def test_a_decision_is_final_and_there_is_none_where_nothing_is_held(connection: Connection) -> None:
    batch(connection, notices(1))
    for decide in (flood.release, flood.discard):
        with pytest.raises(FloodError, match="on 2021-06-14 is open, not holding"):
            decide(connection, REASON, FLOOD_DAY, "Bodil")
        with pytest.raises(FloodError, match="Say who you are"):
            decide(connection, REASON, FLOOD_DAY, " ")
    set_ceiling(connection, 1)
    batch(connection, notices(1), first=1)
    flood.discard(connection, REASON, FLOOD_DAY, "Bodil")
    with pytest.raises(FloodError, match="on 2021-06-14 is discarded, not holding"):
        flood.release(connection, REASON, FLOOD_DAY, "Bodil")
    assert statuses(connection) == {"delivered": 1, "discarded": 1}
    assert len(actions(connection)) == 1


@pytest.mark.parametrize(("decide", "status"), [(flood.release, "delivered"), (flood.discard, "discarded")])
def test_a_decision_waits_for_a_slice_that_is_inserting_and_covers_what_it_held(
    connection: Connection, other: Connection, decide: Decide, status: str
) -> None:
    set_ceiling(connection, 0)
    batch(connection, notices(2, "a"))
    with waits_inside(connection, lambda: decide(other, REASON, FLOOD_DAY, "Bodil")):
        apply(connection, incoming_events(*notices(3, "b")))
    assert statuses(connection) == {status: 5}
    assert actions(connection)[0][4] == 5


@pytest.mark.parametrize(("decide", "status"), [(flood.release, "delivered"), (flood.discard, "discarded")])
def test_a_slice_that_meets_a_decision_waits_and_follows_it(
    connection: Connection, other: Connection, decide: Decide, status: str
) -> None:
    set_ceiling(connection, 0)
    batch(connection, notices(2, "a"))
    with waits_inside(connection, lambda: batch(other, notices(3, "b"))):
        decide(connection, REASON, FLOOD_DAY, "Bodil")
    assert statuses(connection) == {status: 5}


def test_a_release_that_was_interrupted_goes_on_and_shows_nothing_out_of_order_meanwhile(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_ceiling(connection, 0)
    batch(connection, notices(5, "a"))
    monkeypatch.setattr(flood, "MOVED_AT_ONCE", 2)
    connection.execute("update flood.count set status = 'released'")  # decided,
    assert flood._move(connection, "delivered", (REASON, FLOOD_DAY)) == 2  # the first piece moved, then killed
    batch(connection, notices(5, "a"), first=10)  # newer ones about the same citizens
    assert visible(connection) == ["a-0", "a-1", "a-0", "a-1"]
    assert flood.held(connection) == [Held(REASON, FLOOD_DAY, 3, 10, 0, "released")]
    assert flood.release(connection, REASON, FLOOD_DAY, "Bodil") == 3
    assert visible(connection) == [f"a-{n}" for n in range(5)] * 2


def test_a_newer_notice_waits_behind_a_held_one_about_the_same_citizen_to_the_same_recipient(
    connection: Connection,
) -> None:
    set_ceiling(connection, 0)
    elsewhere = status_notice("2021-06-15 08:00", "fund-1", now=BOTH)
    newer = status_notice("2021-06-15 08:00", now=BOTH)
    batch(connection, [*notices(1), newer.model_copy(update={"about": "c-0"}), newer, elsewhere])
    assert [(n.about, n.reason) for n in mailbox(connection, "jobcentre-1", 9)] == [("citizen-1", "cv-status-on-move")]
    assert len(mailbox(connection, "fund-1", 9)) == 1
    flood.release(connection, REASON, FLOOD_DAY, "Bodil")
    assert [(n.about, n.reason) for n in mailbox(connection, "jobcentre-1", 9)] == [
        ("c-0", REASON),
        ("c-0", "cv-status-on-move"),
        ("citizen-1", "cv-status-on-move"),
    ]


def test_an_announced_night_has_its_own_ceiling_and_only_that_night(connection: Connection) -> None:
    set_ceiling(connection, 2)
    flood.announce(connection, REASON, FLOOD_DAY, 4, "Bodil")
    flood.announce(connection, REASON, FLOOD_DAY, 4, "Bodil")
    assert actions(connection) == [("Bodil", "announce", REASON, FLOOD_DAY, None, 4)]
    batch(connection, [*notices(5), *notices(5, at="2021-06-15 08:00")])
    found = connection.execute("select day, count(*) from mailbox.visible group by day order by day").fetchall()
    assert found == [(date(2021, 6, 14), 4), (date(2021, 6, 15), 2)]


def test_an_announcement_may_be_changed_until_something_is_held(connection: Connection) -> None:
    set_ceiling(connection, 2)
    flood.announce(connection, REASON, FLOOD_DAY, 0, "Bodil")
    flood.announce(connection, REASON, FLOOD_DAY, 3, "Bodil")
    batch(connection, notices(4))
    with pytest.raises(FloodError, match="Too late: cv-requirement-changed on 2021-06-14 is holding already"):
        flood.announce(connection, REASON, FLOOD_DAY, 9, "Bodil")
    with pytest.raises(FloodError, match="A ceiling of -1 is none"):
        flood.announce(connection, REASON, FLOOD_DAY, -1, "Bodil")
    with pytest.raises(FloodError, match="Say who you are"):
        flood.announce(connection, REASON, FLOOD_DAY, 9, "")
    assert statuses(connection) == {"delivered": 3, "held": 1}
    assert [(who, ceiling) for who, *_, ceiling in actions(connection)] == [("Bodil", 0), ("Bodil", 3)]


def test_a_slice_that_meets_an_announcement_waits_and_counts_with_it(connection: Connection, other: Connection) -> None:
    set_ceiling(connection, 2)
    with waits_inside(connection, lambda: batch(other, notices(5))):
        flood.announce(connection, REASON, FLOOD_DAY, 5, "Bodil")
    assert statuses(connection) == {"delivered": 5}
