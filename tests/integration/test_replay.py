"""Replay: tables from the topics into a fresh database are the same, and nothing is published."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from infra.cli import app
from infra.dead_letters import topic_of
from infra.kafka import end_offsets
from infra.local import Addresses
from infra.postgres import migrate
from schemas.topics import NOTICE_ISSUED
from tests.conftest import new_database
from tests.integration.country import LAST_DAY, first_load, release
from tests.integration.looking import USAGE
from tests.integration.system import READS, System, make_system, wait_for

SEED, CITIZENS, CHANGES = 20210614, 300, 900
SINKS = ("cv-status", "mailboxes")
TABLES = {
    "statuses": "select * from cv.status order by citizen",
    "notices": "select id, recipient_kind, recipient, about, reason, text, status from mailbox.notice order by id",
}


def tables(system: System) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(system.dsn) as connection:
        return {name: connection.execute(query).fetchall() for name, query in TABLES.items()}


def dead_letters(system: System) -> int:
    name = topic_of("mailboxes", NOTICE_ISSUED.name)
    return sum(ends[name] for ends in end_offsets(system.client, [name]))


def test_a_replay_into_a_fresh_database_gives_the_same_tables_and_publishes_nothing(
    addresses: Addresses, postgres: str, database: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path)
    with system.worker():
        system.publish(first_load(SEED, CITIZENS))
        wait_for("the first load drained", lambda: system.drained(None))
        system.publish(release(SEED, CITIZENS, CHANGES))
        unreadable = Producer({"bootstrap.servers": addresses.kafka})
        unreadable.produce(NOTICE_ISSUED.name, b"unreadable", b"citizen-1", 0)
        assert unreadable.flush(10) == 0
        wait_for("everything drained", lambda: system.drained(LAST_DAY))
    buried = dead_letters(system)
    assert buried == 1, "what a replay could publish is the dead letter"
    with new_database(postgres) as dsn:
        migrate(dsn)
        fresh = replace(system, dsn=dsn, reads={name: READS[name] for name in SINKS})
        with fresh.worker(*SINKS, "--replay"):
            wait_for("everything replayed", lambda: fresh.drained(LAST_DAY))
        assert tables(fresh) == tables(system)
    assert dead_letters(system) == buried


@pytest.mark.parametrize("name", ["cv-requirement", "title-audit"])
def test_who_writes_topics_is_not_replayed(name: str) -> None:
    refused = CliRunner().invoke(app, ["run", name, "--replay"])
    assert refused.exit_code == USAGE
    assert "mailboxes" in refused.stderr
