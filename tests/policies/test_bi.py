"""BI-1 … BI-4: every row of the logins, both sides of each day, and what order the topics may come in."""

from collections.abc import Sequence
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bi import BiModuleAnswered, BiUserChanged
from schemas.event import Event
from schemas.release_dates import BI_NEMLOGIN, NOTICES_FROM
from streams.bi import decision
from streams.policies.bi import decide, wake
from streams.policies.bi_logins import LOGINS, row_of
from streams.policies.bi_notices import MAIL_DAY
from streams.policies.bi_state import BiUser
from tests.bi_builders import access, changed, decided, login, mail, module_request, move
from tests.builders import situation
from tests.stories.playbook import Playbook

BEFORE, FROM = "2021-06-20 23:59", "2021-06-21 00:00"
MOVED = BiUser(user="user-1", status="nemlogin", modules=("a",))
TO_MOVE = BiUser(user="user-1", status="rights-to-move", modules=("a",))


def test_the_mail_goes_out_exactly_a_week_before_the_day_and_not_before_notices_do() -> None:
    assert date(2021, 6, 14) == MAIL_DAY >= NOTICES_FROM
    assert (BI_NEMLOGIN - MAIL_DAY).days == 7


@pytest.mark.parametrize(
    ("at", "how", "signature", "user", "granted", "rule", "text"),
    [
        (BEFORE, "old", True, TO_MOVE, True, "BI-2", "bi-login-granted"),
        (BEFORE, "old", False, None, True, "BI-2", "bi-login-granted"),
        (BEFORE, "nemlogin", True, TO_MOVE, False, "BI-2", "bi-login-refused-not-yet"),
        (FROM, "old", True, TO_MOVE, False, "BI-2", "bi-login-refused-use-nemlogin"),
        (FROM, "old", True, None, False, "BI-2", "bi-login-refused-use-nemlogin"),
        (FROM, "old", True, MOVED, False, "BI-3", "bi-login-refused-closed"),
        (FROM, "old", False, MOVED, False, "BI-2", "bi-login-refused-no-signature"),
        (FROM, "nemlogin", False, MOVED, False, "BI-2", "bi-login-refused-no-signature"),
        (FROM, "nemlogin", True, MOVED, True, "BI-3", "bi-login-granted"),
        ("2021-10-31 02:30", "nemlogin", True, None, True, "BI-3", "bi-login-granted"),
        ("2024-02-29 12:00", "old", True, MOVED, False, "BI-3", "bi-login-refused-closed"),
    ],
)
def test_a_login_leads_where_its_row_says(
    at: str, how: str, signature: bool, user: BiUser | None, granted: bool, rule: str, text: str
) -> None:
    row = row_of(login(at, how, signature=signature), user)
    assert (row.granted, row.rule, row.text) == (granted, rule, text)


def test_every_login_has_exactly_one_row_and_every_row_is_used() -> None:
    used = [
        row_of(login(at, how, signature=signature), user)
        for at, how, signature, user in product((BEFORE, FROM), ("old", "nemlogin"), (True, False), (None, MOVED))
    ]
    assert set(used) == set(LOGINS)


@pytest.mark.parametrize(
    ("recorded", "status"), [(BEFORE, "old-login"), (FROM, "nemlogin"), ("2021-03-28 03:00", "old-login")]
)
def test_who_gets_access_from_the_day_on_has_nothing_to_move(recorded: str, status: str) -> None:
    state, _ = decide(None, access(recorded, initial=True), BI_NEMLOGIN)
    assert state is not None
    assert state.status == status


@pytest.mark.parametrize(
    ("recorded", "mailed"),
    [("2021-06-13 23:59", "2021-06-14"), ("2021-06-14 00:00", "2021-06-14"), ("2021-06-20 23:59", "2021-06-20 23:59")],
)
def test_the_mail_comes_on_its_day_or_at_once_and_never_twice(recorded: str, mailed: str) -> None:
    book = Playbook(decision).fact(access(recorded, initial=True)).day("2021-07-01")
    assert [event for event in book.new_outputs() if event.SCHEMA == "notice-issued.v1"] == [mail(mailed)]


def test_a_decision_read_before_its_request_waits_until_the_next_day_begins() -> None:
    early = Playbook(decision).fact(decided("2021-07-01 09:00", granted=True))
    assert early.new_outputs() == []
    early.fact(module_request("2021-07-01 08:00"))
    assert [event.SCHEMA for event in early.new_outputs()].count("bi-module-answered.v1") == 1

    late = Playbook(decision).fact(decided("2021-07-01 09:00", granted=True)).day("2021-07-02")
    assert late.state("user-1") is None
    late.fact(module_request("2021-07-02 08:00"))
    assert [event.SCHEMA for event in late.new_outputs()] == ["notice-issued.v1"]


def test_a_wake_on_a_day_that_changes_nothing_says_nothing() -> None:
    state, _ = decide(None, access("2021-06-22 08:00"), date(2021, 6, 22))
    assert state is not None
    assert state.wakes_on is None
    assert wake(state, date(2021, 6, 23), date(2021, 6, 23)) == (state, [])


def test_what_it_does_not_read_is_a_defect_and_not_passed_over() -> None:
    with pytest.raises(TypeError, match="SituationRecorded"):
        decide(None, situation("2021-06-14"), date(2021, 6, 14))


def told_of(facts: Sequence[Event], begun: str) -> tuple[object, ...]:
    """What it comes to in the end: the state, the user as last shown, and the answers."""
    book = Playbook(decision).day(begun)
    for fact in facts:
        book.fact(fact)
    shown = [event for event in book.outputs if isinstance(event, BiUserChanged)][-1]
    answers = [event for event in book.outputs if isinstance(event, BiModuleAnswered)]
    mails = [event for event in book.outputs if getattr(event, "rule", "") == "BI-1"]
    return book.state("user-1"), shown.modules, shown.modules_to_move, sorted(map(str, answers)), len(mails)


@given(st.data(), st.sampled_from(["2021-06-18", "2021-06-21"]))
def test_access_requests_and_decisions_of_one_day_come_to_the_same_in_any_order(data: st.DataObject, day: str) -> None:
    facts: list[Event] = [
        access(f"{day} 08:00", "c", initial=True),
        module_request(f"{day} 09:00", "a", request="r-a"),
        module_request(f"{day} 09:01", "b", request="r-b"),
        decided(f"{day} 10:00", granted=True, request="r-a"),
        decided(f"{day} 10:01", granted=False, request="r-b"),
    ]
    assert told_of(data.draw(st.permutations(facts)), day) == told_of(facts, day)


@pytest.mark.parametrize("granted_first", [True, False])
def test_a_module_granted_before_the_rights_are_moved_comes_with_the_others(granted_first: bool) -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", "c", initial=True)).day("2021-06-21")
    book.fact(module_request("2021-06-21 08:00"))
    grant, moving = decided("2021-06-21 09:00", granted=True), move("2021-06-21 09:00")
    for fact in (grant, moving) if granted_first else (moving, grant):
        book.fact(fact)
    changes = [event for event in book.outputs if isinstance(event, BiUserChanged)]
    expected = changed("2021-06-21 09:00", "nemlogin", "a", "c", rule="BI-3" if granted_first else "BI-4")
    assert changes[-1] == expected
