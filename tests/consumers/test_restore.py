"""RET-8: a database restored from before deletions lets nobody in until the receipts have deleted again."""

import os
import subprocess
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from psycopg import Connection, errors
from psycopg.conninfo import conninfo_to_dict

from consumers.admin import receipts as module
from consumers.admin.receipts import ReceiptError, export, from_lines, missing, replay
from consumers.record_lock import check_original
from infra.errors import AlarmError
from infra.local.postgres import program
from schemas.receipts import Receipt
from tests.conftest import new_database
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import rows
from tests.retention_builders import Nights, archived, check, entry

RECORDS = """
select record, note from register.joblog_entry union all select record, outcome from register.job_suggestion_check
order by record
"""
ENTRY, CHECK = entry("2017-07-01 12:00"), check("2015-07-01 12:00")


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def restored(postgres: str) -> Iterator[Connection]:
    """An empty database to restore into."""
    with new_database(postgres) as dsn, slice_connection(dsn) as connection:
        yield connection


def run(tool: str, connection: Connection, *arguments: str) -> None:
    known = conninfo_to_dict(connection.info.dsn)
    named = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}
    there = {variable: str(known[name]) for variable, name in named.items()} | {"PGPASSWORD": connection.info.password}
    subprocess.run([program(tool), *arguments], env={**os.environ, **there}, check=True, capture_output=True, text=True)


def exported(connection: Connection) -> str:
    out = StringIO()
    export(connection, out)
    return out.getvalue()


def test_ret_8_a_dump_from_before_the_deletions_opens_only_when_they_are_repeated(
    connection: Connection, restored: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 2)
    nights = Nights(connection)
    nights.record(ENTRY, entry("2017-06-20 12:00", "entry-2"), entry("2021-01-01 12:00", "entry-3"), CHECK)
    archived(connection, "job-suggestion-checks", "check-1", "2015-07-01 12:00")
    nights.day("2021-06-20")
    run("pg_dump", connection, "--format=custom", f"--file={tmp_path / 'dump'}")
    nights.day("2021-07-01")
    nights.record(entry("2018-01-01 12:00", "entry-4"))
    nights.day("2022-01-01")
    run("pg_restore", restored, "--dbname", restored.info.dbname, "--exit-on-error", str(tmp_path / "dump"))

    assert [record for record, _ in rows(restored, RECORDS)] == ["check-1", "entry-1", "entry-2", "entry-3"]
    for view in ("job_suggestion_checks", "joblog", "citizen_joblog"):
        with pytest.raises(errors.RaiseException, match="This database was restored"):
            rows(restored, f"select * from register.{view}")
    with pytest.raises(AlarmError, match="dfdg retention replay"):
        check_original(restored)

    lines = exported(connection).splitlines()
    assert missing(restored, from_lines(lines)) == 3
    assert replay(restored, from_lines(lines)) == (3, 2), "entry-4 came after the dump: its receipt alone"
    check_original(restored)
    assert rows(restored, RECORDS) == [("entry-1", None), ("entry-2", None), ("entry-3", "Ring igen")]
    assert rows(restored, "select record from register.citizen_joblog") == [("entry-3",)]
    assert exported(restored).splitlines() == lines
    assert replay(restored, from_lines(lines)) == (0, 0)
    Nights(restored).record(ENTRY, CHECK, entry("2018-01-01 12:00", "entry-4"))
    assert rows(restored, RECORDS) == [
        ("entry-1", None), ("entry-2", None), ("entry-3", "Ring igen"), ("entry-4", None)
    ]  # fmt: skip


@pytest.fixture
def four(connection: Connection) -> list[str]:
    """Four receipts of one slice, as lines; the database has the first two."""
    nights = Nights(connection)
    nights.record(*(entry(f"2017-06-{n} 12:00", f"entry-{n}") for n in range(20, 24)))
    nights.day("2021-06-30")
    lines = exported(connection).splitlines()
    connection.execute("delete from retention.receipt where number > 2")
    return lines


def changed(line: str, old: str, new: str) -> str:
    assert old in line
    return line.replace(old, new, 1)


def test_receipts_that_were_tampered_with_are_refused_and_nothing_is_done(
    connection: Connection, four: list[str]
) -> None:
    one, two, three, last = four
    for lines in (
        [one, two, last],
        [one, three, two, last],
        [one, two, three, three, last],
        [one, two, changed(three, "entry-22", "entry-99"), last],
        [changed(one, '"rule": "RET-3"', '"rule": "RET-4"'), two, three, last],
    ):
        with pytest.raises(ReceiptError, match="does not follow from number"):
            missing(connection, from_lines(lines))
    (receipt,) = from_lines([two])
    connection.execute("update retention.receipt set hash = 'other' where number = 2")
    with pytest.raises(ReceiptError, match="another than this database has"):
        missing(connection, [receipt])


def test_receipts_that_begin_too_late_or_end_too_early_are_refused_and_say_what_to_give(
    connection: Connection, four: list[str]
) -> None:
    with pytest.raises(ReceiptError, match="Receipts 3 to 3 of slice"):
        missing(connection, from_lines(four[3:]))
    with pytest.raises(ReceiptError, match="end at 1, this database has more"):
        missing(connection, from_lines(four[:1]))
    assert missing(connection, from_lines(four[2:])) == 2, "a topic begins where its retention has got to"
    assert missing(connection, from_lines(four[1:])) == 2
    assert missing(connection, from_lines([])) == 0


@pytest.mark.parametrize("line", ["", "{}", "not json", "[1]", '{"slice": 1, "due": "2021-13-01"}'])
def test_a_line_that_is_no_receipt_is_named(line: str) -> None:
    with pytest.raises(ReceiptError, match="Line 1 is no receipt"):
        list(from_lines([line]))


def test_a_receipts_hash_covers_each_of_its_fields_but_itself() -> None:
    day = date(2021, 7, 1)
    receipt = Receipt(0, 1, "a", "bc", "RET-1", day, day, None, "0").sealed()
    others = [
        receipt._replace(slice=1), receipt._replace(number=2), receipt._replace(area="ab", record="c"),
        receipt._replace(rule="RET-2"), receipt._replace(due=date(2021, 7, 2)), receipt._replace(reference="x"),
        receipt._replace(deleted_on=date(2021, 7, 2)), receipt._replace(previous="1"),
    ]  # fmt: skip
    assert len({other.sealed().hash for other in (receipt, *others)}) == 1 + len(others)
