"""A moment that a person gives by hand is true: it opens no window, and makes nothing due early (E2)."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import psycopg
import pytest
from psycopg import Connection

from infra.addresses import Addresses
from infra.engine.days import calendar
from infra.postgres import connect
from infra.registry import Registry
from producers.calendar import DayError, act_moment, note
from schemas.dates import copenhagen_day, midnight
from schemas.topics import TOPICS
from tests.access_builders import OTHER, PROVIDER, referral
from tests.consumers.access_lab import admitted, applied, dsn_of, set_clock
from tests.integration.looking import BAD_INPUT, Desk
from tests.integration.test_cli import TITLES

TODAY = "2021-06-14"
IMPORTED = "select (select count(*) from reference.title_version), (select count(*) from retention.hold)"
HOLD = "insert into retention.hold (hold, citizen, handler) values ('hold-1', 'c-1', 'anna')"
ACTS = {
    "import": ("titles", "import", *TITLES),
    "hold": ("retention", "hold", "c-1", "hold-2", "--handler", "anna"),
    "release": ("retention", "release", "hold-1"),
}


@pytest.fixture
def real(real_database: str) -> Iterator[Connection]:
    with closing(connect(real_database, "test")) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def simulated(database: str) -> Iterator[Connection]:
    with closing(connect(database, "test")) as connection:
        yield connection


def days_off(connection: Connection, days: int) -> date:
    return copenhagen_day(calendar(connection).now) + timedelta(days=days)


@pytest.mark.parametrize("days", [-1, 1, 400])
@pytest.mark.parametrize("act", ACTS)
def test_in_a_real_database_no_command_acts_on_another_day_than_today(
    addresses: Addresses, real: Connection, act: str, days: int
) -> None:
    Registry(addresses.registry).register_all(TOPICS)
    real.execute(HOLD)
    day = days_off(real, days)
    done = Desk(addresses, dsn_of(real)).dfdg(*ACTS[act], "--at", str(day))
    assert (done.exit_code, f"{day} is not today" in done.stderr) == (BAD_INPUT, True), (
        f"{done.stderr} {done.exception}"
    )
    assert "leave --at out" in done.stderr
    assert real.execute(IMPORTED).fetchone() == (0, 1)


@pytest.mark.parametrize("act", ACTS)
def test_in_a_simulated_database_no_command_acts_after_the_day_that_follows_the_last_one(
    addresses: Addresses, simulated: Connection, act: str
) -> None:
    Registry(addresses.registry).register_all(TOPICS)
    simulated.execute(HOLD)
    note(simulated, date.fromisoformat(TODAY))
    done = Desk(addresses, dsn_of(simulated)).dfdg(*ACTS[act], "--at", "2021-06-16")
    assert (done.exit_code, "the last day for --at is 2021-06-15" in done.stderr) == (BAD_INPUT, True), done.stderr
    assert simulated.execute(IMPORTED).fetchone() == (0, 1)


def test_the_moment_of_an_act_is_now_or_in_a_simulated_calendar_any_day_up_to_the_one_after_its_last(
    simulated: Connection,
) -> None:
    assert act_moment(simulated, date(2045, 1, 1)) == midnight(date(2045, 1, 1)), "no day has begun: nothing is ahead"
    note(simulated, date.fromisoformat(TODAY))
    for day in (date(2019, 1, 1), date(2021, 6, 14), date(2021, 6, 15)):
        assert act_moment(simulated, day) == midnight(day)
    with pytest.raises(DayError):
        act_moment(simulated, date(2021, 6, 16))


def test_in_a_real_database_today_given_by_hand_is_now(real: Connection) -> None:
    before = calendar(real).now
    for day in (None, days_off(real, 0)):
        assert before <= act_moment(real, day) <= calendar(real).now


def test_in_a_real_database_nobody_sets_the_moment_by_which_access_is_judged(real: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="in a real database access is judged by real time") as told:
        set_clock(real, midnight(date.fromisoformat(TODAY)))
    assert "dfdg clock simulate" in str(told.value.diag.message_hint)
    assert real.execute("select moment from access.clock").fetchone() == (None,)
    real.execute("delete from access.clock")
    with pytest.raises(psycopg.errors.CheckViolation):
        real.execute("insert into access.clock values (true, now())")
    real.execute("insert into access.clock values (true, null)")
    set_clock(real, None)


def test_a_calendar_with_such_a_moment_does_not_become_a_real_one(simulated: Connection) -> None:
    set_clock(simulated, midnight(date.fromisoformat(TODAY)))
    simulated.commit()
    simulated.execute("update clock.stand set simulated = false")
    with pytest.raises(psycopg.errors.CheckViolation):
        simulated.commit()


def test_in_a_real_database_an_operator_sees_what_a_provider_could_read_at_a_moment_and_nothing_of_it_stays(
    real: Connection, addresses: Addresses
) -> None:
    with admitted(real, (PROVIDER, OTHER)):
        applied(real, referral(f"{TODAY} 08:00", TODAY, "2021-06-30"))
        found = Desk(addresses, dsn_of(real)).json("provider", "show", PROVIDER, "--at", "2021-06-20")
    assert len(found) == 1
    assert real.execute("select moment from access.clock").fetchone() == (None,)
