"""The producers' edge on real servers: once is once, all or nothing, and no CPR number passes."""

import io
import logging
import multiprocessing
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.errors import AlarmError
from infra.postgres import connect
from producers.cpr import made_up_cpr
from producers.identity import Identity, Keys, create_keys
from producers.publisher import Published, PublishError, publish, source_of
from schemas.codec import contract, decode, frame
from schemas.headers import parse
from schemas.ids import id_of, slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import DAY_BEGUN, SITUATION_RECORDED, TITLE_TABLE_PUBLISHED, TOPICS
from tests.integration.edge import CPRS, SCHEMA_ID, file, ids, lines, records, send


def test_publishing_a_file_again_sends_the_same_records_with_the_same_ids(kafka: str, identity: Identity) -> None:
    told: list[int] = []
    assert send(kafka, identity, *lines(), progress=told.append) == Published(300, 0)
    once = records(kafka, SITUATION_RECORDED)
    assert send(kafka, identity, *lines()) == Published(300, 0)
    twice = records(kafka, SITUATION_RECORDED)

    assert told == [300]
    assert len(set(ids(once))) == 300
    assert sorted(ids(twice)) == sorted(ids(once) * 2)
    assert all(record.partition() == slice_of(record.key() or b"", SLICES) for record in twice)
    events = [decode(frame(record.value()).body, contract("situation-recorded.v1"), SITUATION_RECORDED.event)
              for record in once]  # fmt: skip
    assert {event.key for event in events} == set(identity.subjects(CPRS).values())


def test_records_of_one_key_keep_the_order_of_their_lines(kafka: str, identity: Identity) -> None:
    send(kafka, identity, *(lines([CPRS[0]], jobcentre=f"jobcentre-{n}")[0] for n in range(2_000)))
    order = [decode(frame(r.value()).body, contract("situation-recorded.v1"), SITUATION_RECORDED.event)
             for r in records(kafka, SITUATION_RECORDED)]  # fmt: skip
    assert [event.__dict__["jobcentre"] for event in order] == [f"jobcentre-{n}" for n in range(2_000)]


def test_with_one_bad_line_nothing_is_sent_and_the_line_and_its_field_are_named(
    kafka: str, identity: Identity, database: str
) -> None:
    wrong = lines([CPRS[1]], target_group="astronaut")
    with pytest.raises(PublishError, match=r"1 line\(s\) are wrong") as refused:
        send(kafka, identity, *lines(), *wrong)
    assert "line 301, target_group: is no target group" in str(refused.value)
    assert records(kafka, SITUATION_RECORDED) == []
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from identity.person").fetchone() == (0,)


def test_bad_lines_are_kept_aside_as_they_are_for_the_owner_only_and_the_rest_is_sent(
    kafka: str, identity: Identity, tmp_path: Path
) -> None:
    aside = tmp_path / "bad.jsonl"
    wrong = [b'{"cpr": "' + CPRS[0].encode() + b'", "shoe": 43}\n', b"\xff no JSON\n"]
    assert send(kafka, identity, wrong[0], *lines(), wrong[1], skip_bad=aside) == Published(300, 2)
    assert aside.read_bytes() == b"".join(wrong)
    assert oct(aside.stat().st_mode)[-3:] == "600"
    assert len(records(kafka, SITUATION_RECORDED)) == 300

    with pytest.raises(PublishError, match="is there already"):
        send(kafka, identity, wrong[0], *lines(), skip_bad=aside)
    assert len(records(kafka, SITUATION_RECORDED)) == 300


def test_two_systems_own_ids_are_two_facts_and_an_own_id_without_its_system_is_not_sent(
    kafka: str, identity: Identity
) -> None:
    own = [line | {"id": "1"} for line in lines(CPRS[:1])]
    with pytest.raises(PublishError, match=r"line 1 has an `id` of its own.*--source"):
        send(kafka, identity, *own)
    for system in ("Jobnet", "producers/clock", "cv-requirement/5", "", "a" * 41, "jobnet "):
        with pytest.raises(PublishError, match="jobcentre, jobnet"):
            source_of(system)
    for system in ("jobcentre", "jobnet", "jobnet", "legacy"):
        send(kafka, identity, *own, source=source_of(system))
    about = [parse(record.headers()) for record in records(kafka, SITUATION_RECORDED)]
    assert [each["ce_source"] for each in about] == ["jobcentre", "jobnet", "jobnet", "producers/publisher"]
    assert len({each["ce_id"] for each in about}) == 1
    known = [id_of(each["ce_id"], each["ce_source"], ours=False).hex() for each in about]
    assert (len(set(known)), known[1], known[3]) == (3, known[2], about[3]["ce_id"]), "legacy keeps the id of before"


