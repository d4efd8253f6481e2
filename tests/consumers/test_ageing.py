"""What a slice finds past its deadline when a day begins, by the rows of law: in pieces, again where it stopped, and
not too much."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from psycopg import Connection, Rollback

from consumers import ageing, registers
from infra.engine.ledger import Cursor
from infra.errors import AlarmError
from schemas.dates import add_years
from schemas.retention_areas import AREAS
from tests.builders import CITIZEN
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import SLICE, rows
from tests.retention_builders import Nights, archived, check, entry, hold

STAND = "select area, day, done, alarm is not null from retention.ageing order by area"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def nights(connection: Connection) -> Nights:
    return Nights(connection)


def pieces(connection: Connection, day: str, *parked: str) -> Iterator[list[str]]:
    """The records of each piece; a step that only notes that there are none is no piece."""
    cursor = Cursor("registers", SLICE, 1, 1, date.fromisoformat(day), None, {}, {}, {}, dict.fromkeys(parked, False))
    while True:
        with connection.transaction():
            found = ageing.step(registers.AREAS, connection, cursor)
        if found is None:
            return
        if found:
            yield [getattr(produced.event, "record", "") for produced in found]


def test_due_records_are_found_in_bounded_pieces_each_once_and_a_stop_loses_none(
    connection: Connection, nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ageing, "PIECE", 2)
    nights.record(*(entry(f"2017-07-{n} 12:00", f"entry-{n}") for n in range(10, 15)))
    first = pieces(connection, "2021-07-20")
    assert next(first) == ["entry-10", "entry-11"]
    cursor = Cursor("registers", SLICE, 1, 1, date(2021, 7, 20), None, {}, {}, {})
    with connection.transaction():
        assert ageing.step(registers.AREAS, connection, cursor)
        raise Rollback
    assert list(pieces(connection, "2021-07-20")) == [["entry-12", "entry-13"], ["entry-14"]]
    assert list(pieces(connection, "2021-07-20")) == []
    assert [row[:3] for row in rows(connection, STAND)] == [
        (area, date(2021, 7, 20), True) for area in sorted(registers.AREAS)
    ]


def test_nothing_ages_of_a_citizen_who_is_parked_until_the_day_after_the_letter_is_settled(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2017-07-10 12:00"))
    assert list(pieces(connection, "2021-07-20", CITIZEN)) == []
    assert list(pieces(connection, "2021-07-21")) == [["entry-1"]]


def test_a_day_on_which_no_rule_applies_yet_finds_nothing(connection: Connection, nights: Nights) -> None:
    nights.record(entry("2014-01-01 12:00"))
    assert list(pieces(connection, "2021-06-13")) == []
    assert rows(connection, STAND) == []


def test_ret_5_nothing_of_a_joblog_is_found_before_the_day_until_which_its_citizen_was_told_that_it_is_read(
    connection: Connection, nights: Nights
) -> None:
    nights.record(entry("2016-03-01 12:00"), entry("2014-03-01 12:00", "entry-2"))
    assert list(pieces(connection, "2021-06-14")) == list(pieces(connection, "2021-07-13")) == []
    assert list(pieces(connection, "2021-07-14")) == [["entry-2", "entry-1"], ["entry-2"]]


def test_ret_9_a_share_beyond_the_ceiling_stops_the_area_and_an_announced_night_lets_it_go(
    connection: Connection, nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    connection.execute("update retention.ceiling set share = 0.5, from_records = 1")
    nights.record(entry("2017-07-20 12:00"), entry("2017-07-20 12:00", "entry-2"), entry("2020-06-20 12:00", "entry-3"))
    nights.record(check("2015-07-20 12:00"))
    archived(connection, "job-suggestion-checks", "check-1", "2015-07-20 12:00")
    assert list(pieces(connection, "2021-07-20")) == [["check-1"]]
    assert "2 of 3 records of area joblog-voluntary" in caplog.text
    assert "dfdg retention announce joblog-voluntary 2021-07-20 SHARE" in caplog.text
    caplog.clear()
    assert list(pieces(connection, "2021-07-20")) == []
    assert caplog.text == "", "one alarm a day"
    assert ("joblog-voluntary", date(2021, 7, 20), False, True) in rows(connection, STAND)

    connection.execute("insert into retention.announced values ('joblog-voluntary', '2021-07-20', 0.7, 'anna')")
    assert list(pieces(connection, "2021-07-20")) == [["entry-1", "entry-2"]]
    assert ("joblog-voluntary", date(2021, 7, 20), True, False) in rows(connection, STAND)


def test_ret_9_exactly_the_ceiling_may_go(connection: Connection, nights: Nights) -> None:
    connection.execute("update retention.ceiling set share = 0.5, from_records = 1")
    nights.record(*(entry("2017-07-20 12:00", f"entry-{n}") for n in (1, 2)))
    nights.record(*(entry("2020-06-20 12:00", f"entry-{n}") for n in (3, 4)))
    assert list(pieces(connection, "2021-07-20")) == [["entry-1", "entry-2"]]


def test_ret_9_a_due_date_in_the_future_stops_the_slice(
    connection: Connection, nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.record(entry("2017-07-21 12:00"))
    monkeypatch.setattr(ageing, "latest_due_anchor", lambda _day, _years: date(2017, 7, 21))  # a search gone wrong
    with pytest.raises(AlarmError, match="picked on 2021-07-20 and is due on 2021-07-21"):
        list(pieces(connection, "2021-07-20"))
    assert rows(connection, STAND) == []


def test_what_is_held_or_unarchived_does_not_count_as_going(connection: Connection, nights: Nights) -> None:
    connection.execute("update retention.ceiling set share = 0, from_records = 0")
    nights.record(check("2015-07-20 12:00"), hold("2021-01-01 12:00"))
    assert list(pieces(connection, "2021-07-20")) == [["check-1"]], "it is found, so that it is withheld"


def test_the_rows_of_law_in_the_database_are_those_of_the_code(connection: Connection) -> None:
    known: list[tuple[Any, ...]] = [
        (a.code, a.rule, a.years, a.anchor_sql, a.table, a.still, a.archive, a.applies_from) for a in AREAS
    ]
    assert sorted(rows(connection, "select * from retention.area"), key=str) == sorted(known, key=str)


def test_the_database_counts_anniversaries_as_the_code_does(connection: Connection) -> None:
    days = [date.fromordinal(n) for n in range(date(2011, 12, 25).toordinal(), date(2021, 1, 5).toordinal())]
    for years in (4, 6):
        found = rows(connection, "select retention.due(d, %s) from unnest(%s::date[]) d", years, days)
        assert [due for (due,) in found] == [add_years(day, years) for day in days]
