"""RET-8: a database restored from before deletions lets nobody in until the receipts have deleted again."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from psycopg import Connection, errors
from psycopg.conninfo import conninfo_to_dict

from consumers.admin import receipts as module
from consumers.admin.receipt_file import ReceiptError, as_line, check_file, export, from_lines, receipts_of
from consumers.admin.receipt_key import create, is_signed, public_of, sign
from consumers.admin.receipts import Standing, missing, replay, standing
from consumers.record_lock import check_original
from infra.errors import AlarmError
from infra.local.postgres import program
from schemas.receipts import FIRST, Receipt
from tests.builders import moment
from tests.conftest import new_database
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import SLICE, rows
from tests.retention_builders import Nights, archived, check, entry, hold

RECORDS = """
select record, note from register.joblog_entry union all select record, outcome from register.job_suggestion_check
order by record
"""
ENTRY, CHECK = entry("2017-08-01 12:00"), check("2015-08-01 12:00")


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


def exported(connection: Connection, sign: Callable[[bytes], str | None] = lambda _text: None) -> list[str]:
    """An export's lines, the seal last."""
    out = StringIO()
    export(connection, out, moment("2022-01-02 03:00"), sign)
    return out.getvalue().splitlines()


def test_ret_8_a_dump_from_before_the_deletions_opens_only_when_they_are_repeated(
    connection: Connection, restored: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 2)
    nights = Nights(connection)
    nights.record(ENTRY, entry("2017-07-20 12:00", "entry-2"), entry("2021-01-01 12:00", "entry-3"), CHECK)
    archived(connection, "job-suggestion-checks", "check-1", "2015-08-01 12:00")
    nights.day("2021-07-20")
    run("pg_dump", connection, "--format=custom", f"--file={tmp_path / 'dump'}")
    nights.day("2021-08-01")
    nights.record(entry("2018-01-01 12:00", "entry-4"))
    nights.day("2022-01-01")
    run("pg_restore", restored, "--dbname", restored.info.dbname, "--exit-on-error", str(tmp_path / "dump"))

    assert [record for record, _ in rows(restored, RECORDS)] == ["check-1", "entry-1", "entry-2", "entry-3"]
    for view in ("job_suggestion_checks", "joblog", "citizen_joblog"):
        with pytest.raises(errors.RaiseException, match="This database was restored"):
            rows(restored, f"select * from register.{view}")
    with pytest.raises(AlarmError, match="dfdg retention replay"):
        check_original(restored)

    lines = exported(connection)
    assert missing(restored, receipts_of(lines), whole=True) == 3
    assert replay(restored, receipts_of(lines)) == (3, 2), "entry-4 came after the dump: its receipt alone"
    check_original(restored)
    assert rows(restored, RECORDS) == [("entry-1", None), ("entry-2", None), ("entry-3", "Ring igen")]
    assert rows(restored, "select record from register.citizen_joblog") == [("entry-3",)]
    assert exported(restored)[:-1] == lines[:-1]
    assert replay(restored, receipts_of(lines), "Anna", ["a doubt"]) == (0, 0)
    told = rows(restored, "select who <> '', receipts, records, doubts from retention.replayed order by at")
    assert told == [(True, 3, 2, []), (True, 0, 0, ["a doubt"])]
    Nights(restored).record(ENTRY, CHECK, entry("2018-01-01 12:00", "entry-4"))
    assert rows(restored, RECORDS) == [
        ("entry-1", None), ("entry-2", None), ("entry-3", "Ring igen"), ("entry-4", None)
    ]  # fmt: skip


@pytest.fixture
def four(connection: Connection) -> list[str]:
    """Four receipts of one slice, as lines; the database has the first two."""
    nights = Nights(connection)
    nights.record(*(entry(f"2017-07-{n} 12:00", f"entry-{n}") for n in range(20, 24)))
    nights.day("2021-07-30")
    lines = exported(connection)[:-1]
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
            missing(connection, receipts_of(lines), whole=False)
    (receipt,) = receipts_of([two])
    connection.execute("update retention.receipt set hash = 'other' where number = 2")
    with pytest.raises(ReceiptError, match="another than this database has"):
        missing(connection, [receipt], whole=False)


def test_receipts_that_begin_too_late_or_end_too_early_are_refused_and_say_what_to_give(
    connection: Connection, four: list[str]
) -> None:
    with pytest.raises(ReceiptError, match="Receipts 3 to 3 of slice"):
        missing(connection, receipts_of(four[3:]), whole=False)
    with pytest.raises(ReceiptError, match="end at 1, this database has more"):
        missing(connection, receipts_of(four[:1]), whole=False)
    assert missing(connection, receipts_of(four[2:]), whole=False) == 2, "a topic begins where its retention has got to"
    assert missing(connection, receipts_of(four[1:]), whole=False) == 2
    assert missing(connection, [], whole=False) == 0
    with pytest.raises(ReceiptError, match="end at 0, this database has more"):
        missing(connection, [], whole=True)


@pytest.mark.parametrize(
    "line", ["", "{}", "not json", "[1]", '{"slice": 1, "due": "2021-13-01"}', '{"ends": [1]}', "1", '"ends"']
)
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


