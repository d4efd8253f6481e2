"""The commands that look at records, mailboxes and dead letters."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import get_args

import psycopg
import pytest
from confluent_kafka import Producer

from consumers import cv_status, journal, mailboxes
from infra.dead_letters.store import topic_of
from infra.engine.consumer import register
from infra.kafka import admin, end_offsets
from infra.postgres import connect
from infra.registry import Registry
from infra.topic_admin import ensure_topics
from producers.cpr import made_up_cpr
from schemas.codec import encode
from schemas.headers import RawHeaders, headers
from schemas.ids import slice_of
from schemas.notices import RecipientKind
from schemas.topic import SLICES
from schemas.topics import (
    CV_REQUIREMENT_CHANGED,
    JOB_AD_NUMBERS_TO_CHECK,
    JOB_AD_SUBMITTED,
    NOTICE_ISSUED,
    SITUATION_RECORDED,
    TITLE_HELD_RECORDED,
    TITLE_REPLACED,
    TOPICS,
)
from tests.builders import BOTH, CITIZEN, FUND, JOBCENTRE, NO_DUTY, REGISTER, change_notice, changed, situation
from tests.consumers.batches import REASON, incoming_events, set_ceiling, slice_connection
from tests.integration.looking import AWAY, BAD_INPUT, COULD_NOT, FINE, USAGE, Desk, desk, empty
from tests.integration.test_explain import happened
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
        "partition": slice_of(CITIZEN.encode(), SLICES), "offset": 0, "at": "2021-06-14T08:00:00+02:00",
        "type": "situation-recorded.v1", "id": "id-1", "cause": "cause-1", "key": CITIZEN, "fault": None,
        "event": {
            "occurred_at": "2021-06-14T08:00:00+02:00", "citizen": CITIZEN, "target_group": "job-ready",
            "jobcentre": JOBCENTRE,
        },
        "source": "test", "sequence": None,
    }  # fmt: skip
    assert (second["offset"], second["event"]["jobcentre"]) == (1, "jobcentre-2")

    done = empty.dfdg("watch", SITUATION_RECORDED.name, "--from-beginning", "--count", "1")
    place = f"{first['partition']}/0 2021-06-14 08:00:00 situation-recorded.v1"
    assert done.stdout.startswith(f"{place} id=id-1 cause=cause-1 source=test key={CITIZEN} ")
    assert '{"occurred_at": "2021-06-14 08:00:00", ' in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert "Copenhagen" in done.stderr


def test_watch_shows_the_sequence_of_what_a_ledger_wrote_and_spells_a_uuid_as_all_commands_do(empty: Desk) -> None:
    uuid, event = "0F0E0D0C-0b0a-0908-0706-050403020100", changed(AT, before=NO_DUTY, now=REGISTER)
    schema_id = Registry(empty.addresses.registry).register_all(TOPICS)[CV_REQUIREMENT_CHANGED.name]
    envelope = headers(uuid, f"{made_up_cpr(1)} writes", event, cause=uuid, sequence=17)
    empty.put_raw(CV_REQUIREMENT_CHANGED, 3, CITIZEN.encode(), encode(event, schema_id), envelope)
    arguments = ("watch", CV_REQUIREMENT_CHANGED.name, "--from-beginning", "--count", "1")
    spelt = uuid.replace("-", "").lower()
    assert f"id={spelt} cause={spelt} source=(not shown) sequence=17 key={CITIZEN}" in empty.dfdg(*arguments).stdout
    shown = json.loads(empty.dfdg(*arguments, "--json").stdout)
    assert (shown["id"], shown["source"], shown["sequence"]) == (spelt, "(not shown)", 17)


def test_watch_takes_a_topic_of_dead_letters_and_shows_where_the_record_lay_and_why_but_never_what_it_holds(
    empty: Desk,
) -> None:
    name = topic_of("journal", NOTICE_ISSUED.name)
    ensure_topics(admin(empty.addresses.kafka), [], [name])
    why = {"dlq_position": f"{NOTICE_ISSUED}/3/17", "dlq_reason": "not a valid notice", "headers": [["x", "30"]]}
    envelope: RawHeaders = [
        ("ce_id", b"a" * 32), ("ce_source", b"journal/3"), ("ce_sequence", b"4"), ("dlq", json.dumps(why).encode()),
    ]  # fmt: skip
    end = end_offsets(admin(empty.addresses.kafka), [name])[0][name]
    producer = Producer({"bootstrap.servers": empty.addresses.kafka, "acks": "all"})
    producer.produce(name, SECRET, SECRET, 0, headers=envelope)
    assert producer.flush() == 0
    done = empty.dfdg("watch", name, "--from-beginning", "--count", str(end + 1))
    told = f"dead-letter.v1 id={'a' * 32} source=journal/3 sequence=4 {NOTICE_ISSUED}/3/17: not a valid notice"
    assert done.stdout.splitlines()[-1].startswith(f"0/{end} ")
    assert done.stdout.splitlines()[-1].endswith(told)
    assert "secret" not in done.output
    unknown = empty.dfdg("watch", name.replace("journal", "jurnal"))
    assert (unknown.exit_code, f"Did you mean {name}" in flat(unknown.stderr)) == (USAGE, True)


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


def flat(text: str) -> str:
    """Without the frame that wrong usage is told in, and its line breaks."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("command", ["watch", "publish"])
