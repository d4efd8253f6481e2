"""The commands that write, as a person runs them: real processes on real servers, told apart by their exit codes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from infra.addresses import Addresses
from infra.cli import app
from infra.kafka import admin
from producers.clock import last_days
from producers.cpr import made_up_cpr
from producers.publisher import WRITES
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, NOTICE_ISSUED, SITUATION_RECORDED, TITLE_TABLE_PUBLISHED
from tests.conftest import new_database
from tests.integration.system import System, make_system, wait_for
from tests.integration.worker_process import STOP_S, owner

ROOT = Path(__file__).parents[2]
DFDG = (sys.executable, "-m", "infra.cli")
SITUATIONS = SITUATION_RECORDED.name
FINE, COULD_NOT, USAGE, AWAY, BAD_INPUT = range(5)
SAMPLE = ROOT / "infra" / "sample"
TITLES = ("--escostar", str(SAMPLE / "escostar_occupations.csv"), "--mapping", str(SAMPLE / "esco_to_escostar.csv"))


class Desk:
    """Somebody at a terminal, with a state folder of their own, and the run's servers."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system, self.folder = system, folder
        self.environment = {**system.environment, "DFDG_STATE": str(folder / "state")}

    def dfdg(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DFDG, *arguments], env=self.environment | changed, cwd=ROOT, text=True, capture_output=True,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def fine(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.dfdg(*arguments)
        assert done.returncode == FINE, done.stderr
        return done

    def file(self, *citizens: int, **fields: Any) -> str:
        known = {"occurred_at": "2021-06-14T08:00:00Z", "target_group": "job-ready", "jobcentre": "jobcentre-1"}
        path = self.folder / "situations.jsonl"
        path.write_text("".join(json.dumps(known | fields | {"cpr": made_up_cpr(n)}) + "\n" for n in citizens))
        return str(path)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        log = (self.folder / "run.log").open("ab")
        worker = subprocess.Popen([*DFDG, "run", *arguments], env=self.environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(STOP_S)

    def citizens(self) -> int:
        return self.count("select count(*) from cv.status where must_register")

    def count(self, query: str) -> int:
        with psycopg.connect(self.system.dsn) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def each_has_slices(self, pids: Iterable[int]) -> bool:
        """Whether these workers, and nobody else, have slices."""
        return self.system.owners("cv-requirement").keys() == {owner(pid) for pid in pids}


def children(keeper: "subprocess.Popen[bytes]") -> set[int]:
    return {child.pid for child in psutil.Process(keeper.pid).children()}


@pytest.fixture
def desk(addresses: Addresses, database: str, tmp_path: Path) -> Desk:
    """A new database, and whatever other tests left on the topics."""
    return Desk(System(addresses, database, {}, admin(addresses.kafka), tmp_path, {}), tmp_path)


@pytest.fixture
def empty(addresses: Addresses, database: str, tmp_path: Path) -> Desk:
    """A new database, empty topics, and `dfdg init` has run."""
    desk = Desk(make_system(addresses, database, tmp_path), tmp_path)
    desk.fine("init")
    return desk


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(commands(get_command(app))), ids=" ".join)  # type: ignore[arg-type] # it is a group
def test_the_help_of_every_command_says_what_it_does_and_gives_an_example(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"])
    assert shown.exit_code == FINE
    assert "Example" in shown.output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["notices", "x-1", "--kind", "users"], "There is no kind of recipient users. Did you mean user?"),
        (["titles", "suggest", "kok", "--area", "my-plans"], "There is no area my-plans. Did you mean my-plan?"),
        (["archive", "deliver", "referals", "--who", "Anna"], "There is no area referals. Did you mean referrals?"),
        (["flood", "announce", "title-choice", "2021-06-14", "9", "--who", "Anna"], "There is no reason title-choice."),
    ],
)
def test_what_the_code_does_not_know_is_wrong_usage_before_any_server_is_asked(command: list[str], said: str) -> None:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == USAGE
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_the_help_of_the_whole_names_the_exit_codes_and_loads_nothing_heavy() -> None:
    program = "import sys; from infra.cli import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=True)
    assert "Exit codes: 0 fine, 1" in done.stdout
    assert not {"faust", "confluent_kafka", "psycopg", "pydantic", "fastavro"} & set(done.stdout.split())