def signed(connection: Connection, key: Path) -> list[str]:
    return exported(connection, lambda text: sign(key, text))


def checked(lines: list[str], key: Path) -> tuple[int, bool]:
    found = check_file(lines, lambda text, signature: is_signed(key, text, signature), id)
    return found.receipts, found.signed


@pytest.fixture
def key(tmp_path: Path) -> Path:
    create(tmp_path / "keys" / "receipts.pem")
    return tmp_path / "keys" / "receipts.pem"


def test_ret_8_an_export_is_taken_only_whole_unchanged_and_signed_by_the_key(
    connection: Connection, four: list[str], key: Path, tmp_path: Path
) -> None:
    lines = signed(connection, key)
    assert checked(lines, key) == (2, True)
    empty, forged = json.dumps(json.loads(lines[-1]) | {"ends": {}}), "signature is not that of this key"
    for other, why in (
        (lines[:1] + lines[2:], "do not end where the file's last line says"),
        (lines[2:], "do not end where the file's last line says"),
        ([*four, lines[-1]], "do not end where the file's last line says"),
        ([empty], forged),
        ([*lines[:2], changed(lines[-1], '"made_at": "2', '"made_at": "1')], forged),
        ([*lines[:2], json.dumps(json.loads(lines[-1]) | {"signature": "no hex"})], forged),
        ([*lines, lines[-1]], "Line 4 is no receipt"),
        ([lines[1], lines[0], lines[-1]], "does not follow from number"),
    ):
        with pytest.raises(ReceiptError, match=why):
            checked(other, key)
    create(tmp_path / "another.pem")
    with pytest.raises(ReceiptError, match="signed by another key"):
        checked(lines, tmp_path / "another.pem")


def test_the_public_half_is_enough_to_check_and_without_a_key_an_export_says_that_it_proves_nothing(
    connection: Connection, four: list[str], key: Path, tmp_path: Path
) -> None:
    lines = signed(connection, key)
    public = tmp_path / "elsewhere.pem"
    public_of(public).write_bytes(public_of(key).read_bytes())
    assert checked(lines, public) == (2, True)
    assert checked(signed(connection, public), public) == (2, False)
    assert checked(four, key) == (4, False), "of an older version: receipts only"
    with pytest.raises(AlarmError, match=r"missing.pem.pub is missing"):
        checked(lines, tmp_path / "missing.pem")


def test_the_key_is_its_owners_alone_is_never_overwritten_and_a_damaged_one_is_told(key: Path) -> None:
    assert [path.stat().st_mode & 0o777 for path in (key, public_of(key))] == [0o600, 0o644]
    with pytest.raises(AlarmError, match="is there already"):
        create(key)
    key.chmod(0o640)
    with pytest.raises(AlarmError, match="can be read by others"):
        sign(key, b"")
    key.chmod(0o600)
    for path in (key, public_of(key)):
        path.write_text("nonsense")
    with pytest.raises(AlarmError, match="or is damaged"):
        sign(key, b"")
    with pytest.raises(AlarmError, match="or is damaged"):
        is_signed(key, b"", "00")


DAY = date(2021, 8, 1)


@pytest.mark.parametrize(
    "invented",
    [
        Receipt(0, 1, "job-suggestion-checks", "check-1", "RET-1", DAY, DAY, None, FIRST),
        Receipt(0, 1, "joblog-voluntary", "entry-1", "RET-3", DAY, date(2021, 7, 31), None, FIRST),
        Receipt(0, 1, "salaries", "entry-1", "RET-3", DAY, DAY, None, FIRST),
        Receipt(0, 1, "joblog-voluntary", "entry-1", "RET-3", date(2021, 7, 13), date(2021, 7, 13), None, FIRST),
    ],
)
def test_a_receipt_of_no_lawful_deletion_is_refused_in_a_file_and_from_the_topic(
    connection: Connection, key: Path, invented: Receipt
) -> None:
    with pytest.raises(ReceiptError, match="Receipt 1 of slice 0 is of no lawful deletion"):
        missing(connection, [invented.sealed()], whole=False)
    with pytest.raises(ReceiptError, match="is of no lawful deletion"):
        checked([as_line(invented.sealed())], key)


def test_holds_that_stand_in_a_backup_are_counted_and_so_are_records_that_are_not_due_by_their_own_rows(
    connection: Connection,
) -> None:
    nights = Nights(connection)
    nights.record(*(entry("2017-08-01 12:00", name) for name in ("entry-1", "entry-2")))
    nights.record(entry("2018-07-01 12:00", "entry-3"), hold("2021-01-01 12:00", record="entry-1"))
    receipts, last = [], (0, FIRST)
    for name in ("entry-1", "entry-2", "entry-3", "entry-9"):
        known = ("joblog-voluntary", name, "RET-3", DAY, DAY, None)
        receipts.append(Receipt(SLICE, last[0] + 1, *known, last[1]).sealed())
        last = (receipts[-1].number, receipts[-1].hash)
    assert standing(connection, receipts) == Standing({"hold-1": 1}, 1)
    assert rows(connection, "select count(*) from register.joblog_entry where note is not null") == [(3,)]
