"""A server counts as away if the command needs it and nothing listens; a session that was ended tells of no outage."""

import socket

import psycopg
import pytest
from psycopg_pool import PoolClosed, PoolTimeout

from infra.addresses import Addresses
from infra.cli.common import unanswered
from infra.engine.failures import known_failures
from infra.errors import TakeOverError

NOWHERE = "127.0.0.1:1"


def test_of_several_registries_one_that_listens_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert unanswered(Addresses("", f"http://{NOWHERE},{there}", ""), ("registry",)) == {}
    found = unanswered(Addresses("", f"http://{NOWHERE},http://user:secret@{NOWHERE}", ""), ("registry",))
    assert list(found) == ["registry"]
    assert "secret" not in found["registry"]


def test_a_server_that_the_command_does_not_use_is_not_asked() -> None:
    nowhere = Addresses(NOWHERE, f"http://{NOWHERE}", "")
    assert unanswered(nowhere, ("postgres",)) == {}
    assert list(unanswered(nowhere, ("kafka",))) == ["kafka"]


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (psycopg.OperationalError("the connection is lost"), "postgres"),
        (PoolTimeout("no connection"), "postgres"),
        (psycopg.errors.CannotConnectNow("starting up"), "postgres"),
        (psycopg.errors.AdminShutdown("ended, as a blocker is"), None),
        (psycopg.errors.QueryCanceled("took too long"), None),
        (PoolClosed("this process stops"), None),
    ],
)
def test_only_a_server_that_does_not_answer_is_told_as_away(error: Exception, away: str | None) -> None:
    with pytest.raises(TakeOverError) as raised, known_failures():
        raise error
    assert raised.value.away == away
