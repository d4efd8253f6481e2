"""How far behind the consumers are: 0 is 0, and what nobody can tell is unknown."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from infra.kafka import admin, end_offsets
from infra.lag import Alarm, HeldDay, Lag, standing
from infra.postgres import connect
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_EXEMPTION_RECORDED, DAY_BEGUN, SITUATION_RECORDED
from tests.builders import CITIZEN, situation
from tests.integration.looking import Desk, desk, stand

__all__ = ["desk"]
SITUATIONS = SITUATION_RECORDED.name
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
SLICE = slice_of(CITIZEN.encode(), SLICES)
CONSUMER, OTHER = "cv-requirement", "titles"


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Three situations of one citizen, one after the other."""
    for _ in range(3):
        desk.put(situation("2021-06-14 08:00"))
    return desk


def ages(desk: Desk) -> dict[int, float]:
    """By the number of records that are not applied: how old Kafka says that the oldest of them is."""
    with closing(Consumer({"bootstrap.servers": desk.addresses.kafka, "group.id": "test-reader"})) as reader:
        end = end_offsets(admin(desk.addresses.kafka), [SITUATIONS])[SLICE][SITUATIONS]
        reader.assign([TopicPartition(SITUATIONS, SLICE, end - 3)])
        found: list[Message] = []
        while len(found) < 3:
            found += reader.consume(3 - len(found), 1.0)
    written = [NOW.timestamp() - record.timestamp()[1] / 1000 for record in found]
    assert written[0] > written[1] > written[2]
    return {3: written[0], 2: written[1], 1: written[2], 0: 0.0}


def behind(desk: Desk, records: int, consumer: str = CONSUMER) -> None:
    """The consumer has not applied the last so many of the citizen's situations."""
    with connect(desk.dsn, "test") as connection:
        stand(connection, desk.addresses.kafka, consumer, SITUATION_RECORDED, {SLICE: records})


def lags(desk: Desk, *consumers: str, topic: Topic = SITUATION_RECORDED) -> list[Lag]:
    with connect(desk.dsn, "test") as connection:
        return standing(connection, desk.addresses.kafka, {consumer: [topic] for consumer in consumers}, NOW).lags


def test_of_a_consumer_that_never_started_nothing_is_known(filled: Desk) -> None:
    assert lags(filled, CONSUMER) == [Lag(CONSUMER, SITUATIONS, None, None)]


def test_the_age_is_that_of_the_oldest_record_that_is_not_applied_and_without_any_it_is_0(filled: Desk) -> None:
    for records, age_s in ages(filled).items():
        behind(filled, records)
        assert lags(filled, CONSUMER) == [Lag(CONSUMER, SITUATIONS, records, age_s)]


def test_two_consumers_at_different_places_of_one_partition_have_each_their_own_age(filled: Desk) -> None:
    behind(filled, 2)
    behind(filled, 3, OTHER)
    age_s = ages(filled)
    found = lags(filled, CONSUMER, OTHER)
    assert found == [Lag(CONSUMER, SITUATIONS, 2, age_s[2]), Lag(OTHER, SITUATIONS, 3, age_s[3])]


def test_while_one_slice_has_not_begun_the_lag_of_all_is_unknown(filled: Desk) -> None:
    behind(filled, 1)
    with connect(filled.dsn, "test") as connection:
        connection.execute("update ledger.slice set positions = '{}' where slice = %s", ((SLICE + 1) % SLICES,))
    assert lags(filled, CONSUMER) == [Lag(CONSUMER, SITUATIONS, None, None)]


def test_the_age_of_a_record_that_is_gone_is_unknown_and_not_0(filled: Desk) -> None:
    behind(filled, 3)
    client = admin(filled.addresses.kafka)
    gone = TopicPartition(SITUATIONS, SLICE, end_offsets(client, [SITUATIONS])[SLICE][SITUATIONS] - 1)
    client.delete_records([gone])[gone].result()
    assert lags(filled, CONSUMER) == [Lag(CONSUMER, SITUATIONS, 3, None)]


def test_alarms_and_days_that_are_held_back_are_told_with_their_slices(desk: Desk) -> None:
    day = date(2021, 6, 15)
    desk.put(DayBegun(occurred_at=midnight(day), day_begun=day, ends={SITUATIONS: 1}))
    with connect(desk.dsn, "test") as connection:
        stand(connection, desk.addresses.kafka, CONSUMER, DAY_BEGUN, {0: 1, 3: 1})
        connection.execute("update ledger.slice set alarm = 'a gap: look' where slice = 5")
        found = standing(connection, desk.addresses.kafka, {CONSUMER: [DAY_BEGUN]}, NOW)
    assert found.held_days == [HeldDay(CONSUMER, 0, day), HeldDay(CONSUMER, 3, day)]
    assert found.alarms == [Alarm(CONSUMER, 5, "a gap: look")]
    assert found.lags[0].records == 2

    shown = desk.dfdg("topics").stdout
    assert "ALARM cv-requirement/5: a gap: look" in shown
    assert "cv-requirement holds 2021-06-15 back in slices 0, 3" in shown
    assert "unknown" in shown


def test_topics_behind_shows_only_what_lags_or_is_unknown(filled: Desk) -> None:
    behind(filled, 2)
    with connect(filled.dsn, "test") as connection:
        stand(connection, filled.addresses.kafka, CONSUMER, CV_EXEMPTION_RECORDED, {})
    found = filled.json("topics", "--behind")
    told = {(lag["consumer"], lag["topic"]): lag["records"] for lag in found["lags"]}
    assert told[CONSUMER, SITUATIONS] == 2
    assert told["journal", SITUATIONS] is None
    assert (CONSUMER, CV_EXEMPTION_RECORDED.name) not in told
    assert found["records"].keys() == {topic for _, topic in told}
    shown = filled.dfdg("topics", "--behind")
    assert f"{len(told)} consumers and topics lag." in shown.stderr
    assert len(shown.stdout.splitlines()) == len(told) + 2


def test_topics_as_json_has_null_for_unknown_and_numbers_else(filled: Desk) -> None:
    behind(filled, 0)
    found = filled.json("topics")
    told = {(lag["consumer"], lag["topic"]): (lag["records"], lag["age_s"]) for lag in found["lags"]}
    assert told[CONSUMER, SITUATIONS] == (0, 0.0)
    assert told[CONSUMER, DAY_BEGUN.name] == (None, None)
    assert told["journal", SITUATIONS] == (None, None)
    assert (found["alarms"], found["held_days"]) == ([], [])
    assert found["records"][SITUATIONS] >= 3
