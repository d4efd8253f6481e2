"""What is of a day that has not come, on real PostgreSQL: neither a forged day nor a slip in a fact moves anybody."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, Message

from infra.engine import days
from infra.engine.days import SOURCE, day_id
from infra.errors import TransientError
from schemas.clock import DayBegun
from schemas.dates import copenhagen_day, midnight, next_day
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import CV_EXEMPTION_RECORDED, DAY_BEGUN, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.processor import Processor
from tests.builders import exemption, moment, situation
from tests.integration.slices import THEIRS, Slice, slice_of_consumer

CITIZEN = "c-1"
SLICE = slice_of(CITIZEN.encode(), SLICES)
MONDAY, TUESDAY, FAR = date(2021, 6, 14), date(2021, 6, 15), date(2045, 1, 1)
DAY = "select day from ledger.slice"
LETTERS = "select reason, subject, refused, status from dead_letter.letter order by id"
SUBJECTS = "select subject, body ->> 'target_group' from ledger.state order by subject"
WRITTEN = (TIMESTAMP_LOG_APPEND_TIME, int(moment("2021-06-14 23:59").timestamp() * 1000))


@pytest.fixture
def real(real_database: str) -> Iterator[Slice]:
    with slice_of_consumer(real_database, Processor(decision), SLICE) as made:
        yield made


@pytest.fixture
def simulated(database: str) -> Iterator[Slice]:
    with slice_of_consumer(database, Processor(decision), SLICE) as made:
        yield made


def begun(day: date) -> DayBegun:
    return DayBegun(occurred_at=midnight(day), day_begun=day, ends={})


def begins(cv: Slice, day: date) -> Message:
    return cv.next(DAY_BEGUN, begun(day), "")


def forged(cv: Slice, day: date, id_: bytes | None = None, source: str = SOURCE, **other: Any) -> Message:
    about = headers((id_ or day_id(begun(day), SLICE)).hex(), source, begun(day))
    return cv.next(DAY_BEGUN, begun(day), "", headers=about, **other)


def fact(cv: Slice, at: str, id_: str, **other: Any) -> Message:
    return cv.next(SITUATION_RECORDED, situation(at, citizen=CITIZEN), id_, **{"timestamp": WRITTEN} | other)


@pytest.mark.parametrize("kind", ["source", "id", "key", "value", "garbage", "no key", "2045"])
def test_what_the_clock_has_not_written_begins_no_day_is_set_aside_and_the_clocks_own_day_begins(
    real: Slice, kind: str
) -> None:
    real.put(begins(real, MONDAY))
    late = DayBegun(occurred_at=midnight(MONDAY), day_begun=TUESDAY, ends={})
    lie = {
        "source": lambda: forged(real, TUESDAY, source="evil"),
        "id": lambda: forged(real, TUESDAY, id_=bytes(16)),
        "key": lambda: forged(real, TUESDAY, key=b"2021-06-14"),
        "value": lambda: real.next(DAY_BEGUN, late, ""),
        "garbage": lambda: forged(real, TUESDAY, value=b"garbage"),
        "no key": lambda: forged(real, TUESDAY, key=None),
        "2045": lambda: begins(real, FAR),
    }[kind]()
    assert real.worker._transaction.intake.ends_of(lie) == {}
    real.put(lie)
    assert real.rows(DAY)[SLICE] == (MONDAY,)
    ((reason, subject, refused, status),) = real.rows(LETTERS)
    assert (subject, refused, status) == (None, True, "new")
    assert "2021" not in reason or kind == "2045"
    real.put(begins(real, TUESDAY))
    assert real.rows(DAY)[SLICE] == (TUESDAY,)
    assert len(real.rows(LETTERS)) == 1


def test_a_thousand_pieces_of_garbage_on_the_clocks_topic_stop_no_slice(real: Slice) -> None:
    for _ in range(10):
        real.put(*(forged(real, TUESDAY, value=b"garbage") for _ in range(100)))
    real.put(begins(real, MONDAY))
    assert real.rows(DAY)[SLICE] == (MONDAY,)
    assert real.rows("select count(*) from ledger.slice where alarm is not null or parked <> '{}'") == [(0,)]


def test_a_day_before_its_midnight_makes_the_slice_wait_applies_what_lies_before_it_and_leaves_no_letter(
    real: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "WAIT", timedelta(days=3))
    today = copenhagen_day(datetime.now(UTC))
    ahead = next_day(next_day(today))
    early, now = begins(real, ahead), (TIMESTAMP_LOG_APPEND_TIME, int(datetime.now(UTC).timestamp() * 1000))
    with pytest.raises(TransientError, match=f"{ahead} has not come by PostgreSQL's clock: the slice waits"):
        real.put(fact(real, f"{today} 00:00", "a", timestamp=now), early)
    assert real.rows(SUBJECTS) == [(CITIZEN, "job-ready")]
    assert real.rows(DAY)[SLICE] == (None,)
    real.take_over()
    assert DAY_BEGUN.name not in real.worker.positions
    for _ in range(2):  # nothing lies before it any more
        with pytest.raises(TransientError, match="the slice waits"):
            real.put(early)
        real.take_over()

    monkeypatch.setattr(days, "TOLERANCE", timedelta(days=3))  # its midnight is here
    real.put(early)
    assert real.rows(DAY)[SLICE] == (ahead,)
    assert real.rows(LETTERS) == []


def test_in_a_simulated_calendar_days_may_lie_ahead(simulated: Slice) -> None:
    simulated.put(begins(simulated, FAR))
    assert simulated.rows(DAY)[SLICE] == (FAR,)
    assert simulated.rows(LETTERS) == []


@pytest.mark.parametrize(
    ("at", "applied"),
    [("2021-06-15 23:59", True), ("2021-06-16 00:00", False), ("2031-06-14 08:00", False), ("1999-06-14 08:00", True)],
)
def test_a_fact_of_a_day_after_the_one_that_follows_its_record_is_set_aside_and_moves_and_parks_nobody(
    real: Slice, at: str, applied: bool
) -> None:
    real.put(begins(real, MONDAY))
    real.put(fact(real, at, "a"), fact(real, "2021-06-14 08:00", "b"))
    assert real.rows("select count(*) from ledger.slice where parked <> '{}'") == [(0,)]
    latest = "2021-06-15"
    reason = f"occurred_at lies too far ahead: the last day that a fact may be of is {latest}"
    assert real.rows(LETTERS) == ([] if applied else [(reason, None, True, "new")])
    assert real.rows(SUBJECTS) == [(CITIZEN, "job-ready")]
    assert real.rows("select sum(records) from ledger.batch") == [(3 if applied else 2,)]


def test_a_slip_of_ten_years_leaves_the_citizen_to_its_exemption_and_to_its_next_change(real: Slice) -> None:
    real.put(begins(real, MONDAY), fact(real, "2021-06-14 08:00", "a"))
    ends = exemption("2021-06-14 09:00", last_day="2021-06-20", citizen=CITIZEN)
    real.put(real.next(CV_EXEMPTION_RECORDED, ends, "e", timestamp=WRITTEN))
    before = real.rows("select body, wakes_on from ledger.state")
    real.put(fact(real, "2031-06-15 08:00", "slip"))
    assert real.rows("select body, wakes_on from ledger.state") == before
    assert before[0][1] == date(2021, 6, 21)
    real.put(begins(real, date(2021, 6, 21)))
    assert real.rows("select body ->> 'as_of' from ledger.state") == [("2021-06-21",)]


def test_only_a_person_applies_what_is_dated_ahead(real: Slice) -> None:
    real.put(begins(real, MONDAY))
    real.put(fact(real, "2021-07-01 08:00", "a"))
    assert real.rows(SUBJECTS) == []
    ((letter,),) = real.rows("select id from dead_letter.letter")
    assert real.command("redrive", letter) == "applied"
    assert real.rows(SUBJECTS) == [(CITIZEN, "job-ready")]


def test_a_record_with_its_writers_own_time_is_not_judged(real: Slice) -> None:
    real.put(begins(real, MONDAY))
    real.put(fact(real, "2031-06-14 08:00", "a", timestamp=(TIMESTAMP_CREATE_TIME, WRITTEN[1])))
    assert real.rows(SUBJECTS) == [(CITIZEN, "job-ready")]


def test_in_a_simulated_calendar_the_slices_day_judges_and_before_its_first_day_nothing_is_ahead(
    simulated: Slice,
) -> None:
    simulated.put(fact(simulated, "2031-06-14 08:00", "a"))
    assert simulated.rows(LETTERS) == []
    simulated.put(begins(simulated, FAR))
    simulated.put(fact(simulated, "2045-01-02 23:59", "b"), fact(simulated, "2045-01-03 00:00", "c"))
    assert [(reason[:11], status) for reason, *_, status in simulated.rows(LETTERS)] == [("occurred_at", "new")]


def test_a_fact_dated_ahead_that_waited_behind_a_dead_letter_is_judged_when_it_goes_on(simulated: Slice) -> None:
    simulated.put(begins(simulated, MONDAY))
    simulated.put(fact(simulated, "2021-06-14 08:00", "a", schema=THEIRS))
    simulated.put(fact(simulated, "2031-06-14 08:00", "b"), fact(simulated, "2021-06-14 09:00", "c"))
    simulated.schemas.registered = True
    ((letter,),) = simulated.rows("select id from dead_letter.letter where status = 'new'")
    assert simulated.command("redrive", letter) == "applied"
    found = [(subject, refused, status) for _, subject, refused, status in simulated.rows(LETTERS)]
    assert found == [(CITIZEN, False, "applied"), (None, True, "new")]
    assert simulated.rows("select body ->> 'as_of' from ledger.state") == [("2021-06-14",)]
    assert simulated.rows("select count(*) from ledger.slice where parked <> '{}'") == [(0,)]
