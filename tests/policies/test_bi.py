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
from streams.policies.bi_state import Asked, BiUser
from tests.bi_builders import access, changed, decided, kept_out, let_in, login, mail, module_request, move
from tests.builders import moment, situation
from tests.stories.playbook import Playbook

BEFORE, FROM = "2021-06-20 23:59", "2021-06-21 00:00"
MOVED = BiUser(user="user-1", status="nemlogin", modules=("a",), moved_at=moment("2021-06-21 00:00"))
NEW = BiUser(user="user-1", status="nemlogin", modules=("a",))
TO_MOVE = BiUser(user="user-1", status="rights-to-move", modules=("a",))
REMOVED = BiUser(user="user-1", asked=(Asked("request-1", "a"),))


def test_the_mail_goes_out_exactly_a_week_before_the_day_and_not_before_notices_do() -> None:
    assert date(2021, 6, 14) == MAIL_DAY >= NOTICES_FROM
    assert (BI_NEMLOGIN - MAIL_DAY).days == 7


@pytest.mark.parametrize(
    ("at", "how", "signature", "user", "granted", "rule", "text"),
    [
        (BEFORE, "old", True, TO_MOVE, True, "BI-2", "bi-login-granted"),
        (BEFORE, "old", False, TO_MOVE, True, "BI-2", "bi-login-granted"),
        (BEFORE, "old", True, None, False, "BI-2", "bi-login-refused-unknown"),
        (BEFORE, "old", False, REMOVED, False, "BI-2", "bi-login-refused-unknown"),
        (BEFORE, "nemlogin", True, None, False, "BI-2", "bi-login-refused-not-yet"),
        (FROM, "old", True, NEW, False, "BI-2", "bi-login-refused-use-nemlogin"),
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
        for at, how, signature, user in product((BEFORE, FROM), ("old", "nemlogin"), (True, False), (None, MOVED, NEW))
    ]
    assert set(used) == set(LOGINS)


@pytest.mark.parametrize(
    ("recorded", "initial", "status"),
    [
        ("2021-03-28 03:00", False, "old-login"),
        (BEFORE, False, "old-login"),
        (BEFORE, True, "old-login"),
        (FROM, False, "nemlogin"),
        (FROM, True, "rights-to-move"),
        ("2022-02-28 12:00", False, "nemlogin"),
        ("2022-02-28 12:00", True, "rights-to-move"),
    ],
)
def test_who_gets_access_from_the_day_on_has_nothing_to_move_and_who_is_loaded_as_existing_has(
    recorded: str, initial: bool, status: str
) -> None:
    state, _ = decide(None, access(recorded, initial=initial))
    assert state is not None
    assert state.status == status


@pytest.mark.parametrize(
    ("recorded", "initial", "mailed"),
    [
        ("2021-06-13 23:59", True, ["2021-06-14"]),
        ("2021-06-13 23:59", False, ["2021-06-14"]),
        ("2021-06-14 00:00", True, ["2021-06-14"]),
        (BEFORE, False, [BEFORE]),
        (FROM, True, [FROM]),
        (FROM, False, []),
        ("2022-03-01 08:00", True, ["2022-03-01 08:00"]),
        ("2022-03-01 08:00", False, []),
    ],
)
def test_the_mail_comes_on_its_day_or_at_once_to_whom_it_concerns_and_never_twice(
    recorded: str, initial: bool, mailed: list[str]
) -> None:
    book = Playbook(decision).fact(access(recorded, initial=initial)).day("2022-04-01")
    assert [event for event in book.new_outputs() if getattr(event, "rule", "") == "BI-1"] == [
        mail(at) for at in mailed
    ]


@pytest.mark.parametrize("at", ["2021-06-22 08:59", "2021-06-22 09:00"])
def test_a_login_from_before_the_rights_were_moved_is_answered_so_though_it_is_read_afterwards(at: str) -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", "a", initial=True)).day("2021-06-21")
    book.fact(move("2021-06-22 09:00")).new_outputs()
    book.fact(login(at)).fact(login(at, "old"))
    if at == "2021-06-22 09:00":
        expected = [let_in(at, "a"), kept_out(at, "bi-login-refused-closed", rule="BI-3")]
    else:
        expected = [let_in(at, text="bi-login-rights-to-move"), kept_out(at, "bi-login-refused-use-nemlogin")]
    assert book.new_outputs() == expected


def test_a_first_load_that_is_sent_again_leaves_moved_rights_moved() -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", initial=True)).day("2021-06-21")
    book.fact(move("2021-06-21 08:00")).new_outputs()
    assert book.fact(access("2021-06-22 08:00", initial=True)).new_outputs() == []


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
    state, _ = decide(None, access("2021-06-22 08:00"))
    assert state is not None
    assert state.wakes_on is None
    assert wake(state, date(2021, 6, 23)) == (state, [])


def test_what_it_does_not_read_is_a_defect_and_not_passed_over() -> None:
    with pytest.raises(TypeError, match="SituationRecorded"):
        decide(None, situation("2021-06-14"))


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