def test_an_unknown_topic_gets_the_nearest_ones_and_not_all(desk: Desk, command: str) -> None:
    done = desk.dfdg(command, "situation-recorded", *["-"] * (command == "publish"))
    assert done.exit_code == USAGE
    assert "There is no topic situation-recorded. Did you mean dfdg.citizen-situation-recorded-v1" in flat(done.stderr)
    assert flat(done.stderr).count("dfdg.") <= 3
    nothing = flat(desk.dfdg(command, "x" * 20, *["-"] * (command == "publish")).stderr)
    assert f"There is no topic {'x' * 20}. `dfdg topics` lists them." in nothing


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
    assert "2 notices in the mailbox of jobcentre-1." in desk.dfdg("notices", JOBCENTRE).stderr
    latest = desk.dfdg("notices", JOBCENTRE, "--limit", "1").stderr
    assert "2 notices in the mailbox of jobcentre-1. These are the latest 1." in latest


def test_a_recipient_that_never_had_a_notice_is_bad_input_and_the_nearest_ones_are_named(desk: Desk) -> None:
    with slice_connection(desk.dsn) as connection:
        set_ceiling(connection, 0)
        mailboxes.apply(connection, incoming_events(*NOTICES))
        journal.apply(connection, [*happened(situation(AT, citizen="citizen-7"))])
    for form in ((), ("--json",)):
        done = desk.dfdg("notices", "jobcentre-999", *form)
        assert (done.exit_code, done.stdout) == (BAD_INPUT, "")
        assert "No recipient jobcentre-999 ever had a notice. Did you mean jobcentre-1?" in done.stderr
    for known in (JOBCENTRE, "citizen-7"):  # whose notices are held, and who has none
        assert "0 notices in the mailbox" in desk.dfdg("notices", known).stderr
        assert desk.json("notices", known) == []
    number = made_up_cpr(1)
    refused = desk.dfdg("notices", number)
    assert (refused.exit_code, number in refused.output) == (BAD_INPUT, False)


