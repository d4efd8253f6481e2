"""The clock on real servers: each day once in each slice, whatever stopped it before, and whoever else writes there."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from psycopg import Connection

from infra.engine.consumer import register
from infra.engine.days import SOURCE, day_id
from infra.errors import AlarmError
from infra.kafka import admin, end_offsets
from infra.migrate import migrate
from infra.postgres import connect
from infra.registry import Registry
from infra.schema_ids import KnownSchema, SchemaIds
from producers.calendar import EarlyError, note, simulate, stand
from producers.clock import begin_day, begin_days, know_again, last_days, run
from producers.identity import Identity
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.codec import encode
from schemas.dates import copenhagen_day, midnight
from schemas.headers import headers
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, SITUATION_RECORDED, TOPICS
from tests.builders import moment
from tests.integration.edge import IDS, SCHEMA_ID, day_of, ids, lines, records, send
from tests.integration.looking import BAD_INPUT, COULD_NOT, FINE, Desk, desk, empty
from tests.retention_builders import Nights, check, entry

__all__ = ["desk", "empty"]

MONDAY, TUESDAY, WEDNESDAY = (date(2021, 6, day) for day in (14, 15, 16))
FAR = date(2045, 1, 1)
GARBAGE = (b"garbage", b"\xff\xfe", b"2045-01-01", b"")


@pytest.fixture
def real(real_database: str) -> Iterator[Connection]:
    with closing(connect(real_database, "test")) as connection:
        yield connection


@pytest.fixture
def tool(empty: Desk) -> Desk:
    """A desk at which `dfdg` works: its schemas are registered, and its topics are empty."""
    Registry(empty.addresses.registry).register_all(TOPICS)
    return empty


def write(kafka: str, slice_: int, key: bytes, event: DayBegun, id_: str, source: str = SOURCE) -> None:
    with Sender(kafka, "liar") as sender:
        sender.send(DAY_BEGUN.name, slice_, key, encode(event, SCHEMA_ID), headers(id_, source, event))
        sender.finish()


def begun(day: date, **other: object) -> DayBegun:
    return DayBegun.model_validate({"occurred_at": midnight(day), "day_begun": day, "ends": {}} | other)


def test_each_day_begins_once_in_each_slice_and_says_how_far_the_topics_are(
    kafka: str, identity: Identity, real: Connection
) -> None:
    first, last = date(2021, 3, 27), date(2021, 3, 29)
    assert begin_days(real, kafka, IDS, first, first) == [first]
    send(kafka, identity, *lines())
    assert begin_days(real, kafka, IDS, first, last) == [date(2021, 3, 28), last]

    found = records(kafka, DAY_BEGUN)
    ends = end_offsets(admin(kafka), [SITUATION_RECORDED.name])
    for slice_ in range(SLICES):
        days = [day_of(record) for record in found if record.partition() == slice_]
        assert [day.day_begun for day in days] == [first, date(2021, 3, 28), last]
        assert [day.occurred_at for day in days] == [midnight(day.day_begun) for day in days]
        assert all(day.ends.keys() == {topic.name for topic in TOPICS} - {DAY_BEGUN.name} for day in days)
        now = ends[slice_][SITUATION_RECORDED.name]
        assert [day.ends[SITUATION_RECORDED.name] for day in days] == [0, now, now]
    assert len(set(ids(found))) == 3 * SLICES

    said: list[str] = []
    assert begin_days(real, kafka, IDS, first, last, said.append) == []
    assert said == ["Nothing to do: 2021-03-29 has begun already."]
    assert len(records(kafka, DAY_BEGUN)) == 3 * SLICES


def test_a_crash_between_two_slices_is_repaired_by_the_next_run(kafka: str, real: Connection) -> None:
    begin_days(real, kafka, IDS, MONDAY, MONDAY)
    before = records(kafka, DAY_BEGUN)
    note(real, TUESDAY)
    with Sender(kafka, "test") as sender:
        for slice_ in range(3):
            begin_day(sender, TUESDAY, slice_, {}, SCHEMA_ID)
        sender.finish()
    assert last_days(kafka, TUESDAY) == [TUESDAY] * 3 + [MONDAY] * 5

    assert begin_days(real, kafka, IDS, WEDNESDAY, WEDNESDAY) == [TUESDAY, WEDNESDAY]
    assert last_days(kafka, WEDNESDAY) == [WEDNESDAY] * SLICES
    assert len(records(kafka, DAY_BEGUN)) == 3 * SLICES
    assert set(ids(before)) < set(ids(records(kafka, DAY_BEGUN)))


def test_the_clock_begins_today_then_each_midnight_and_catches_up_what_it_slept_through(
    kafka: str, real: Connection, database: str
) -> None:
    stop = threading.Event()
    nearly = moment("2021-06-15 00:00") - timedelta(milliseconds=10)
    moments = [nearly, nearly, moment("2021-06-15 00:00"), nearly + timedelta(days=1), moment("2021-06-17 09:00")]

    def now() -> datetime:
        if len(moments) == 1:
            stop.set()
        return moments.pop(0) if len(moments) > 1 else moments[0]

    said: list[str] = []
    run(partial(connect, database, "test"), kafka, IDS, stop, now, said.append)
    assert said == [f"2021-06-{day} has begun." for day in (14, 15, 16, 17)]
    assert stand(real) == (date(2021, 6, 17), False)


@pytest.mark.parametrize(("today", "missing"), [("2021-06-17 00:01", 3), ("2022-06-14 08:00", 365)])
def test_more_than_two_missing_days_begin_only_if_a_person_agrees_who_is_put_on_record(
    kafka: str, real: Connection, database: str, today: str, missing: int
) -> None:
    begin_days(real, kafka, IDS, MONDAY, MONDAY)
    with pytest.raises(AlarmError, match=f"{missing} days are missing"):
        run(partial(connect, database, "test"), kafka, IDS, threading.Event(), lambda: moment(today))
    assert len(records(kafka, DAY_BEGUN)) == SLICES
    assert stand(real) == (MONDAY, False)

    last = copenhagen_day(moment(today))
    assert len(begin_days(real, kafka, IDS, last, last, agreed="Anna")) == missing
    found = real.execute("select who, act, after_day, to_day from clock.act").fetchall()
    assert found == [("Anna", "leap", MONDAY, last)]


def test_a_clock_whose_topic_is_empty_after_a_standstill_goes_on_from_its_own_row_and_does_not_jump(
    kafka: str, real: Connection
) -> None:
    note(real, MONDAY)  # 30 days and more ago: retention has emptied the topic
    with pytest.raises(AlarmError, match="1827 days are missing up to 2026-06-15: 2021-06-14 was the last one"):
        begin_days(real, kafka, IDS, date(2026, 6, 15), date(2026, 6, 15))
    assert records(kafka, DAY_BEGUN) == []
    assert begin_days(real, kafka, IDS, WEDNESDAY, WEDNESDAY) == [MONDAY, TUESDAY, WEDNESDAY]
    assert last_days(kafka, WEDNESDAY) == [WEDNESDAY] * SLICES


def test_in_a_real_database_the_clock_begins_no_day_before_its_midnight_and_notes_none(
    kafka: str, real: Connection
) -> None:
    tomorrow = copenhagen_day(real.execute("select clock_timestamp() + interval '1 day'").fetchall()[0][0])
    for ahead in (tomorrow, FAR):
        with pytest.raises(EarlyError, match=f"{ahead} has not come by the database's clock"):
            begin_days(real, kafka, IDS, ahead, ahead, agreed="Anna")
    assert records(kafka, DAY_BEGUN) == []
    assert stand(real) == (None, False)

    simulate(real, "Anna")
    assert begin_days(real, kafka, IDS, FAR, FAR) == [FAR]
    assert stand(real) == (FAR, True)


def test_a_calendar_is_made_a_simulated_one_only_before_its_first_day(kafka: str, real: Connection) -> None:
    begin_days(real, kafka, IDS, MONDAY, MONDAY)
    with pytest.raises(AlarmError, match="A day has begun in this database, so its calendar is real"):
        simulate(real, "Anna")
    assert stand(real) == (MONDAY, False)
    assert real.execute("select count(*) from clock.act").fetchall() == [(0,)]


def test_after_a_restore_the_clock_knows_the_days_that_lie_on_the_topic_in_every_slice_and_none_that_is_ahead(
    kafka: str, real: Connection
) -> None:
    today = copenhagen_day(datetime.now(tz=UTC))
    begin_days(real, kafka, IDS, today - timedelta(days=9), today - timedelta(days=9))
    begin_days(real, kafka, IDS, today, today - timedelta(days=2), agreed="test")
    real.execute("update clock.stand set begun = %s", (today - timedelta(days=9),))
    real.commit()
    with Sender(kafka, "test") as sender:
        begin_day(sender, today - timedelta(days=1), 3, {}, SCHEMA_ID)  # in one slice only: there was a crash
        for slice_ in range(SLICES):
            begin_day(sender, FAR, slice_, {}, SCHEMA_ID)
        sender.finish()
    know_again(real, kafka)
    assert stand(real).begun == today - timedelta(days=2)
    assert len(begin_days(real, kafka, IDS, today, today)) == 2
    know_again(real, kafka)
    assert stand(real).begun == today


def test_garbage_and_forged_days_on_the_topic_neither_silence_the_clock_nor_move_it(
    kafka: str, real: Connection
) -> None:
    begin_days(real, kafka, IDS, MONDAY, MONDAY)
    for slice_ in range(SLICES):
        for n, key in enumerate(GARBAGE):
            write(kafka, slice_, key, begun(MONDAY), f"id-{n}")
        write(kafka, slice_, b"2045-01-01", begun(FAR), day_id(begun(FAR), slice_).hex())
        write(kafka, slice_, b"2021-06-15", begun(TUESDAY), day_id(begun(TUESDAY), slice_).hex(), "evil")
        write(kafka, slice_, b"2021-06-15", begun(TUESDAY), day_id(begun(TUESDAY), slice_ + 1).hex())
    before = len(records(kafka, DAY_BEGUN))
    assert last_days(kafka, MONDAY) == [MONDAY] * SLICES
    assert begin_days(real, kafka, IDS, TUESDAY, TUESDAY) == [TUESDAY]
    assert len(records(kafka, DAY_BEGUN)) == before + SLICES
    assert stand(real) == (TUESDAY, False)


def test_a_slip_of_four_years_shows_what_it_would_delete_and_needs_a_name(tool: Desk, real: Connection) -> None:
    note(real, MONDAY)
    real.autocommit = True
    Nights(real).record(entry("2020-06-20 12:00"), check("2016-06-20 12:00"))

    slip = tool.dfdg("clock", "to", "2025-08-14")
    assert slip.exit_code == COULD_NOT
    assert "1522 days are missing up to 2025-08-14, and above is what would be deleted by then" in slip.stderr
    assert "joblog-voluntary" in slip.stdout
    assert "job-suggestion-checks" in slip.stdout
    assert tool.dfdg("clock", "to", "2025-08-14", "--yes").exit_code == BAD_INPUT
    assert tool.dfdg("clock", "to", "2045-01-01", "--yes", "--who", "Anna").exit_code == COULD_NOT
    assert (stand(real), records(tool.addresses.kafka, DAY_BEGUN)) == ((MONDAY, False), [])

    assert tool.dfdg("clock", "to", "2021-06-16").exit_code == FINE  # two missing days ask nobody
    assert tool.dfdg("clock", "to", "2021-06-19", "--yes", "--who", "Anna").exit_code == FINE
    assert stand(real).begun == date(2021, 6, 19)
    assert real.execute("select who, act, to_day from clock.act").fetchall() == [("Anna", "leap", date(2021, 6, 19))]


def test_the_tool_begins_no_day_with_a_schema_id_that_the_database_knows_for_another_schema(tool: Desk) -> None:
    id_ = Registry(tool.addresses.registry).resolve([DAY_BEGUN])[DAY_BEGUN.name]
    SchemaIds(tool.dsn).keep([KnownSchema(id_, "dfdg.other-v1-value", "{}")])
    refused = tool.dfdg("clock", "to", str(MONDAY))
    assert (refused.exit_code, "it is another registry" in refused.stderr) == (COULD_NOT, True)
    assert records(tool.addresses.kafka, DAY_BEGUN) == []


def test_only_a_database_without_a_day_is_made_a_simulated_one_by_the_tool(tool: Desk, real: Connection) -> None:
    assert tool.dfdg("clock", "simulate", "--who", "Anna").exit_code == FINE
    assert stand(real) == (None, True)
    assert tool.dfdg("clock", "to", "2045-01-01").exit_code == FINE
    assert tool.dfdg("clock", "to", "2045-06-01").exit_code == FINE
    assert stand(real) == (date(2045, 6, 1), True)


@pytest.mark.parametrize("moment_set", [False, True])
def test_a_database_of_before_is_real_unless_a_moment_is_set_and_its_clock_goes_on_from_its_slices(
    database: str, moment_set: bool
) -> None:
    with closing(connect(database, "test")) as connection:
        connection.execute("drop schema clock cascade")
        connection.execute("drop function access.check_moment cascade")
        connection.execute("delete from public.migration where name in ('0040_clock.sql', '0061_moment.sql')")
        if moment_set:
            connection.execute("update access.clock set moment = '2021-06-14 12:00+02'")
        register(connection, "cv-requirement", {})
        connection.execute("update ledger.slice set day = date '2021-06-06' + slice + 1")
        connection.commit()
        migrate(database)
        assert stand(connection) == (MONDAY, moment_set)
