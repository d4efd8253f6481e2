"""bi.star.dk in the summer of NemLog-in, told of one user and of who is responsible for users (BI-1 … BI-4)."""

from streams.bi import decision
from tests.bi_builders import (
    access,
    changed,
    created,
    decided,
    kept_out,
    let_in,
    login,
    mail,
    module_answer,
    module_asked,
    module_notices,
    module_request,
    move,
    moved,
)
from tests.stories.playbook import Playbook


def test_bi_1_every_existing_user_is_mailed_a_week_before_the_day_and_once() -> None:
    book = Playbook(decision).day("2021-05-01").fact(access("2021-05-01 08:00", "a", "b", initial=True))
    assert book.new_outputs() == [changed("2021-05-01 08:00", "old-login", "a", "b")]
    assert book.day("2021-06-13").new_outputs() == []
    assert book.day("2021-06-14").new_outputs() == [mail("2021-06-14")]
    book.fact(access("2021-06-15 08:00", "a", "b", initial=True))
    assert book.day("2021-06-20").new_outputs() == []
    assert book.day("2021-06-21").new_outputs() == [
        changed("2021-06-21", "rights-to-move", to_move=("a", "b"), rule="BI-3")
    ]
    assert book.day("2022-12-31").new_outputs() == []


def test_bi_1_who_registers_later_is_mailed_at_once() -> None:
    book = Playbook(decision).day("2021-06-18").fact(access("2021-06-18 08:00", initial=True))
    assert book.new_outputs() == [changed("2021-06-18 08:00", "old-login", "a"), mail("2021-06-18 08:00")]
    book.day("2021-06-21").new_outputs()
    assert book.day("2022-12-31").new_outputs() == []


def test_bi_1_who_is_read_late_is_mailed_while_there_are_rights_to_move_and_not_of_a_day_gone_by() -> None:
    book = Playbook(decision).day("2021-07-20").fact(access("2021-05-01 08:00", initial=True))
    assert book.new_outputs() == [
        changed("2021-05-01 08:00", "old-login", "a"),
        mail("2021-06-14"),
        changed("2021-06-21", "rights-to-move", to_move=("a",), rule="BI-3"),
    ]
    book.fact(access("2021-07-20 08:00", initial=True, user="user-2"))
    assert [event.SCHEMA for event in book.new_outputs()] == ["bi-user-changed.v1"]


def test_bi_2_from_the_day_the_old_login_leads_to_nemlogin_and_without_a_signature_to_the_own_administrator() -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", initial=True)).day("2021-06-20")
    book.new_outputs()
    book.fact(login("2021-06-20 23:59", "old", signature=False)).fact(login("2021-06-20 23:59"))
    assert book.new_outputs() == [
        let_in("2021-06-20 23:59", "a", rule="BI-2"),
        kept_out("2021-06-20 23:59", "bi-login-refused-not-yet"),
    ]
    book.day("2021-06-21").new_outputs()
    book.fact(login("2021-06-21 00:00", "old")).fact(login("2021-06-21 00:01", "old", signature=False))
    book.fact(login("2021-06-21 00:02", signature=False))
    no_signature = kept_out("2021-06-21 00:01", "bi-login-refused-no-signature")
    assert book.new_outputs() == [
        kept_out("2021-06-21 00:00", "bi-login-refused-use-nemlogin"),
        no_signature,
        kept_out("2021-06-21 00:02", "bi-login-refused-no-signature"),
    ]
    assert "administratoren i din egen organisation" in no_signature.text


def test_bi_3_the_first_nemlogin_login_has_no_modules_until_the_rights_are_moved_which_closes_the_old_access() -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", "a", "b", initial=True)).day("2021-06-21")
    book.new_outputs()
    book.fact(login("2021-06-21 08:00"))
    assert book.new_outputs() == [let_in("2021-06-21 08:00", text="bi-login-rights-to-move")]
    book.fact(move("2021-06-21 08:05"))
    assert book.new_outputs() == [
        moved("2021-06-21 08:05"),
        changed("2021-06-21 08:05", "nemlogin", "a", "b", rule="BI-3"),
    ]
    book.fact(login("2021-06-21 08:06")).fact(login("2021-06-21 08:07", "old"))
    assert book.new_outputs() == [
        let_in("2021-06-21 08:06", "a", "b"),
        kept_out("2021-06-21 08:07", "bi-login-refused-closed", rule="BI-3"),
    ]
    assert book.day("2022-12-31").new_outputs() == []


