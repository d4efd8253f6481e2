"""`dfdg provider`: an operator lets a provider in, sees what it can read, and shuts it out (ACC-1)."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.access_builders import PROVIDER, provider, referral
from tests.builders import CITIZEN, moment
from tests.consumers.access_lab import applied, set_clock
from tests.consumers.batches import slice_connection
from tests.integration.looking import COULD_NOT, FINE, USAGE, Desk, desk

__all__ = ["desk"]
WHO = ("--who", "Anna Holm")
SHOWN = {"referral": "referral-1", "citizen": CITIZEN, "first day": "2021-06-14", "last day": "2021-06-30"}


def referred(desk: Desk) -> None:
    with slice_connection(desk.dsn) as owner:
        applied(owner, provider(), referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"))


def test_a_provider_is_let_in_with_a_password_that_works_and_shut_out_again(desk: Desk) -> None:
    referred(desk)
    with psycopg.connect(desk.dsn) as owner:
        owner.execute(f"alter role \"provider_{PROVIDER}\" valid until 'infinity'")  # the role is the whole server's
    granted = desk.dfdg("provider", "grant", PROVIDER, *WHO)
    assert granted.exit_code == FINE, granted.stderr
    own = make_conninfo(desk.dsn, user=f"provider_{PROVIDER}", password=granted.stdout.strip())
    with psycopg.connect(own) as session:
        assert session.execute("select citizen from provider.referral").fetchall() == []  # it was over long ago
    listed = desk.json("provider", "list")
    assert listed["simulated"] is None
    known = {"provider": PROVIDER, "name": f"{PROVIDER} ApS"}
    until = listed["providers"][0]["until"]
    known["until"] = until
    assert listed["providers"] == [{**known, "admitted": True, "can_log_in": True, "citizens": 0}]
    assert timedelta(179) < datetime.fromisoformat(until) - datetime.now(UTC) < timedelta(181)
    assert desk.dfdg("provider", "revoke", PROVIDER, *WHO).exit_code == FINE
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own)
    assert desk.json("provider", "list")["providers"] == [
        {**known, "admitted": False, "can_log_in": False, "citizens": 0}
    ]
    assert desk.dfdg("provider", "show", PROVIDER).exit_code == COULD_NOT
    assert desk.dfdg("provider", "grant", PROVIDER, *WHO).exit_code == FINE


def test_what_a_provider_can_read_is_shown_as_at_a_moment(desk: Desk) -> None:
    referred(desk)
    for at, expected in (
        ("2021-06-13T23:59:59.999999", []),
        ("2021-06-14", [SHOWN]),
        ("2021-06-30T23:59:59.999999", [SHOWN]),
        ("2021-07-01T00:00:00", []),
    ):
        assert desk.json("provider", "show", PROVIDER, "--at", at) == expected
    assert desk.json("provider", "show", PROVIDER) == []


def test_a_simulated_moment_is_pointed_out_and_mistakes_are_told(desk: Desk) -> None:
    referred(desk)
    with slice_connection(desk.dsn) as owner:
        set_clock(owner, moment("2021-06-20 12:00"))
    assert "SIMULATED moment" in desk.dfdg("provider", "list").stderr
    assert desk.json("provider", "list")["providers"][0]["citizens"] == 1
    assert desk.dfdg("provider", "grant", PROVIDER).exit_code == USAGE
    for command in ("grant", "revoke"):
        done = desk.dfdg("provider", command, "nobody", *WHO)
        assert (done.exit_code, "No provider nobody was recorded" in done.stderr) == (COULD_NOT, True)
    assert desk.dfdg("provider", "show", "nobody").exit_code == COULD_NOT
