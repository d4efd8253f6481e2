"""What waits behind a record that cannot be read is not overtaken: access closes, nothing is deleted, people see it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from consumers import referral_register
from infra.dead_letters import commands
from infra.dead_letters.queries import Parked, parked
from infra.postgres import open_pool
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import REFERRAL_RECORDED
from tests.access_builders import referral
from tests.builders import CITIZEN, moment
from tests.integration.slices import Slice, slice_of_consumer
from tests.integration.system import wait_for

SLICE = slice_of(CITIZEN.encode(), SLICES)
OTHER = next(f"c-{n}" for n in range(99) if slice_of(f"c-{n}".encode(), SLICES) == SLICE)
JUNE = ("2021-06-14 08:00", "2021-06-14", "2021-06-30")
READS = "select citizen from access.referral where access.may_read('provider_' || provider, citizen) order by citizen"
LETTER = "select id from dead_letter.letter where status = 'new'"


@pytest.fixture
def referrals(database: str) -> Iterator[Slice]:
    """Two citizens whom a provider may read about; it is noon of 2021-06-20."""
    with slice_of_consumer(database, referral_register.sink, SLICE) as slice_:
        slice_.connection.execute("update access.clock set moment = %s", (moment("2021-06-20 12:00"),))
        for citizen in (CITIZEN, OTHER):
            slice_.put(slice_.next(REFERRAL_RECORDED, referral(*JUNE, record=citizen, citizen=citizen), citizen))
        assert slice_.rows(READS) == [(OTHER,), (CITIZEN,)]
        yield slice_


def garbage(slice_: Slice) -> None:
    slice_.put(slice_.next(REFERRAL_RECORDED, referral(*JUNE, record=CITIZEN), "garbage", value=b"garbage"))


def test_acc_3_a_cancellation_that_waits_behind_garbage_closes_access_to_its_citizen_alone(referrals: Slice) -> None:
    garbage(referrals)
    cancelled = referral(*JUNE, record=CITIZEN, cancelled_on="2021-06-20")
    referrals.put(referrals.next(REFERRAL_RECORDED, cancelled, "cancelled"))
    assert referrals.rows("select count(*) from access.referral where cancelled_on is not null") == [(0,)]
    assert referrals.rows(READS) == [(OTHER,)]
    assert referrals.command("discard", referrals.rows(LETTER)[0][0]) == "discarded"
    assert referrals.rows("select citizen from access.referral where cancelled_on is not null") == [(CITIZEN,)]
    assert referrals.rows(READS) == [(OTHER,)]


def test_acc_3_access_opens_again_when_the_letter_is_settled_and_nothing_was_cancelled(referrals: Slice) -> None:
    garbage(referrals)
    assert referrals.rows(READS) == [(OTHER,)]
    assert referrals.rows("select citizen from access.profile where referred_now order by 1") == [(OTHER,), (CITIZEN,)]
    assert referrals.command("discard", referrals.rows(LETTER)[0][0]) == "discarded"
    assert referrals.rows(READS) == [(OTHER,), (CITIZEN,)]


def test_parked_keys_are_counted_with_the_oldest_letter_and_an_hour_of_it_is_an_alarm(referrals: Slice) -> None:
    assert parked(referrals.connection) == []
    garbage(referrals)
    (found,) = parked(referrals.connection)
    assert (found.consumer, found.slice, found.keys, found.overdue) == ("referral-register", SLICE, 1, False)
    referrals.connection.execute("update dead_letter.letter set buried_at = buried_at - interval '59 minutes'")
    assert [each.overdue for each in parked(referrals.connection)] == [False]
    referrals.connection.execute("update dead_letter.letter set buried_at = buried_at - interval '1 minute'")
    (late,) = parked(referrals.connection, "referral-register")
    assert parked(referrals.connection, "registers") == []
    assert (late.overdue, found.since - late.since) == (True, timedelta(hours=1))
    assert referrals.command("discard", referrals.rows(LETTER)[0][0]) == "discarded"
    assert parked(referrals.connection) == []


class Nobody:
    """A source without work: there are no operator commands."""

    def notify(self, slice_: int) -> None:
        raise AssertionError(slice_)


def test_a_running_consumer_raises_the_alarm_once_for_keys_that_are_parked_for_an_hour(
    referrals: Slice, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(commands, "LOOK_S", 0.01)
    garbage(referrals)
    referrals.connection.execute("update dead_letter.letter set buried_at = buried_at - interval '1 hour'")
    looks: list[str] = []

    def look(*known: Any) -> list[Parked]:
        looks.append(known[1])
        return parked(*known)

    monkeypatch.setattr(commands, "parked", look)
    with closing(open_pool(database, "test", 2)) as pool:
        watchers = [commands.CommandWatcher(name, pool, [], Nobody()) for name in ("registers", "referral-register")]
        for watcher in watchers:
            watcher.start()
        wait_for("looks", lambda: min(map(looks.count, ("registers", "referral-register"))) >= 3)
        for watcher in watchers:
            watcher.stop()
    alarms = [str(vars(record)["alarm"]) for record in caplog.records if record.message == "ALARM"]
    assert [alarm.partition(" parked")[0] for alarm in alarms] == [f"referral-register/{SLICE}: 1 keys are"]
    assert CITIZEN not in str(alarms)
