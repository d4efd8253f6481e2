"""`dfdg archive` as an operator runs it (RET-6)."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from schemas.archive_areas import AREAS

FINE, COULD_NOT, USAGE = 0, 1, 2
ANNA = ("--who", "Anna Holm")
DUE = ("--due-by", "2022-08-16")
_TABLE = """
create schema if not exists access;
create table if not exists access.referral (
    record text primary key, citizen text not null, slice int not null, provider text not null, first_day date not null,
    last_day date not null, cancelled_on date, updated_at timestamptz not null, reach text not null default 'open'
);
insert into access.referral (record, citizen, slice, provider, first_day, last_day, cancelled_on, updated_at) values
    ('due', 'c1', 1, 'provider-1', '2015-01-01', '2016-08-16', null, '2015-01-01Z'),
    ('cancelled early', 'c1', 1, 'provider-1', '2016-01-01', '2017-12-31', '2016-02-29', '2016-02-01Z'),
    ('cancelled too late', 'c1', 1, 'provider-1', '2015-01-01', '2016-08-17', '2016-08-18', '2016-02-01Z')
"""


class Operator:
    """Somebody with a terminal and a folder."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        nobody = "127.0.0.1:1"  # the archive is between the database and the disk
        self.environment = {"DFDG_KAFKA": nobody, "DFDG_REGISTRY": f"http://{nobody}", "DFDG_DSN": dsn}

    def dfdg(self, *arguments: str, ends: int = FINE) -> Result:
        done = CliRunner().invoke(app, ["archive", *arguments], env=self.environment)
        assert done.exit_code == ends, done.output
        return done

    def deliver(self, *options: str) -> Result:
        return self.dfdg("deliver", "referrals", "--folder", str(self.folder), *DUE, *ANNA, *options)


@pytest.fixture
def operator(database: str, tmp_path: Path) -> Operator:
    with psycopg.connect(database) as connection:
        connection.execute(_TABLE)
    return Operator(tmp_path, database)


def listed(operator: Operator) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(operator.dfdg("list", "--json").stdout)
    return found


def test_an_operator_counts_delivers_verifies_and_enters_the_approval(operator: Operator) -> None:
    assert json.loads(operator.deliver("--dry-run", "--json").stdout) == {
        "area": "referrals", "due_by": "2022-08-16", "records": 2,
    }  # fmt: skip
    assert list(operator.folder.iterdir()) == []
    assert listed(operator) == {"deliveries": [], "unfinished": []}

    told = operator.deliver().stderr
    package = operator.folder / "AVID.STAR.1.1"
    assert "2 records, 7 files, verified on disk" in told
    assert "dfdg archive approve AVID.STAR.1.1 REFERENCE" in told
    assert "is whole: 2 records, 7 files" in operator.dfdg("verify", str(package)).stderr

    operator.dfdg("approve", package.name, "21/04567", *ANNA)
    assert "was approved already" in operator.dfdg("approve", package.name, "21/04567", *ANNA).stderr
    refused = operator.dfdg("approve", package.name, "21/99999", *ANNA, ends=COULD_NOT)
    assert "approved already, with reference 21/04567" in refused.stderr
    (only,) = listed(operator)["deliveries"]
    assert (only["status"], only["reference"], only["records"]) == ("approved", "21/04567", 2)
    assert "0 records of referrals" in operator.deliver().stderr


def test_a_damaged_package_is_told_with_exit_code_1(operator: Operator) -> None:
    operator.deliver()
    table = operator.folder / "AVID.STAR.1.1" / "Tables" / "table1" / "table1.xml"
    table.write_bytes(table.read_bytes().replace(b"provider-1", b"provider-2", 1))
    told = operator.dfdg("verify", str(table.parents[2]), ends=COULD_NOT).stderr
    assert "table1.xml has another MD5" in told
    assert "is NOT whole: 1 fault(s)" in told


def test_an_unfinished_attempt_is_told_until_its_folder_is_gone(operator: Operator) -> None:
    operator.dfdg(
        "deliver", "referrals", "--folder", str(operator.folder), *DUE, *ANNA, "--schemas", "/nowhere", ends=COULD_NOT
    )
    (operator.folder / "AVID.STAR.1.1").mkdir()
    assert [attempt["delivery"] for attempt in listed(operator)["unfinished"]] == ["AVID.STAR.1.1"]
    told = operator.deliver().stderr
    assert "AVID.STAR.1.1, begun" in told
    assert "is no delivery. Delete it." in told
    assert "AVID.STAR.2.1 in" in told


def test_a_rejected_delivery_is_delivered_again(operator: Operator) -> None:
    operator.deliver()
    operator.dfdg("reject", "AVID.STAR.1.1", "beskrivelse mangler", *ANNA)
    assert json.loads(operator.deliver("--json").stdout)["delivery"] == "AVID.STAR.2.1"
    assert [each["status"] for each in listed(operator)["deliveries"]] == ["rejected", "waiting"]


def test_an_area_that_is_not_archived_is_wrong_usage_and_the_others_are_named(operator: Operator) -> None:
    told = operator.dfdg("deliver", "cv", *ANNA, ends=USAGE).stderr
    assert "There are: job-suggestion-checks, referrals, joblog" in " ".join(told.replace("│", " ").split())


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_each_areas_table_has_just_the_columns_that_were_reviewed(area: Any, database: str) -> None:
    from consumers.archive.outstanding import check_columns, count

    with psycopg.connect(database) as connection:
        if connection.execute("select to_regclass(%s)", (area.table,)).fetchone() == (None,):
            pytest.skip(f"{area.table} comes with another part of the release")
        check_columns(connection, area)
        assert count(connection, area, date(2030, 1, 1)) == 0
