"""The clock on real servers: each day once in each slice, whatever stopped it before."""

import threading
from datetime import date, datetime, timedelta

import pytest

from infra.errors import AlarmError
from infra.kafka import admin, end_offsets
from producers.clock import SOURCE, begin_days, last_days, run
from producers.identity import Identity
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.codec import encode
from schemas.dates import midnight
from schemas.headers import headers
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, SITUATION_RECORDED, TOPICS
from tests.builders import moment
from tests.integration.edge import IDS, SCHEMA_ID, day_of, ids, lines, records, send


def test_each_day_begins_once_in_each_slice_and_says_how_far_the_topics_are(kafka: str, identity: Identity) -> None:
    first, last = date(2021, 3, 27), date(2021, 3, 29)
    assert begin_days(kafka, IDS, first, first) == [first]
    send(kafka, identity, *lines())
    assert begin_days(kafka, IDS, first, last) == [date(2021, 3, 28), last]

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
    assert begin_days(kafka, IDS, first, last, said.append) == []
    assert said == ["Nothing to do: 2021-03-29 has begun already."]
    assert len(records(kafka, DAY_BEGUN)) == 3 * SLICES


def test_a_crash_between_two_slices_is_repaired_by_the_next_run(kafka: str) -> None:
    monday, tuesday, wednesday = (date(2021, 6, day) for day in (14, 15, 16))
    begin_days(kafka, IDS, monday, monday)
    before = records(kafka, DAY_BEGUN)
    with Sender(kafka, "test") as sender:
        for slice_ in range(3):
            event = DayBegun(occurred_at=midnight(tuesday), day_begun=tuesday, ends={})
            value = encode(event, SCHEMA_ID)
            sender.send(DAY_BEGUN.name, slice_, b"2021-06-15", value, headers(f"crashed-{slice_}", SOURCE, event))
        sender.finish()
    assert last_days(kafka) == [tuesday] * 3 + [monday] * 5

    assert begin_days(kafka, IDS, wednesday, wednesday) == [tuesday, wednesday]
    assert last_days(kafka) == [wednesday] * SLICES
    assert len(records(kafka, DAY_BEGUN)) == 3 * SLICES
    assert set(ids(before)) < set(ids(records(kafka, DAY_BEGUN)))


def test_the_clock_begins_today_then_each_midnight_and_catches_up_what_it_slept_through(kafka: str) -> None:
    stop = threading.Event()
    nearly = moment("2021-06-15 00:00") - timedelta(milliseconds=10)
    moments = [nearly, nearly, moment("2021-06-15 00:00"), nearly + timedelta(days=1), moment("2021-06-18 09:00")]

    def now() -> datetime:
        if len(moments) == 1:
            stop.set()
        return moments.pop(0) if len(moments) > 1 else moments[0]

    said: list[str] = []
    run(kafka, IDS, stop, now, said.append)
    assert said == [f"2021-06-{day} has begun." for day in (14, 15, 16, 17, 18)]


def test_a_clock_that_is_far_off_begins_nothing(kafka: str) -> None:
    begin_days(kafka, IDS, date(2021, 6, 14), date(2021, 6, 14))
    with pytest.raises(AlarmError, match="365 days are missing"):
        run(kafka, IDS, threading.Event(), lambda: moment("2022-06-14 08:00"))
    assert len(records(kafka, DAY_BEGUN)) == SLICES
