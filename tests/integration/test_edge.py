"""The producers' edge on real servers: once is once, all or nothing, and no CPR number passes."""

import io
import json
import logging
import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from infra.errors import AlarmError
from infra.kafka import admin, end_offsets, ensure_topics, topic_ids
from infra.local import Addresses
from infra.postgres import connect, migrate, uuids
from producers.clock import SOURCE, begin_days, last_days, run
from producers.cpr import made_up_cpr
from producers.identity import Identity, Keys, create_keys
from producers.publisher import DeliveryError, Published, PublishError, publish
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.codec import contract, decode, encode, frame
from schemas.dates import midnight
from schemas.headers import headers, parse
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import DAY_BEGUN, SITUATION_RECORDED, TITLE_TABLE_PUBLISHED, TOPICS
from tests.builders import moment
from tests.conftest import new_database

SCHEMA_ID = 7
IDS = {topic.name: SCHEMA_ID for topic in TOPICS}
CPRS = [made_up_cpr(n) for n in range(300)]


@pytest.fixture(scope="module", autouse=True)
def _leaves_nothing(addresses: Addresses) -> Iterator[None]:
    yield
    recreate(addresses)


@pytest.fixture
def kafka(addresses: Addresses) -> str:
    """Kafka with every topic there and empty."""
    recreate(addresses)
    return addresses.kafka


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    create_keys(tmp_path / "keys")
    return Keys.read(tmp_path / "keys")


@pytest.fixture
def identity(database: str, keys: Keys) -> Iterator[Identity]:
    with closing(connect(database, "test")) as connection:
        yield Identity(connection, keys)


def recreate(addresses: Addresses) -> None:
    client = admin(addresses.kafka)
    ensure_topics(client, TOPICS)
    for deleted in client.delete_topics([topic.name for topic in TOPICS]).values():
        deleted.result()
    while client.list_topics(timeout=30).topics.keys() & IDS:
        pass  # each question waits for its answer
    ensure_topics(client, TOPICS)


def records(kafka: str, topic: Topic) -> list[Message]:
    """All records of a topic, by partition and offset."""
    ends = [ends[topic.name] for ends in end_offsets(admin(kafka), [topic.name])]
    found: list[Message] = []
    with closing(Consumer({"bootstrap.servers": kafka, "group.id": "test-reader"})) as consumer:
        consumer.assign([TopicPartition(topic.name, slice_, 0) for slice_ in range(SLICES)])
        while len(found) < sum(ends):
            found += consumer.consume(1000, 1.0)
    return sorted(found, key=lambda record: (record.partition() or 0, record.offset() or 0))


def lines(cprs: Sequence[str] = CPRS, **fields: Any) -> list[dict[str, Any]]:
    known = {"occurred_at": "2021-06-14T08:00:00Z", "target_group": "job-ready", "jobcentre": "jobcentre-1"}
    return [known | fields | {"cpr": cpr} for cpr in cprs]


def file(*content: Any) -> io.BytesIO:
    return io.BytesIO(
        b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in content)
    )


def send(kafka: str, identity: Identity, *content: Any, **options: Any) -> Published:
    return publish(SITUATION_RECORDED, file(*content), identity, kafka, SCHEMA_ID, **options)


def ids(found: Sequence[Message]) -> list[str]:
    return [parse(record.headers())["ce_id"] for record in found]


def day_of(record: Message) -> DayBegun:
    event = decode(frame(record.value()).body, contract(DayBegun.SCHEMA), DayBegun)
    assert isinstance(event, DayBegun)
    return event


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
    assert "line 301, target_group: Value error, is no target group" in str(refused.value)
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
def test_what_the_clock_or_the_ledger_writes_nobody_else_publishes(
    kafka: str, identity: Identity, topic: Topic
) -> None:
    with pytest.raises(PublishError):
        publish(topic, file(), identity, kafka, SCHEMA_ID)


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


def test_each_day_begins_once_in_each_slice_and_says_how_far_the_topics_are(kafka: str, identity: Identity) -> None:
    first, last = date(2021, 3, 27), date(2021, 3, 29)
    assert begin_days(kafka, IDS, first, first) == [first]
    send(kafka, identity, *lines())
    assert begin_days(kafka, IDS, first, last) == [date(2021, 3, 28), last]

    found = records(kafka, DAY_BEGUN)
    ends = end_offsets(admin(kafka), [SITUATION_RECORDED.name])
    for slice_ in range(SLICES):
        days = [day_of(record) for record in found if record.partition() == slice_]
        assert [day.day_begun for day in days] == [first, date(2021, 3, 28), last]
        assert [day.occurred_at for day in days] == [midnight(day.day_begun) for day in days]
        assert all(day.ends.keys() == {topic.name for topic in TOPICS} - {DAY_BEGUN.name} for day in days)
        now = ends[slice_][SITUATION_RECORDED.name]
        assert [day.ends[SITUATION_RECORDED.name] for day in days] == [0, now, now]
    assert len(set(ids(found))) == 3 * SLICES

    said: list[str] = []
    assert begin_days(kafka, IDS, first, last, said.append) == []
    assert said == ["Nothing to do: 2021-03-29 has begun already."]
    assert len(records(kafka, DAY_BEGUN)) == 3 * SLICES


