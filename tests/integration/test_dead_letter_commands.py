"""How letters are chosen for operator commands: by reason, topic, time and key; nothing without --yes; spread out."""

import psycopg
import pytest

from tests.integration.looking import BAD_INPUT, COULD_NOT, FINE, USAGE, Desk, desk

__all__ = ["desk"]
LETTERS = (
    ("mailboxes", "dfdg.notice-issued-v1", "c-1", "not a valid notice", "2021-06-14 00:00+02", "new"),
    ("journal", "dfdg.notice-issued-v1", "c-1", "not a valid notice", "2021-06-14 00:00+02", "new"),
    ("journal", "dfdg.login-recorded-v1", "c-2", "not Avro", "2021-06-15 00:00+02", "new"),
    ("journal", "dfdg.login-recorded-v1", "c-2", "it waits", "2021-06-15 00:00+02", "waiting"),
    ("journal", "dfdg.login-recorded-v1", "c-3", "not Avro", "2021-06-13 23:59+02", "applied"),
)
WHO = ("--who", "Anna Holm")


@pytest.fixture
def full(desk: Desk) -> Desk:
    insert = """
    insert into dead_letter.letter
        (consumer, topic, partition, at_offset, key, subject, headers, reason, buried_at, status)
    values (%s, %s, 3, %s, convert_to(%s, 'utf8'), %s, '[]', %s, %s, %s)
    """
    with psycopg.connect(desk.dsn) as connection:
        for offset, (consumer, topic, key, reason, at, status) in enumerate(LETTERS):
            connection.execute(insert, (consumer, topic, offset, key, key, reason, at, status))
    return desk


@pytest.mark.parametrize(
    ("chosen", "offsets"),
    [
        ((), [4, 2, 1, 0]),
        (("--consumer", "mailboxes"), [0]),
        (("--group", "mailboxes"), [0]),  # its old name
        (("--topic", "dfdg.login-recorded-v1"), [4, 2]),
        (("--reason", "NOT AVRO"), [4, 2]),
        (("--key", "c-1"), [1, 0]),
        (("--since", "2021-06-14", "--until", "2021-06-15"), [1, 0]),
        (("--key", "c-2", "--reason", "valid"), []),
        (("--since", "2021-06-15 00:00:00"), [2]),
        (("--status", "new"), [2, 1, 0]),
        (("--status", "applied"), [4]),
        (("--status", "discarded", "--status", "applied"), [4]),
        (("--status", "discarded"), []),
    ],
)
def test_letters_are_chosen_by_what_is_said_of_them_and_what_waits_is_none(
    full: Desk, chosen: tuple[str, ...], offsets: list[int]
) -> None:
    found = full.json("dead-letters", "list", *chosen)["dead_letters"]
    assert [letter["offset"] for letter in found] == offsets
    assert [letter["waiting"] for letter in found if letter["offset"] == 2] in ([], [1])


def test_a_discard_is_commanded_once_with_a_name_at_the_rate_that_was_said_and_only_with_yes(full: Desk) -> None:
    command = ("dead-letters", "discard", "--reason", "not", "--rate", "0.5", *WHO)
    assert "3 letters would be discarded" in full.dfdg(*command).stderr
    commands = "select act, who, due_at - min(due_at) over () from dead_letter.act order by id"
    with psycopg.connect(full.dsn, autocommit=True) as connection:
        assert connection.execute(commands).fetchall() == []
        assert "3 commands were given" in full.dfdg(*command, "--yes").stderr
        assert "0 commands were given" in full.dfdg(*command, "--yes").stderr
        given = connection.execute(commands).fetchall()
    assert [(act, who) for act, who, _ in given] == [("discard", "Anna Holm")] * 3
    assert [round(later.total_seconds()) for *_, later in given] == [0, 2, 4]


def test_without_a_choice_a_name_or_a_letter_nothing_is_commanded(full: Desk) -> None:
    assert full.dfdg("dead-letters", "discard", "--yes", *WHO).exit_code == BAD_INPUT
    assert full.dfdg("dead-letters", "discard", "--key", "c-1", "--yes").exit_code == USAGE
    assert full.dfdg("dead-letters", "discard", "--key", "c-3", "--yes", *WHO).exit_code == COULD_NOT
    assert full.dfdg("dead-letters", "show", "999").exit_code == COULD_NOT
    assert full.dfdg("dead-letters", "accept", "journal", "dfdg.login-recorded-v1", "5", *WHO).exit_code == COULD_NOT
    assert full.dfdg("dead-letters", "list").exit_code == FINE


def test_a_limit_shortens_the_list_and_changes_no_count(full: Desk) -> None:
    for limit in ((), ("--limit", "1")):
        counts = full.json("dead-letters", "list", "--topic", "dfdg.notice-issued-v1", *limit)
        assert (counts["total"], counts["chosen"], counts["parked"]) == (4, 2, 2)
        said = full.dfdg("dead-letters", "list", *limit).stderr
        assert "4 of 4 dead letters; behind 3 of them their keys are parked." in said
    assert "These are the latest 1." in said
    assert "3 of 4 dead letters; " in full.dfdg("dead-letters", "list", "--status", "new").stderr
    said = full.dfdg("dead-letters", "discard", "--reason", "not", "--limit", "2", *WHO).stderr
    assert "2 letters would be discarded. 3 are open as chosen" in said


@pytest.mark.parametrize(
    ("wrong", "near"),
    [(("--topic", "dfdg.notice-isued-v1"), "dfdg.notice-issued-v1"), (("--consumer", "mailbox"), "mailboxes")],
)
def test_an_unknown_consumer_or_topic_gets_the_nearest_one_and_not_an_empty_list(
    full: Desk, wrong: tuple[str, str], near: str
) -> None:
    done = full.dfdg("dead-letters", "list", *wrong)
    assert done.exit_code == USAGE
    assert f"Did you mean {near}" in " ".join(done.stderr.replace("│", " ").split())


def test_explain_knows_which_letters_are_settled_and_which_are_open(full: Desk) -> None:
    assert "of journal (settled: applied): dfdg.login-recorded-v1/3/4: not Avro" in full.dfdg("explain", "c-3").stdout
    assert "of journal (open): dfdg.login-recorded-v1/3/2: not Avro" in full.dfdg("explain", "c-2").stdout


def test_a_parked_subject_is_explained_with_what_waits(full: Desk) -> None:
    said = full.dfdg("explain", "c-2").output
    assert "c-2 is parked in journal: 1 later records wait" in said
    assert "is parked" not in full.dfdg("explain", "c-3").output