def test_bi_3_moving_the_rights_twice_changes_nothing_and_before_the_day_or_without_rights_it_is_refused() -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", initial=True)).day("2021-06-20")
    book.new_outputs()
    book.fact(move("2021-06-20 12:00", "early"))
    assert book.new_outputs() == [
        moved("2021-06-20 12:00", "bi-rights-refused-not-yet", granted=False, request="early")
    ]
    book.day("2021-06-21").fact(move("2021-06-21 12:00", "first")).new_outputs()
    before = book.state("user-1")
    book.fact(move("2021-06-22 12:00", "again"))
    assert book.new_outputs() == [moved("2021-06-22 12:00", "bi-rights-moved-before", request="again")]
    assert book.state("user-1") == before

    stranger = Playbook(decision).fact(move("2021-06-21 12:00"))
    assert stranger.new_outputs() == [moved("2021-06-21 12:00", "bi-rights-refused-nothing", granted=False)]
    assert stranger.state("user-1") is None


def test_bi_4_a_request_for_a_module_goes_to_who_is_responsible_and_both_are_told_of_the_decision() -> None:
    book = Playbook(decision).fact(access("2021-05-01 08:00", initial=True)).day("2021-06-21")
    book.fact(move("2021-06-21 08:00")).new_outputs()
    book.fact(module_request("2021-06-22 08:00", "b"))
    assert book.new_outputs() == [module_asked("2021-06-22 08:00", "b")]
    assert book.day("2021-08-01").new_outputs() == []
    book.fact(decided("2021-08-01 09:00", granted=True))
    assert book.new_outputs() == [
        module_answer("2021-08-01 09:00", "b", granted=True),
        *module_notices("2021-08-01 09:00", "b", granted=True),
        changed("2021-08-01 09:00", "nemlogin", "a", "b"),
    ]
    book.fact(decided("2021-08-01 10:00", granted=False))
    assert book.day("2022-12-31").new_outputs() == []


def test_bi_4_a_refused_module_is_answered_and_both_are_told_and_nothing_else_changes() -> None:
    book = Playbook(decision).day("2021-06-22").fact(module_request("2021-06-22 08:00"))
    assert book.new_outputs() == [module_asked("2021-06-22 08:00")]
    book.fact(module_request("2021-06-22 08:00"))
    assert book.new_outputs() == [], "the same request again has no second answer"
    book.fact(decided("2021-06-22 09:00", granted=False))
    assert book.new_outputs() == [
        module_answer("2021-06-22 09:00", granted=False),
        *module_notices("2021-06-22 09:00", granted=False),
    ]
    assert book.state("user-1") is None


def test_bi_4_who_is_responsible_creates_access_and_both_are_told_and_removed_it_is_gone() -> None:
    book = Playbook(decision).day("2021-07-01").fact(access("2021-07-01 08:00", "a", "b"))
    assert book.new_outputs() == [
        *created("2021-07-01 08:00", "a, b"),
        changed("2021-07-01 08:00", "nemlogin", "a", "b"),
    ]
    book.fact(login("2021-07-01 09:00"))
    assert book.new_outputs() == [let_in("2021-07-01 09:00", "a", "b")]
    book.fact(access("2021-07-02 08:00", removed=True))
    assert book.new_outputs() == [changed("2021-07-02 08:00", "removed")]
    assert book.state("user-1") is None
    book.fact(login("2021-07-02 09:00"))
    assert book.new_outputs() == [let_in("2021-07-02 09:00", text="bi-login-no-modules")]


def test_bi_4_access_created_before_notices_go_out_is_not_announced_afterwards() -> None:
    book = Playbook(decision).day("2021-06-13").fact(access("2021-06-13 23:59"))
    assert book.new_outputs() == [changed("2021-06-13 23:59", "old-login", "a")]
    assert book.day("2021-06-14").new_outputs() == [mail("2021-06-14")]
