"""The commands that look at records, mailboxes and dead letters."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from consumers import cv_status, mailboxes
from infra.engine.consumer import register
from infra.postgres import connect
from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import (
    CV_REQUIREMENT_CHANGED,
    JOB_AD_NUMBERS_TO_CHECK,
    JOB_AD_SUBMITTED,
    NOTICE_ISSUED,
    SITUATION_RECORDED,
    TITLE_HELD_RECORDED,
    TITLE_REPLACED,
)
from tests.builders import CITIZEN, FUND, JOBCENTRE, NO_DUTY, REGISTER, change_notice, changed, situation
from tests.consumers.batches import REASON, incoming_events, set_ceiling, slice_connection
from tests.integration.looking import AWAY, COULD_NOT, FINE, USAGE, Desk, desk, empty
from tests.jobad_builders import ADVERT, CVR, P_NUMBER, anonymous, submitted, to_check
from tests.title_builders import COOK, NEW_COOK, replaced, wish

__all__ = ["desk", "empty"]
AT = "2021-06-14 08:00"
NOTICES = [change_notice(AT, recipient, before=NO_DUTY, now=REGISTER) for recipient in (JOBCENTRE, FUND, JOBCENTRE)]
SECRET = b"0101011234 is a secret"


def test_watch_shows_where_a_record_lies_what_it_is_and_what_caused_it(empty: Desk) -> None:
    empty.put(situation(AT), situation("2021-06-15 08:00", jobcentre="jobcentre-2"))
    done = empty.dfdg("watch", SITUATION_RECORDED.name, "--from-beginning", "--count", "2", "--json")
    assert done.exit_code == FINE
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == {
        "partition": slice_of(CITIZEN.encode(), SLICES), "offset": 0, "at": "2021-06-14 06:00:00+00:00",
        "type": "situation-recorded.v1", "id": "id-1", "cause": "cause-1", "key": CITIZEN, "fault": None,
        "event": {
            "occurred_at": "2021-06-14T06:00:00Z", "citizen": CITIZEN, "target_group": "job-ready",
            "jobcentre": JOBCENTRE,
        },
    }  # fmt: skip
    assert (second["offset"], second["event"]["jobcentre"]) == (1, "jobcentre-2")

    text = empty.dfdg("watch", SITUATION_RECORDED.name, "--from-beginning", "--count", "1").stdout
    assert text.startswith(f"{first['partition']}/0 2021-06-14T06:00:00Z situation-recorded.v1 id=id-1 cause=cause-1")
    assert len(text.splitlines()) == 1


def test_watch_says_why_a_record_is_unreadable_and_shows_nothing_of_it(empty: Desk) -> None:
    empty.put_raw(SITUATION_RECORDED, 3, SECRET, SECRET, [("ce_id", b"1"), ("ce_source", b"test")])
    done = empty.dfdg("watch", SITUATION_RECORDED.name, "--from-beginning", "--count", "1", "--json")
    shown = json.loads(done.stdout)
    assert (shown["partition"], shown["offset"], shown["type"], shown["event"]) == (3, 0, "unreadable", None)
    assert "Confluent framing" in shown["fault"]
    assert "secret" not in done.output
    assert "0101011234" not in done.output


def test_watch_never_shows_a_title_that_was_replaced(empty: Desk) -> None:
    empty.put(wish(AT, alias="grillkok"), replaced(AT, COOK, by=NEW_COOK, alias="grillkok"))
    for topic in (TITLE_HELD_RECORDED, TITLE_REPLACED):
        done = empty.dfdg("watch", topic.name, "--from-beginning", "--count", "1")
        assert done.exit_code == FINE
        assert done.stdout.count("(auditors only)") == 2
        assert COOK not in done.output
        assert "grillkok" not in done.output


def test_ad_2_watch_never_shows_who_is_behind_an_anonymous_advert(empty: Desk) -> None:
    empty.put(anonymous(AT, employer="employer-1"), to_check(AT), submitted(AT))
    for topic in (JOB_AD_SUBMITTED, JOB_AD_NUMBERS_TO_CHECK):
        done = empty.dfdg("watch", topic.name, "--from-beginning", "--count", "1")
        assert done.exit_code == FINE
        assert ADVERT in done.stdout
        assert not any(secret in done.output for secret in (CVR, P_NUMBER, "employer-1"))


def test_watch_shows_only_what_is_new_and_ends_cleanly_with_ctrl_c(empty: Desk) -> None:
    empty.put(situation("2021-06-13 08:00"))
    command = [sys.executable, "-m", "infra.cli", "watch", SITUATION_RECORDED.name, "--json"]
    pipe = subprocess.PIPE
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in a shell's background it is ignored, and so in a child
    with subprocess.Popen(command, env=empty.environment, stdout=pipe, stderr=pipe, text=True) as watching:
        try:
            assert watching.stdout is not None
            assert watching.stderr is not None
            assert watching.stderr.readline().startswith("Watching ")
            empty.put(situation(AT))
            assert json.loads(watching.stdout.readline())["offset"] == 1
            watching.send_signal(signal.SIGINT)
            assert watching.wait(30) == FINE
            assert watching.stderr.read() == "Stopped after 1 records.\n"
        finally:
            watching.kill()  # else a failure would wait for it


def test_a_topic_that_is_not_there_is_wrong_usage_and_those_that_are_there_are_named(desk: Desk) -> None:
    done = desk.dfdg("watch", "dfdg.nothing-v1")
    assert done.exit_code == USAGE
    assert "There is no topic dfdg.nothing-v1" in done.stderr


def test_notices_shows_a_recipients_own_mailbox_in_order_and_nothing_that_is_held(desk: Desk) -> None:
    later = change_notice("2021-06-15 08:00", before=REGISTER, now=NO_DUTY)
    with slice_connection(desk.dsn) as connection:
        set_ceiling(connection, 3)
        mailboxes.apply(connection, incoming_events(*NOTICES))
        set_ceiling(connection, 0)
        mailboxes.apply(connection, incoming_events(later, first=3))

    found = desk.json("notices", JOBCENTRE)
    told = [(notice["about"], notice["day"], notice["rule"]) for notice in found]
    assert told == [(CITIZEN, "2021-06-14", "CV-3")] * 2
    assert found == desk.json("notices", JOBCENTRE, "--kind", "jobcentre")
    assert desk.json("notices", JOBCENTRE, "--kind", "fund") == []
    assert len(desk.json("notices", FUND)) == 1
    assert desk.json("notices", "nobody") == []
    assert "2 notices in the mailbox of jobcentre-1" in desk.dfdg("notices", JOBCENTRE).stderr


def test_dead_letters_are_listed_newest_first_with_reason_and_position_but_without_their_contents(desk: Desk) -> None:
    query = """
    insert into dead_letter.letter (consumer, topic, partition, at_offset, key, value, headers, reason)
    values ('journal', 'dfdg.notice-issued-v1', 3, %s, %s, %s, '[["name", "73"]]', 'the record has no key')
    """
    with psycopg.connect(desk.dsn) as connection:
        for offset in range(3):
            connection.execute(query, (offset, SECRET, SECRET))
    found = desk.json("dead-letters", "list", "--limit", "2")
    assert found["total"] == 3
    assert [(letter["partition"], letter["offset"]) for letter in found["dead_letters"]] == [(3, 2), (3, 1)]
    assert {letter["reason"] for letter in found["dead_letters"]} == {"the record has no key"}
    shown = desk.dfdg("dead-letters", "list").output
    assert "the record has no key" in shown
    assert "2 of 3" not in shown
    assert "secret" not in shown + json.dumps(found)


def test_a_snapshot_is_a_new_file_for_its_owner_only_and_never_replaces_one(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.jsonl"
    never = desk.dfdg("snapshot", str(file))
    assert never.exit_code == COULD_NOT
    assert "start it once" in never.stderr
    assert not file.exists()

    with closing(connect(desk.dsn, "test")) as connection:
        register(connection, "cv-status", {CV_REQUIREMENT_CHANGED.name: "its id"})
        cv_status.apply(connection, incoming_events(changed(AT, before=NO_DUTY, now=REGISTER)))
        connection.commit()
    done = desk.dfdg("snapshot", str(file))
    assert (done.exit_code, done.stderr) == (FINE, f"1 citizens are in {file}.\n")
    head, citizen = map(json.loads, file.read_text().splitlines())
    assert head["citizens"] == 1
    assert citizen["citizen"] == CITIZEN
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert desk.dfdg("snapshot", str(file)).exit_code == USAGE


def test_what_is_held_is_listed_counted_and_released_with_a_name(desk: Desk) -> None:
    with slice_connection(desk.dsn) as connection:
        set_ceiling(connection, 1)
        mailboxes.apply(connection, incoming_events(*NOTICES))
    day, who = "2021-06-14", ("--who", "Anna Holm")
    flood = {"reason": REASON, "day": day, "held": 2, "notices": 3, "ceiling": 1, "status": "holding"}
    assert desk.json("flood", "list") == [flood]
    assert "2 notices would be released" in desk.dfdg("flood", "release", REASON, day, *who, "--dry-run").stderr
    assert desk.json("flood", "list") == [flood]
    assert desk.dfdg("flood", "release", REASON, day).exit_code == USAGE
    late = desk.dfdg("flood", "announce", REASON, day, "5", *who)
    assert (late.exit_code, late.stderr.startswith("Too late")) == (COULD_NOT, True)

    assert "2 notices were released" in desk.dfdg("flood", "release", REASON, day, *who).stderr
    assert desk.json("flood", "list") == []
    assert len(desk.json("notices", JOBCENTRE)) == 2
    assert desk.dfdg("flood", "discard", REASON, day, *who).exit_code == COULD_NOT
    assert desk.dfdg("flood", "announce", REASON, "2021-06-15", "5", *who).exit_code == FINE
    with psycopg.connect(desk.dsn) as seen:
        actions = seen.execute("select who, action, day::text, ceiling from flood.action order by id").fetchall()
    assert actions == [("Anna Holm", "release", day, None), ("Anna Holm", "announce", "2021-06-15", 5)]


@pytest.mark.parametrize("command", [("notices", "x"), ("dead-letters", "list"), ("explain", "x"), ("flood", "list")])
def test_what_lies_in_the_database_can_be_read_while_kafka_is_away(desk: Desk, command: tuple[str, ...]) -> None:
    away = desk._replace(addresses=desk.addresses.__class__("127.0.0.1:1", "http://127.0.0.1:1", desk.dsn))
    assert away.dfdg(*command).exit_code in (FINE, COULD_NOT)
    assert away.dfdg("topics").exit_code == AWAY
    assert away.dfdg("watch", NOTICE_ISSUED.name).exit_code == AWAY
