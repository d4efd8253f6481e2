"""The table of referrals and the providers' roles: what batches leave, and nothing else."""

import logging
from collections.abc import Iterator
from datetime import date
from itertools import islice
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from psycopg import Connection, Rollback, sql

from consumers.referral_register import apply
from schemas.ids import slice_of
from tests.access_builders import OTHER, PROVIDER, provider, referral
from tests.builders import CITIZEN, moment
from tests.consumers.access_lab import applied
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import incoming_events

SHOWN = "record, citizen, provider, first_day, ends"
ROLE = "select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = %s"


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def newcomer(owner: Connection) -> Iterator[str]:
    """A provider whose role the server does not have yet."""
    name = token_hex(8)
    yield name
    owner.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"provider_{name}")))


def rows(owner: Connection, columns: str = SHOWN) -> list[tuple[Any, ...]]:
    return owner.execute(f"select {columns} from access.referral order by record".encode()).fetchall()


def test_a_referral_is_one_row_with_its_slice_and_the_end_of_its_period(owner: Connection) -> None:
    applied(owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-20"))
    assert rows(owner, "*") == [
        (
            *("referral-1", CITIZEN, slice_of(CITIZEN.encode(), 8), PROVIDER),
            *(date(2021, 6, 14), date(2021, 6, 30), date(2021, 6, 20), moment("2021-06-14 08:00"), "open"),
            *(date(2021, 6, 19), None),
        )
    ]


def test_the_last_of_several_facts_in_a_batch_counts_and_other_referrals_are_not_touched(owner: Connection) -> None:
    applied(owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record="r-2", citizen="citizen-2"))
    applied(
        owner,
        referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"),
        referral("2021-06-15 08:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-16"),
        referral("2021-06-15 09:00", "2021-06-15", "2021-06-25", provider=OTHER),
    )
    assert rows(owner) == [
        ("r-2", "citizen-2", PROVIDER, date(2021, 6, 14), date(2021, 6, 30)),
        ("referral-1", CITIZEN, OTHER, date(2021, 6, 15), date(2021, 6, 25)),
    ]


@pytest.mark.parametrize("last_day", ["2021-06-30", "2021-07-31"])
def test_ret_6_what_says_again_what_the_row_holds_is_no_update_however_the_batches_are_cut(
    owner: Connection, last_day: str
) -> None:
    facts = [
        referral(at, "2021-06-14", ends)
        for at, ends in (
            ("2021-06-14 08:00", "2021-06-30"),
            ("2021-06-15 03:00", last_day),
            ("2021-06-16 03:00", "2021-06-30"),
        )
    ]
    updated = moment("2021-06-14 08:00" if last_day == "2021-06-30" else "2021-06-16 03:00")
    for cut in range(3):
        with owner.transaction(force_rollback=True):
            applied(owner, *facts[: cut + 1])
            applied(owner, *facts[cut + 1 :])
            assert rows(owner, "last_day, updated_at") == [(date(2021, 6, 30), updated)]