def test_a_jobcentre_without_any_user_of_vitas_is_bad_input_and_the_nearest_ones_are_named(desk: Desk) -> None:
    with psycopg.connect(desk.dsn) as connection:
        connection.execute(
            "insert into vitas.user values ('u-1', true, '2021-06-14', 'jobcentre-101', null, now(), 'VIT-2', %s)",
            ("0" * 32,),
        )
    for form in ((), ("--json",)):
        done = desk.dfdg("vitas", "users", "jobcentre-110", *form)
        assert (done.exit_code, done.stdout) == (BAD_INPUT, "")
        assert "for a jobcentre jobcentre-110. Did you mean jobcentre-101?" in done.stderr
    assert "0 users of jobcentre-101 are inactive" in desk.dfdg("vitas", "users", "jobcentre-101").stderr
    assert desk.json("vitas", "users", "jobcentre-101") == []


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("retention", "announce", "referals", "2021-06-14", "0.5", "--who", "Anna"), BAD_INPUT),
        (("archive", "deliver", "referals", "--who", "Anna"), USAGE),
        (("titles", "suggest", "kok", "--area", "refferals"), USAGE),
    ],
)
def test_an_unknown_area_gets_the_nearest_ones(desk: Desk, command: tuple[str, ...], code: int) -> None:
    done = desk.dfdg(*command)
    assert done.exit_code == code
    assert "There is no area" in flat(done.stderr)
    assert "titles" in command or "Did you mean referrals?" in flat(done.stderr)


@pytest.mark.parametrize("kind", get_args(RecipientKind))
def test_notices_knows_each_kind_of_recipient(desk: Desk, kind: str) -> None:
    notice = change_notice(AT, before=REGISTER, now=BOTH).model_copy(
        update={"recipient_kind": kind, "recipient": "x-1"}
    )
    with slice_connection(desk.dsn) as connection:
        mailboxes.apply(connection, incoming_events(notice))
    assert [found["about"] for found in desk.json("notices", "x-1", "--kind", kind)] == [CITIZEN]


def test_dead_letters_are_listed_newest_first_with_reason_and_position_but_without_their_contents(desk: Desk) -> None:
    query = """
    insert into dead_letter.letter (consumer, topic, partition, at_offset, key, value, headers, reason)
    values ('journal', 'dfdg.notice-issued-v1', 3, %s, %s, %s, '[["name", "73"]]', 'the record has no key')
    """
    with psycopg.connect(desk.dsn) as connection:
        for offset in range(3):
            connection.execute(query, (offset, SECRET, SECRET))
    found = desk.json("dead-letters", "list", "--limit", "2")
    assert (found["total"], found["chosen"], found["parked"]) == (3, 3, 0)
    assert [(letter["partition"], letter["offset"]) for letter in found["dead_letters"]] == [(3, 2), (3, 1)]
    assert {letter["reason"] for letter in found["dead_letters"]} == {"the record has no key"}
    shown = desk.dfdg("dead-letters", "list").output
    assert "the record has no key" in shown
    assert "3 of 3 dead letters" in shown
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
    assert away.dfdg(*command).exit_code in (FINE, COULD_NOT, BAD_INPUT)
    assert away.dfdg("topics").exit_code == AWAY
    assert away.dfdg("watch", NOTICE_ISSUED.name).exit_code == AWAY


READINGS = {
    ("explain", "c-1"): "explain",
    ("story", "citizen", "c-1"): "story",
    ("notices", "c-1"): "notices",
    ("dead-letters", "show", "17"): "dead-letters show",
    ("dead-letters", "list", "--key", "c-1"): "dead-letters list",
    ("provider", "show", "p-1"): "provider show",
    ("vitas", "users", "jc-1"): "vitas users",
    ("jobkon", "usage"): "jobkon usage",
}


def test_ops_3_every_command_that_shows_a_person_puts_the_reading_on_record_also_when_it_finds_nobody(
    desk: Desk,
) -> None:
    for asked in READINGS:
        desk.dfdg(*asked)
    with slice_connection(desk.dsn) as connection:
        found = connection.execute("select account, what, subject from audit.reading order by number").fetchall()
        (account,) = connection.execute("select session_user").fetchone() or ("",)
    assert found == [
        (account, what, {"dead-letters show": "17", "jobkon usage": "everybody"}.get(what, asked[-1]))
        for asked, what in READINGS.items()
    ]