def test_init_a_second_time_finds_everything_there_and_keeps_the_keys(desk: Desk) -> None:
    desk.fine("init")
    keys = {path: path.read_bytes() for path in (desk.folder / "state" / "keys").iterdir()}
    again = desk.fine("init")
    assert again.stderr.startswith("Ready: ")
    assert len(again.stderr.splitlines()) == 1
    assert {path: path.read_bytes() for path in (desk.folder / "state" / "keys").iterdir()} == keys


def test_init_makes_no_new_keys_for_a_database_that_knows_people(empty: Desk) -> None:
    empty.fine("publish", SITUATIONS, empty.file(1))
    (empty.folder / "state" / "keys").rename(empty.folder / "elsewhere")
    refused = empty.dfdg("init")
    assert refused.returncode == COULD_NOT
    assert "cpr-seal.key is missing. Put back its safe copy" in refused.stderr
    assert not (empty.folder / "state" / "keys").exists()


def test_a_published_file_is_on_the_topic_once_however_often_it_is_published(empty: Desk) -> None:
    done = empty.fine("publish", SITUATIONS, empty.file(*range(20)), "--json")
    assert json.loads(done.stdout) == {"topic": SITUATIONS, "sent": 20, "skipped": 0}
    assert empty.fine("publish", SITUATIONS, empty.file(*range(20)), "--initial").stdout == ""
    assert len(empty.system.records(SITUATION_RECORDED)) == 20


def test_a_bad_line_is_named_with_its_field_and_nothing_is_sent(empty: Desk) -> None:
    path = Path(empty.file(*range(3)))
    path.write_text(path.read_text() + path.read_text().splitlines()[0].replace("job-ready", "astronaut"))
    refused = empty.dfdg("publish", SITUATIONS, str(path))
    assert refused.returncode == BAD_INPUT
    assert "Nothing was sent" in refused.stderr
    assert "line 4, target_group: " in refused.stderr
    assert empty.system.records(SITUATION_RECORDED) == []
    assert refused.stderr.count("line 4, ") == 1

    empty.fine("publish", SITUATIONS, str(path), "--skip-bad", str(empty.folder / "bad.jsonl"))
    assert len(empty.system.records(SITUATION_RECORDED)) == 3
    assert (empty.folder / "bad.jsonl").read_text().count("astronaut") == 1