def test_a_later_batch_corrects_the_row_and_a_new_period_brings_it_back_into_reach(owner: Connection) -> None:
    applied(owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-20"))
    owner.execute("update access.referral set reach = 'withheld'")
    applied(owner, referral("2021-06-15 08:00", "2021-06-15", "2021-06-30", cancelled_on="2021-06-20"))
    assert rows(owner, "first_day, reach") == [(date(2021, 6, 15), "withheld")]  # its deadline is the same
    applied(owner, referral("2021-06-16 08:00", "2021-06-15", "2021-07-31", provider=OTHER))
    assert rows(owner, f"{SHOWN}, cancelled_on, updated_at, reach") == [
        (
            *("referral-1", CITIZEN, OTHER, date(2021, 6, 15), date(2021, 7, 31)),
            *(None, moment("2021-06-16 08:00"), "open"),
        )
    ]


@pytest.mark.parametrize("cut", [1, 2])
def test_a_fact_that_is_older_than_the_row_changes_nothing_in_whichever_batch_it_comes(
    owner: Connection, cut: int
) -> None:
    facts = (
        referral("2021-06-15 08:00", "2021-06-14", "2021-06-30", cancelled_on="2021-06-15"),
        referral("2021-06-14 08:00", "2021-06-14", "2021-12-31"),
        provider(at="2021-06-15 08:00", called="New ApS"),
        provider(at="2021-06-14 08:00", called="Old ApS"),
    )
    for start in range(0, len(facts), cut):
        applied(owner, *facts[start : start + cut])
    assert rows(owner, "last_day, cancelled_on") == [(date(2021, 6, 30), date(2021, 6, 15))]
    assert owner.execute("select name from access.provider").fetchall() == [("New ApS",)]


@pytest.mark.parametrize("sizes", [(3,), (1, 2), (1, 1, 1)], ids=str)
def test_a_record_stays_with_its_first_citizen_and_the_other_is_an_alarm(
    owner: Connection, caplog: pytest.LogCaptureFixture, sizes: tuple[int, ...]
) -> None:
    mine = referral("2021-06-14 08:00", "2021-06-14", "2021-06-30")
    theirs = referral("2021-06-15 08:00", "2021-06-14", "2021-12-31", citizen="citizen-2", provider=OTHER)
    again = referral("2021-06-16 08:00", "2021-06-14", "2021-06-29")
    facts = iter((mine, theirs, again))
    for size in sizes:
        applied(owner, *islice(facts, size))
        assert {row[:3] for row in rows(owner)} == {("referral-1", CITIZEN, PROVIDER)}
    assert rows(owner) == [("referral-1", CITIZEN, PROVIDER, date(2021, 6, 14), date(2021, 6, 29))]
    (alarm,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "ALARM referrals: referral-1 is another citizen's" in alarm.getMessage()
    assert "citizen-" not in alarm.getMessage()


def test_acc_1_a_new_provider_gets_a_role_without_password_or_power_and_keeps_it(
    owner: Connection, newcomer: str
) -> None:
    applied(owner, provider(newcomer), provider(newcomer, called="Nyt navn"))
    role = owner.execute(ROLE, (f"provider_{newcomer}",)).fetchall()
    assert role == [(True, False, False, False, False)]
    secret = owner.execute("select rolpassword from pg_authid where rolname = %s", (f"provider_{newcomer}",)).fetchone()
    assert secret == (None,)
    applied(owner, provider(newcomer, "2021-07-01 08:00", called="Nyere navn"))
    assert owner.execute("select provider, name, recorded_at from access.provider").fetchall() == [
        (newcomer, "Nyere navn", moment("2021-07-01 08:00"))
    ]
    assert rows(owner) == []


def test_a_batch_that_is_rolled_back_leaves_neither_row_nor_role(owner: Connection, newcomer: str) -> None:
    with owner.transaction():
        apply(owner, incoming_events(provider(newcomer), referral("2021-06-14 08:00", "2021-06-14", "2021-06-30")))
        assert owner.execute(ROLE, (f"provider_{newcomer}",)).fetchall() != []
        raise Rollback
    assert owner.execute(ROLE, (f"provider_{newcomer}",)).fetchall() == []
    assert rows(owner) == []
    assert owner.execute("select count(*) from access.provider").fetchone() == (0,)


@pytest.mark.parametrize("power", ["createdb", "bypassrls", "in role dfdg_operator"])
def test_a_role_of_that_name_with_other_powers_is_never_taken_for_a_providers(
    owner: Connection, newcomer: str, power: str
) -> None:
    role = sql.Identifier(f"provider_{newcomer}")
    owner.execute(sql.SQL("create role {} {}").format(role, sql.SQL(power)))
    with pytest.raises(psycopg.errors.RaiseException, match="may do more than a provider"):
        applied(owner, provider(newcomer))
    assert owner.execute("select count(*) from access.provider").fetchone() == (0,)


def test_a_role_that_another_database_of_the_server_made_is_used_as_it_is(owner: Connection, newcomer: str) -> None:
    owner.execute("select access.admit(%s)", ([newcomer],))
    role = f"provider_{newcomer}"
    owner.execute(sql.SQL("revoke dfdg_provider from {}").format(sql.Identifier(role)))  # there it was shut out
    applied(owner, provider(newcomer))
    assert owner.execute("select provider from access.provider").fetchall() == [(newcomer,)]
    assert owner.execute("select pg_has_role(%s, 'dfdg_provider', 'usage')", (role,)).fetchone() == (False,)


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", 'a"; drop', "a" * 41])
def test_the_database_too_refuses_a_provider_that_cannot_name_a_role(owner: Connection, name: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="cannot name a role"):
        owner.execute("select access.admit(%s)", ([name],))
