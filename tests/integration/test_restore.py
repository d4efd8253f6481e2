"""A database restored from a backup goes on where the topics are: nothing is lost or doubled for subscribers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from infra.addresses import Addresses
from infra.dead_letters.store import topic_of
from producers.sender import Sender
from schemas.headers import RawHeaders
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic
from schemas.topics import CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED
from tests.builders import situation
from tests.conftest import new_database
from tests.faults.oracles.dump import Dump, differences, dump
from tests.integration.country import LAST_DAY, Fact, Step, first_load, release
from tests.integration.looking import COULD_NOT, Desk
from tests.integration.system import System, every_record, make_system, wait_for

CITIZENS, CHANGES = 300, 400
STRANGER: RawHeaders = [("ce_id", b"1"), ("ce_source", b"stranger"), ("ce_sequence", b"1")]
"""Of a record that somebody else has put on a topic of ours."""

FORGED: RawHeaders = [("ce_id", b"2"), ("ce_source", b"cv-requirement/3"), ("ce_sequence", b"%d" % 2**62)]
"""Of one that names a true source, and a sequence that it cannot have reached."""

ODD = slice_of(b"c-odd", SLICES)
TWICE: RawHeaders = [("ce_id", b"3"), ("ce_source", b"cv-requirement/%d" % ((ODD + 1) % SLICES)), ("ce_sequence", b"1")]
"""Of two with one id that name a true source, and its next sequence where it has written nothing."""

OF_CONSUMER = ("ledger.batch", "ledger.inbox", "ledger.slice", "ledger.consumer")
REPLAY = ("retention", "replay", "--from-topic")


@pytest.fixture
def system(addresses: Addresses, database: str, tmp_path: Path) -> System:
    return make_system(addresses, database, tmp_path)


@pytest.fixture
def backup(system: System) -> Iterator[System]:
    """The system on a copy of its database from the middle of the week; the original has gone on to the end."""
    steps = [*first_load(1, CITIZENS), *release(1, CITIZENS, CHANGES)]
    half = CITIZENS + CHANGES // 2
    _play(system, steps[:half])
    with new_database(system.dsn, of=system.dsn) as dsn:
        with Sender(system.addresses.kafka, "test") as sender:
            sender.send(SITUATION_RECORDED.name, ODD, b"c-odd", b"garbage", [])
            sender.send(LETTERS.name, 0, b"", b"", STRANGER)
            sender.send(LETTERS.name, 0, b"", b"", FORGED)
            for topic in (LETTERS, OTHERS):
                sender.send(topic.name, 0, b"", b"", TWICE)
            sender.finish()
        _play(system, steps[half:])
        yield replace(system, dsn=dsn)


def _play(system: System, steps: list[Step]) -> None:
    system.publish(steps)
    with system.worker():
        wait_for("everything drained", lambda: system.drained(None))


LETTERS = Topic(topic_of("cv-requirement", SITUATION_RECORDED.name), SITUATION_RECORDED.event)
OTHERS = Topic(topic_of("cv-requirement", CV_EXEMPTION_RECORDED.name), CV_EXEMPTION_RECORDED.event)


def _counts(system: System) -> list[int]:
    topics = (CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, LETTERS, OTHERS)
    return [sum(1 for _ in every_record(system, topic)) for topic in topics]


@pytest.mark.parametrize("older", [False, True])
def test_it_ends_where_the_lost_one_stood_publishes_nothing_twice_and_its_next_events_are_heard(
    system: System, backup: System, older: bool
) -> None:
    """Also when the backup is from before the decision's first run."""
    lost, published = _standing(system), _counts(system)
    desk = Desk(backup.addresses, backup.dsn)
    with psycopg.connect(backup.dsn) as connection:
        for table in OF_CONSUMER if older else ():
            connection.execute(f"delete from {table} where consumer = 'cv-requirement'")
        if older:
            connection.execute("delete from ledger.state")
        known = connection.execute("select coalesce(sum(outgoing), 0) from ledger.batch").fetchone()
    assert known is not None
    news = f"{sum(published) - len([STRANGER, FORGED]) - known[0]} records on the topics"
    assert f"{news} are unknown" in desk.dfdg(*REPLAY, "--dry-run").stderr
    assert "dfdg retention replay" in desk.dfdg("run", "mailboxes").stderr
    assert f"{news} were unknown" in desk.dfdg(*REPLAY).stderr
    with backup.worker():
        wait_for("everything drained", lambda: backup.drained(LAST_DAY))
        assert differences(_standing(backup), lost) == []
        assert _counts(backup) == published
        backup.publish([Fact(SITUATION_RECORDED, situation("2021-08-02 08:00", citizen="c-new"), "new")])
        status = "select 1 from cv.status where citizen = 'c-new'"
        wait_for("the next event's subscriber", lambda: _rows(backup, status))
    assert _rows(backup, "select 1 from ledger.slice where alarm is not null") == []
    assert _rows(backup, "select count(*) from ledger.published") == [(1,)], "the one that was forged twice"
    highest = "select max(last::bigint) from ledger.slice, jsonb_each_text(sent) as place(name, last)"
    assert _rows(backup, highest) < [(sum(published),)]


def test_while_a_worker_runs_it_stays_closed(system: System, backup: System) -> None:
    desk = Desk(backup.addresses, backup.dsn)
    with system.worker("mailboxes") as worker:
        wait_for("it to have joined", worker.has_had_slices)
        refused = desk.dfdg(*REPLAY)
    assert (refused.exit_code, "Workers of mailboxes are running" in refused.stderr) == (COULD_NOT, True)
    assert "dfdg retention replay" in desk.dfdg("run", "mailboxes").stderr


def _standing(system: System) -> Dump:
    """Without how much each batch sent: what lies on the topics is not sent again. And without the restore's own
    records."""
    left_out = ("ledger.batch in all", "retention.replayed", "ledger.published")
    return {name: rows for name, rows in dump(system).items() if name not in left_out}


def _rows(system: System, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(system.dsn) as connection:
        return connection.execute(query).fetchall()