def test_lines_from_a_pipe_are_checked_to_the_end_before_the_first_is_sent(kafka: str, identity: Identity) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    content = file(*lines()).getvalue()
    with pytest.raises(PublishError):
        publish(SITUATION_RECORDED, Pipe(content + b"{"), identity, kafka, SCHEMA_ID)
    assert records(kafka, SITUATION_RECORDED) == []
    sent = publish(SITUATION_RECORDED, Pipe(content), identity, kafka, SCHEMA_ID)
    assert sent == Published(300, 0)
    assert len(records(kafka, SITUATION_RECORDED)) == 300


def test_no_cpr_number_is_in_the_topic_the_database_the_logs_or_the_errors(
    kafka: str, identity: Identity, database: str, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    send(kafka, identity, *lines())
    with pytest.raises(PublishError) as refused:
        send(kafka, identity, *lines(fund=CPRS[0]), CPRS[0].encode())
    found = records(kafka, SITUATION_RECORDED)
    seen = [str((r.key(), r.value(), r.headers())) for r in found]
    with psycopg.connect(database) as connection:
        seen += [str(row) for row in connection.execute("select p::text, p.* from identity.person p")]
    seen += [caplog.text, *capfd.readouterr(), str(refused.value), repr(refused.value)]
    assert len(seen) == 605
    assert not [cpr for cpr in CPRS if any(cpr in text or f"{cpr[:6]}-{cpr[6:]}" in text for text in seen)]
    assert sorted(identity.cpr_of((r.key() or b"").decode()) or "" for r in found) == sorted(CPRS)


def test_a_broadcast_event_goes_to_every_slice_with_an_id_for_each(kafka: str, identity: Identity) -> None:
    version = {"occurred_at": "2021-06-12T00:00:00Z", "version": "1", "outcomes": 2, "fingerprint": "0" * 64}
    publish(TITLE_TABLE_PUBLISHED, file(version), identity, kafka, SCHEMA_ID)
    found = records(kafka, TITLE_TABLE_PUBLISHED)
    assert [record.partition() for record in found] == list(range(SLICES))
    assert len(set(ids(found))) == SLICES


@pytest.mark.parametrize("topic", [DAY_BEGUN, *(topic for topic in TOPICS if topic.writer.name == "LEDGER")])
def test_what_the_clock_or_the_ledger_writes_nobody_else_publishes(identity: Identity, topic: Topic) -> None:
    with pytest.raises(PublishError):
        publish(topic, file(), identity, "nowhere:1", SCHEMA_ID)


def _map(database: str, folder: Path, cprs: list[str], start: Any, answers: Any) -> None:
    with closing(connect(database, "test")) as connection:
        identity = Identity(connection, Keys.read(folder))
        start.wait()
        answers.put(
            [subject for n in range(0, len(cprs), 500) for subject in identity.subjects(cprs[n : n + 500]).items()]
        )


@pytest.mark.usefixtures("keys")
def test_two_processes_give_the_same_people_the_same_subjects(database: str, tmp_path: Path) -> None:
    many = [made_up_cpr(n) for n in range(5_000)]
    processes = multiprocessing.get_context("spawn")
    start, answers = processes.Barrier(2), processes.Queue()
    workers = [
        processes.Process(target=_map, args=(database, tmp_path / "keys", cprs, start, answers))
        for cprs in (many, many[::-1])
    ]
    for worker in workers:
        worker.start()
    one, other = (dict(answers.get(timeout=60)) for _ in workers)
    for worker in workers:
        worker.join()
    assert one == other
    assert len(set(one.values())) == 5_000


def test_the_wrong_keys_are_refused_instead_of_giving_everybody_a_second_identity(
    database: str, identity: Identity, tmp_path: Path
) -> None:
    subject = identity.subjects(CPRS[:1])[CPRS[0]]
    assert identity.cpr_of(subject) == CPRS[0]
    assert identity.cpr_of("c-unknown") is None
    create_keys(tmp_path / "others")
    with closing(connect(database, "test")) as connection, pytest.raises(AlarmError, match="second identity"):
        Identity(connection, Keys.read(tmp_path / "others"))
