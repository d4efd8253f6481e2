"""What a person sees of logins: the jobcentre's list (VIT-2), and no browser string."""

import json

from consumers.vitas_list import apply
from infra.engine.record import IncomingEvent
from schemas.topics import LOGIN_RECORDED, VITAS_USER_CHANGED
from tests.builders import JOBCENTRE
from tests.consumers.batches import slice_connection
from tests.integration.looking import FINE, Desk, desk, empty
from tests.login_builders import IE_11, ie_11, listed

__all__ = ["desk", "empty"]


def test_vitas_users_shows_a_jobcentre_its_inactive_users_and_on_request_the_active_ones(desk: Desk) -> None:
    events = (
        listed("2021-06-14", active=False, rule="VIT-2", company="company-1"),
        listed("2021-06-14", active=True, rule="VIT-2", user="user-2"),
        listed("2021-06-14", active=False, rule="VIT-2", user="user-3", jobcentre="jobcentre-2"),
    )
    with slice_connection(desk.dsn) as connection, connection.transaction():
        apply(connection, [IncomingEvent(VITAS_USER_CHANGED, n, b"%016d" % n, event) for n, event in enumerate(events)])
    row = {"user": "user-1", "active": False, "since": "2021-06-14", "company": "company-1", "rule": "VIT-2"}
    assert desk.json("vitas", "users", JOBCENTRE) == [row]
    assert [user["user"] for user in desk.json("vitas", "users", JOBCENTRE, "--all")] == ["user-1", "user-2"]
    done = desk.dfdg("vitas", "users", JOBCENTRE)
    assert done.exit_code == FINE
    assert "inactive" in done.stdout
    assert "1 users of jobcentre-1 are inactive." in done.stderr


def test_watch_shows_a_login_without_the_browser_string_that_may_identify_a_person(empty: Desk) -> None:
    empty.put(ie_11("2021-06-14 08:00"))
    done = empty.dfdg("watch", LOGIN_RECORDED.name, "--from-beginning", "--count", "1", "--json")
    assert json.loads(done.stdout)["event"]["user_agent"] == "(not shown)"
    assert IE_11 not in done.stdout