def test_the_way_from_a_cpr_number_to_the_citizens_id_is_the_number_of_the_line(empty: Desk) -> None:
    numbers = [made_up_cpr(n) for n in range(3)]
    shown = empty.fine("publish", SITUATIONS, empty.file(*range(3)), "--show-ids")
    rows = [line.split() for line in shown.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    told = json.loads(empty.fine("publish", SITUATIONS, empty.file(*range(3)), "--show-ids", "--json").stdout)
    assert [[str(line["line"]), line["citizen"], line["event"]] for line in told["lines"]] == rows
    assert sorted((citizen, event) for _, citizen, event in rows) == sorted(empty.system.records(SITUATION_RECORDED))
    assert not any(number in shown.stdout + shown.stderr for number in numbers)


def test_the_example_of_every_topic_that_takes_lines_is_published_as_it_is(
    empty: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in empty.environment.items():
        monkeypatch.setenv(name, value)
    for topic in WRITES:
        client = ("--client", "client-1") if topic.event.CONNECTED else ()
        example = CliRunner().invoke(app, ["publish", "--example", topic.name])
        assert example.exit_code == FINE
        done = CliRunner().invoke(app, ["publish", topic.name, "-", *client], input=example.stdout)
        assert done.exit_code == FINE, done.output
        assert f"Published 2 event(s) to {topic}." in done.stderr
        assert topic.broadcast or len(empty.system.records(topic)) == 2
    refused = CliRunner().invoke(app, ["publish", "--example", NOTICE_ISSUED.name])
    assert (refused.exit_code, refused.stdout) == (BAD_INPUT, "")
    assert CliRunner().invoke(app, ["publish", SITUATIONS]).exit_code == USAGE


def test_the_clock_begins_each_day_up_to_the_one_that_is_asked_for_and_none_twice(empty: Desk) -> None:
    empty.fine("clock", "to", "2021-06-14", "--from", "2021-06-12")
    empty.fine("clock", "to", "2021-06-14")
    assert last_days(empty.system.addresses.kafka, date(2021, 6, 14)) == [date(2021, 6, 14)] * SLICES
    assert len(empty.system.records(DAY_BEGUN)) == 3 * SLICES


def test_importing_titles_announces_the_table_to_every_slice_once_however_often_it_is_imported(empty: Desk) -> None:
    assert "imported" in empty.fine("titles", "import", *TITLES).stderr
    assert "nothing was changed" in empty.fine("titles", "import", *TITLES).stderr
    assert len(empty.system.records(TITLE_TABLE_PUBLISHED)) == SLICES
    assert empty.count("select count(*) from reference.title_version") == 1

    bad = empty.dfdg("titles", "import", "--escostar", "pyproject.toml", *TITLES[2:])
    assert bad.returncode == BAD_INPUT
    assert "pyproject.toml, line 1: columns are" in bad.stderr


@pytest.mark.parametrize("processes", [1, 2])
def test_run_puts_down_what_was_published_and_ends_when_it_is_told(empty: Desk, processes: int) -> None:
    empty.fine("publish", SITUATIONS, empty.file(*range(20)))
    with empty.running("cv-requirement", "cv-status", "--processes", str(processes)) as worker:
        pids = {worker.pid} if processes == 1 else wait_for("both", lambda: len(c := children(worker)) == 2 and c)
        wait_for("each process to have slices", lambda: empty.each_has_slices(pids))
        wait_for("20 citizens in cv.status", lambda: empty.citizens() == 20)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_S) == FINE
    assert empty.count("select count(*) from ledger.outbox") == 0
    assert empty.count("select count(*) from ledger.slice where consumer not in ('cv-requirement', 'cv-status')") == 0


def test_a_worker_process_that_dies_is_replaced_and_the_work_goes_on(empty: Desk) -> None:
    with empty.running("cv-requirement", "cv-status", "--processes", "2") as keeper:
        first, second = pids = wait_for("two workers", lambda: len(c := children(keeper)) == 2 and c)
        wait_for("slices of both", lambda: empty.each_has_slices(pids))
        os.kill(first, signal.SIGKILL)
        empty.fine("publish", SITUATIONS, empty.file(*range(50)))
        wait_for("50 citizens in cv.status", lambda: empty.citizens() == 50)
        (third,) = wait_for("a new worker", lambda: children(keeper) - pids)
        wait_for("slices of the new one and of the one that lives", lambda: empty.each_has_slices({second, third}))


def test_run_waits_for_servers_that_are_away_and_still_ends_when_it_is_told(desk: Desk) -> None:
    desk.fine("init")
    desk.environment["DFDG_REGISTRY"] = "http://127.0.0.1:1"
    log = desk.folder / "run.log"
    with desk.running() as worker:
        wait_for("it to wait", lambda: log.exists() and "The schema registry is away" in log.read_text())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_S) == FINE
    assert "nothing answers at http://127.0.0.1:1" in log.read_text()


def test_run_on_a_database_without_tables_says_that_init_is_missing(desk: Desk, postgres: str) -> None:
    desk.fine("init")  # schemas and topics; the tables of another database
    with new_database(postgres) as bare:
        refused = desk.dfdg("run", DFDG_DSN=bare)
    assert refused.returncode == COULD_NOT
    assert refused.stderr.splitlines()[-1].endswith("Run `dfdg init`.")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "nowhere", "told"),
    [
        ("DFDG_KAFKA", "127.0.0.1:1", "Kafka is away, unknown since when: nothing answers at 127.0.0.1:1."),
        ("DFDG_REGISTRY", "http://127.0.0.1:1", "The schema registry is away, unknown since when: nothing answers"),
        ("DFDG_DSN", "postgresql://dfdg:swordfish@127.0.0.1:1/dfdg", "PostgreSQL is away, unknown since when: "),
    ],
)
def test_a_server_that_is_away_is_named_with_exit_code_3(desk: Desk, name: str, nowhere: str, told: str) -> None:
    away = desk.dfdg("init", **{name: nowhere})
    assert away.returncode == AWAY
    assert told in away.stderr.splitlines()[-1]
    assert "Traceback" not in away.stderr
    assert "swordfish" not in away.stderr


def test_without_any_servers_the_way_to_start_them_is_told(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DFDG_")}
    environment["DFDG_STATE"] = str(tmp_path)
    for command in (("init",), ("status",)):
        done = subprocess.run([*DFDG, *command], env=environment, cwd=ROOT, text=True, capture_output=True, check=False)
        assert done.returncode == AWAY
        assert "Start them with `dfdg up`" in done.stderr


@pytest.mark.parametrize("wrong", [("publish", "nonsense", "-"), ("run", "nobody"), ("clock", "to", "14/6-2021")])
def test_wrong_usage_is_told_before_any_server_is_asked(wrong: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*DFDG, *wrong], cwd=ROOT, text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == USAGE
    assert "Invalid value" in done.stderr
