"""How far behind the groups are: 0 is 0, and what nobody can tell is unknown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from confluent_kafka import TopicPartition

from infra.kafka import admin
from infra.lag import Alarm, HeldDay, Lag, standing
from infra.postgres import connect
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, NOTICE_ISSUED, SITUATION_RECORDED
from tests.builders import CITIZEN, situation
from tests.integration.looking import Desk, desk, stand

__all__ = ["desk"]
SITUATIONS = SITUATION_RECORDED.name
WRITTEN = datetime(2021, 6, 14, 6, 0, tzinfo=UTC)
NOW = WRITTEN + timedelta(minutes=2)
SLICE = slice_of(CITIZEN.encode(), SLICES)


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Three situations of one citizen, written a minute apart."""
    for minute in range(3):
        at = WRITTEN + timedelta(minutes=minute)
        desk.put(situation("2021-06-14 08:00"), at_ms=int(at.timestamp() * 1000))
    return desk


def lag_of(desk: Desk, group: str = "cv-requirement") -> Lag:
    with connect(desk.dsn, "test") as connection:
        (lag,) = standing(connection, desk.addresses.kafka, {group: [SITUATION_RECORDED]}, NOW).lags
    return lag


def applied(desk: Desk, position: int) -> None:
    """In the citizen's slice; the others have nothing."""
    with connect(desk.dsn, "test") as connection:
        stand(connection, desk.addresses.kafka, "cv-requirement", {SITUATIONS: 0})
        query = "update ledger.slice set positions = jsonb_build_object(%s::text, %s::int) where slice = %s"
        connection.execute(query, (SITUATIONS, position, SLICE))


def test_of_a_group_that_never_started_nothing_is_known(filled: Desk) -> None:
    assert lag_of(filled) == Lag("cv-requirement", SITUATIONS, None, None)


@pytest.mark.parametrize(("position", "records", "age_s"), [(0, 3, 120.0), (1, 2, 60.0), (2, 1, 0.0), (3, 0, 0.0)])
def test_the_age_is_that_of_the_oldest_record_that_is_not_applied(
    filled: Desk, position: int, records: int, age_s: float
) -> None:
    applied(filled, position)
    assert lag_of(filled) == Lag("cv-requirement", SITUATIONS, records, age_s)


def test_the_age_of_a_record_that_is_gone_is_unknown_and_not_zero(filled: Desk) -> None:
    applied(filled, 0)
    gone = TopicPartition(SITUATIONS, SLICE, 2)
    admin(filled.addresses.kafka).delete_records([gone])[gone].result()
    assert lag_of(filled) == Lag("cv-requirement", SITUATIONS, 3, None)


def test_two_groups_at_different_places_of_one_partition_have_each_their_own_age(filled: Desk) -> None:
    applied(filled, 1)
    with connect(filled.dsn, "test") as connection:
        stand(connection, filled.addresses.kafka, "titles", {SITUATIONS: 0})
        reads = {"cv-requirement": [SITUATION_RECORDED], "titles": [SITUATION_RECORDED]}
        found = standing(connection, filled.addresses.kafka, reads, NOW)
    assert found.lags == [Lag("cv-requirement", SITUATIONS, 2, 60.0), Lag("titles", SITUATIONS, 3, 120.0)]
    assert (found.records[SITUATIONS], found.records[NOTICE_ISSUED.name]) == (3, 0)


def test_alarms_and_days_that_are_held_back_are_told_with_their_slices(desk: Desk) -> None:
    day = date(2021, 6, 15)
    desk.put(DayBegun(occurred_at=midnight(day), day_begun=day, ends={SITUATIONS: 1}))
    with connect(desk.dsn, "test") as connection:
        stand(connection, desk.addresses.kafka, "cv-requirement", {DAY_BEGUN.name: 0})
        advanced = "update ledger.slice set positions = jsonb_build_object(%s::text, 1) where slice > 1"
        connection.execute(advanced, (DAY_BEGUN.name,))
        connection.execute("update ledger.slice set alarm = 'a gap: look' where slice = 5")
        found = standing(connection, desk.addresses.kafka, {"cv-requirement": [DAY_BEGUN]}, NOW)
    assert found.held_days == [HeldDay("cv-requirement", 0, day), HeldDay("cv-requirement", 1, day)]
    assert found.alarms == [Alarm("cv-requirement", 5, "a gap: look")]
    assert found.lags[0].records == 2

    shown = desk.dfdg("topics").stdout
    assert "ALARM cv-requirement/5: a gap: look" in shown
    assert "cv-requirement holds 2021-06-15 back in slices 0, 1" in shown
    assert "unknown" in shown


def test_topics_as_json_has_null_for_unknown_and_numbers_else(filled: Desk) -> None:
    applied(filled, 3)
    found = filled.json("topics")
    lags = {(lag["group"], lag["topic"]): (lag["records"], lag["age_s"]) for lag in found["lags"]}
    assert lags["cv-requirement", SITUATIONS] == (0, 0.0)
    assert lags["cv-requirement", DAY_BEGUN.name] == (None, None)
    assert lags["journal", SITUATIONS] == (None, None)
    assert (found["alarms"], found["held_days"], found["records"][SITUATIONS]) == ([], [], 3)
