"""Half down is told as half down: which server is away, since when, and what works without it."""

import json
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer

from infra.addresses import Addresses
from infra.cli import catalog
from infra.dead_letters.limits import IN_A_ROW
from infra.kafka import admin
from infra.local import Stack
from infra.local.state import State
from infra.registry import Registry
from producers.clock import wall_clock
from schemas.dates import copenhagen_day
from schemas.topic import SLICES
from schemas.topics import SITUATION_RECORDED, TOPICS
from tests.conftest import new_database
from tests.integration.edge import empty_topics
from tests.integration.system import wait_for
from tests.integration.test_cli import AWAY, COULD_NOT, DFDG, FINE, ROOT
from tests.integration.worker_process import STOP_S

AWAY_S = 61.0
"""How long Kafka stays away where lines are counted: the promise is about a minute."""


class Local:
    """A person whose servers are those of `dfdg up`, with a database of the test's own."""

    def __init__(self, folder: Path, log: Path, dsn: str | None = None) -> None:
        self.log = log
        known = {name: value for name, value in os.environ.items() if not name.startswith("DFDG_")}
        keys = {"DFDG_KEYS": str(log.parent / "keys")}
        self.environment = known | keys | {"DFDG_STATE": str(folder)} | ({"DFDG_DSN": dsn} if dsn else {})

    def dfdg(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DFDG, *arguments], env=self.environment, cwd=ROOT, text=True, capture_output=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def status(self) -> tuple[int, Any]:
        done = self.dfdg("status", "--json")
        return done.returncode, json.loads(done.stdout)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [*DFDG, "run", *arguments], env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(2 * STOP_S)

    def lines(self) -> list[dict[str, Any]]:
        """Of a log in JSON: each line must be an object."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def told(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]


@pytest.fixture(scope="module")
def filled(stack: Stack) -> Stack:
    """Kafka and the registry hold all that `dfdg init` puts there. The topics are empty when the first test begins."""
    there = stack.up()
    empty_topics(admin(there.kafka), catalog.dead_letter_topics())
    Registry(there.registry).register_all(TOPICS)
    return stack


@pytest.fixture
def local(filled: Stack, database: str, tmp_path: Path) -> Iterator[Local]:
    """All servers run, and afterwards all run again."""
    yield Local(filled.folder, tmp_path / "run.log", database)
    filled.up()


def owners(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from ledger.slice where owner is not null").fetchone()
    return int(row[0]) if row else 0


def test_a_command_that_reads_the_database_alone_needs_nothing_else(database: str, tmp_path: Path) -> None:
    desk = Local(tmp_path / "nothing", tmp_path / "run.log", database)
    assert desk.dfdg("flood", "list").returncode == FINE
    refused = desk.dfdg("topics")
    assert refused.returncode == AWAY
    assert "this command needs DFDG_KAFKA" in refused.stderr


def test_a_local_server_that_does_not_run_is_named_with_its_last_sign_of_life(local: Local, stack: Stack) -> None:
    stack.kill("kafka-1")
    assert local.dfdg("flood", "list").returncode == FINE
    away = local.dfdg("topics")
    assert away.returncode == AWAY
    log = stack.folder / "kafka-1.log"
    last_line = datetime.fromtimestamp(log.stat().st_mtime, UTC).astimezone()
    expected = f"Kafka is away: it does not run, since {last_line:%Y-%m-%d %H:%M:%S} (its log's last line)."
    assert away.stderr == f"{expected} Start it with `dfdg up`.\n"
    log.unlink()
    assert "it does not run, unknown since when." in local.dfdg("topics").stderr


def test_a_killed_postgresql_is_not_told_as_no_servers(local: Local, stack: Stack) -> None:
    del local.environment["DFDG_DSN"]
    stack.kill("postgres")
    away = local.dfdg("notices", "jobcentre-1")
    assert away.returncode == AWAY
    assert away.stderr.startswith("PostgreSQL is away: it does not run, since 2")
    assert "Kafka" not in away.stderr
    code, health = local.status()
    assert (code, health["verdict"]) == (COULD_NOT, "degraded")
    assert [server["name"] for server in health["servers"] if server["away"]] == ["postgres"]


def test_status_tells_of_engine_clock_and_slices_and_its_exit_code_of_all(local: Local, stack: Stack) -> None:
    wait_for("Kafka to tell of all topics after its restart", lambda: local.status()[1]["consumers"][0]["owned"] == 0)
    code, health = local.status()
    assert (code, health["verdict"]) == (COULD_NOT, "degraded")
    assert any("No worker runs" in problem for problem in health["problems"])
    assert any("The clock stands at no day" in problem for problem in health["problems"])

    today = copenhagen_day(wall_clock())
    assert local.dfdg("clock", "to", str(today)).returncode == FINE
    with local.running():
        wait_for("well", lambda: local.status()[0] == FINE)
        code, health = local.status()
        assert (health["verdict"], health["problems"]) == ("well", [])
        assert {each["owned"] for each in health["consumers"]} == {SLICES}
        wait_for("nothing behind", lambda: not any(each["behind"] for each in local.status()[1]["consumers"]))
        assert health["clock"]["begun"] == health["clock"]["today"] == str(today)
        shown = local.dfdg("status").stdout
        assert all(word in shown for word in ("kafka-1", "cv-requirement", "8 of 8", str(today)))

        with psycopg.connect(local.environment["DFDG_DSN"]) as connection:
            connection.execute("update ledger.slice set alarm = 'a text' where consumer = 'titles' and slice = 3")
        code, health = local.status()
        assert (code, health["problems"]) == (COULD_NOT, ["ALARM titles/3: a text"])

        stack.kill("kafka-1")
        code, health = local.status()
        assert (code, health["verdict"]) == (COULD_NOT, "degraded")
        assert {each["owned"] for each in health["consumers"]} == {None}, "Kafka alone knows which workers live"
        stack.start("kafka-1")


def test_without_any_server_the_status_is_down(tmp_path: Path) -> None:
    State.create(tmp_path, brokers=1)
    code, health = Local(tmp_path, tmp_path / "run.log").status()
    assert (code, health["verdict"]) == (AWAY, "down")
    assert [server["away"] is not None for server in health["servers"]] == [True, True, True]


def test_servers_that_the_environment_names_are_asked_for_the_status(tmp_path: Path, postgres: str) -> None:
    desk = Local(tmp_path, tmp_path / "run.log", postgres)
    desk.environment |= {"DFDG_KAFKA": "127.0.0.1:1", "DFDG_REGISTRY": "http://someone:swordfish@127.0.0.1:1"}
    code, health = desk.status()
    assert (code, health["verdict"]) == (COULD_NOT, "degraded")
    assert {server["name"]: bool(server["away"]) for server in health["servers"]} == {
        "DFDG_KAFKA": True, "DFDG_REGISTRY": True, "DFDG_DSN": False,
    }  # fmt: skip
    assert "swordfish" not in json.dumps(health)


def test_run_waits_for_servers_that_nobody_has_started_and_ends_when_it_is_told(tmp_path: Path) -> None:
    desk = Local(tmp_path / "nothing", tmp_path / "run.log")
    for processes in ("1", "2"):
        desk.log.unlink(missing_ok=True)
        with desk.running("--log-format=json", f"--processes={processes}") as worker:
            wait_for("a line", lambda: desk.log.exists() and desk.told("A server is away"))
            assert worker.poll() is None
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(STOP_S) == FINE
        assert "No servers run in" in desk.told("A server is away")[0]["why"]


def test_run_begins_when_a_server_that_was_away_at_its_start_is_back(local: Local, stack: Stack) -> None:
    stack.kill("kafka-1")
    with local.running("cv-status", "--log-format=json", "--processes=2"):
        wait_for("a line", lambda: local.told("Kafka is away"))
        assert "Kafka is away: it does not run, since" in local.told("Kafka is away")[0]["why"]
        stack.start("kafka-1")
        wait_for("all slices to have an owner", lambda: owners(local.environment["DFDG_DSN"]) == SLICES)
        assert local.told("Kafka is back")
    assert max(Counter(line["process"] for line in local.lines()).values()) <= 10


def test_kafka_away_for_a_minute_is_told_in_five_lines_a_process(local: Local, stack: Stack) -> None:
    with local.running("--log-format=json") as worker:
        wait_for("all slices to have an owner", lambda: len(local.told("slices assigned")) == 24)
        before = len(local.lines())
        stack.kill("kafka-1")
        threading.Event().wait(AWAY_S)
        assert len(local.lines()) > before
        stack.start("kafka-1")
        wait_for("a line that Kafka is back", lambda: local.told("Kafka is back"))
        lines = Counter(line["event"] for line in local.lines()[before:])
        minutes = local.told("Kafka is back")[0]["away_s"] // 60  # more than one where the start takes long
        assert lines.total() <= 4 + minutes, lines
        assert "consumer" not in local.told("Kafka is away")[0], "it is of the process"
        assert (lines["Kafka is away"], lines["Kafka is back"]) == (1, 1)
        assert worker.poll() is None
    held_back = local.told("Kafka is still away")[0]["held_back"]
    assert held_back > 100, "without the gathering each would have been a line"
    assert len(local.told("Kafka is away")) == 1, "lines that a client hands over late begin no other outage"


def test_postgresql_away_is_told_in_few_lines_and_its_return_too(local: Local, stack: Stack) -> None:
    with local.running("--log-format=json"):
        wait_for("all slices to have an owner", lambda: len(local.told("slices assigned")) == 24)
        before = len(local.lines())
        stack.kill("postgres")
        wait_for("a line", lambda: local.told("PostgreSQL is away"))
        threading.Event().wait(10.0)
        stack.start("postgres")
        wait_for("a line that PostgreSQL is back", lambda: local.told("PostgreSQL is back"))
        lines = Counter(line["event"] for line in local.lines()[before:])
        assert lines.total() <= 5, lines


def test_init_tells_migrations_and_topics_as_counts_and_their_names_when_asked(
    addresses: Addresses, postgres: str, tmp_path: Path
) -> None:
    for options, named in (((), False), (("--verbose",), True)):
        with new_database(postgres) as dsn:
            desk = Local(tmp_path / "nothing", tmp_path / "run.log", dsn)
            desk.environment |= {"DFDG_KAFKA": addresses.kafka, "DFDG_REGISTRY": addresses.registry}
            done = desk.dfdg("init", *options)
            assert done.returncode == FINE, done.stderr
        assert re.search(r"^Ready: \d+ migrations, \d+ topics, \d+ topics for dead letters, ", done.stderr, re.M)
        assert ("0001_ledger.sql" in done.stderr) is named


def processes(local: Local) -> set[int]:
    """Those of `dfdg run` that were given slices."""
    return {line["process"] for line in local.told("slices assigned") if line["slices"]}


def test_every_line_of_run_and_its_children_is_json_and_an_alarm_names_its_place(local: Local, stack: Stack) -> None:
    topic, slice_ = SITUATION_RECORDED.name, 3
    with local.running("cv-requirement", "--processes=2", "--log-format=json"):
        wait_for("both processes to have slices", lambda: len(processes(local)) == 2)
        wait_for("all slices to have an owner", lambda: owners(local.environment["DFDG_DSN"]) == SLICES)
        producer = Producer({"bootstrap.servers": stack.up().kafka})
        for number in range(2 * IN_A_ROW):
            producer.produce(topic, b"no Avro", b"citizen-%d" % number, slice_)
        assert producer.flush(STOP_S) == 0
        wait_for("an alarm", lambda: local.told("ALARM"))
    (alarm,) = local.told("ALARM")
    place = {name: alarm[name] for name in ("consumer", "slice", "topic")}
    assert place == {"consumer": "cv-requirement", "slice": slice_, "topic": topic}
    assert alarm["batch"] >= 1


def test_a_failure_that_ends_run_is_a_line_of_the_log_too(local: Local, stack: Stack) -> None:
    with new_database(stack.up().dsn) as bare:
        local.environment["DFDG_DSN"] = bare
        with local.running("cv-status", "--log-format=json") as worker:
            assert worker.wait(4 * STOP_S) == COULD_NOT
    assert local.lines()[-1]["event"].endswith("Run `dfdg init`.")