def test_a_crash_between_two_slices_is_repaired_by_the_next_run(kafka: str) -> None:
    monday, tuesday, wednesday = (date(2021, 6, day) for day in (14, 15, 16))
    begin_days(kafka, IDS, monday, monday)
    before = records(kafka, DAY_BEGUN)
    with Sender(kafka, "test") as sender:
        for slice_ in range(3):
            event = DayBegun(occurred_at=midnight(tuesday), day_begun=tuesday, ends={})
            value = encode(event, SCHEMA_ID)
            sender.send(DAY_BEGUN.name, slice_, b"2021-06-15", value, headers(f"crashed-{slice_}", SOURCE, event))
        sender.finish()
    assert last_days(kafka) == [tuesday] * 3 + [monday] * 5

    assert begin_days(kafka, IDS, wednesday, wednesday) == [tuesday, wednesday]
    assert last_days(kafka) == [wednesday] * SLICES
    assert len(records(kafka, DAY_BEGUN)) == 3 * SLICES
    assert set(ids(before)) < set(ids(records(kafka, DAY_BEGUN)))


def test_the_clock_begins_today_then_each_midnight_and_catches_up_what_it_slept_through(kafka: str) -> None:
    stop = threading.Event()
    nearly = moment("2021-06-15 00:00") - timedelta(milliseconds=10)
    moments = [nearly, nearly, moment("2021-06-15 00:00"), nearly + timedelta(days=1), moment("2021-06-18 09:00")]

    def now() -> datetime:
        if len(moments) == 1:
            stop.set()
        return moments.pop(0) if len(moments) > 1 else moments[0]

    said: list[str] = []
    run(kafka, IDS, stop, now, said.append)
    assert said == [f"2021-06-{day} has begun." for day in (14, 15, 16, 17, 18)]


def test_a_clock_that_is_far_off_begins_nothing(kafka: str) -> None:
    begin_days(kafka, IDS, date(2021, 6, 14), date(2021, 6, 14))
    with pytest.raises(AlarmError, match="365 days are missing"):
        run(kafka, IDS, threading.Event(), lambda: moment("2022-06-14 08:00"))
    assert len(records(kafka, DAY_BEGUN)) == SLICES


def test_without_kafka_the_error_says_how_many_records_arrived() -> None:
    event = DayBegun(occurred_at=midnight(date(2021, 6, 14)), day_begun=date(2021, 6, 14), ends={})
    with Sender("127.0.0.1:1", "test", deadline_s=0.5) as sender:
        sender.send("anything", 0, b"key", b"value", headers("1", "test", event))
        with pytest.raises(DeliveryError, match=r"acknowledged 0 of 1 records.*Repeat the command"):
            sender.finish()


def test_migrating_twice_or_two_at_once_is_harmless_and_a_changed_migration_is_refused(addresses: Addresses) -> None:
    said: list[str] = []
    with new_database(addresses) as dsn:
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda _: migrate(dsn, said.append), range(2)))
        assert len(said) == len(set(said)) >= 2
        migrate(dsn, said.append)
        assert len(said) == len(set(said))
        with connect(dsn, "test") as connection:
            connection.execute("update public.migration set sha256 = 'another' where number = 2")
        with pytest.raises(AlarmError, match=r"0002_identity\.sql has changed.*new migration"):
            migrate(dsn)


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_ids_pass_to_the_database_and_back_unchanged(database: str, count: int) -> None:
    given = [n.to_bytes(16, "big") for n in range(count)]
    with connect(database, "test") as connection:
        rows = connection.execute("select uuid_send(u) from unnest(%b::uuid[]) u", (uuids(given),), binary=True)
        assert [row[0] for row in rows] == given


def test_topics_are_as_declared_and_what_differs_is_corrected_or_refused(addresses: Addresses) -> None:
    client = admin(addresses.kafka)
    name = f"dfdg.test-{datetime.now(UTC):%H%M%S%f}-v1"
    said: list[str] = []
    short, long = (Topic(name, DayBegun, retention_days=days) for days in (3, 5))
    ensure_topics(client, [short], [f"cv.{name}-dlq"], said.append)
    ensure_topics(client, [short], [f"cv.{name}-dlq"], said.append)
    assert said == ["Created 2 topics with 8 partitions; copies of each: 1."]
    first = topic_ids(client, [name, f"cv.{name}-dlq"])
    assert len(set(first.values())) == 2

    ensure_topics(client, [long], say=said.append)
    ensure_topics(client, [long], say=said.append)
    assert said[1:] == [f"Corrected {name}: retention.ms was 259200000, is 432000000."]
    assert topic_ids(client, [name]).items() <= first.items()

    with pytest.raises(AlarmError, match=r"missing: dfdg\.never"):
        topic_ids(client, ["dfdg.never"])
    client.delete_topics([name, f"cv.{name}-dlq"])[name].result(30)
