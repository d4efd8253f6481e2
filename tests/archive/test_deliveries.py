"""From the register to the package and to the receipt, on the real database (RET-6)."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from psycopg.errors import CheckViolation

from consumers.archive import outstanding
from consumers.archive.approval import Stand, Unfinished, approve, deliveries, reject, unfinished
from consumers.archive.delivery import Made, deliver
from consumers.archive.errors import ArchiveError
from consumers.archive.table import read_rows
from consumers.archive.verify import verify
from infra.demo.report_archive import archive as report
from infra.postgres import connect
from schemas.dates import add_years
from tests.archive.registers import AREA, create_table, many, store, store_many, visit

AT = datetime(2021, 8, 16, 8, tzinfo=UTC)
WHO = "Anna Holm"
ROOT = Path(__file__).parents[2]
DUE_BY = date(2022, 8, 16)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with closing(connect(database, "test-archive")) as connection:
        connection.autocommit = True
        create_table(connection)
        yield connection


def handed_over(connection: Connection, folder: Path, due_by: date = DUE_BY) -> Made | None:
    return deliver(connection, folder, AREA, due_by=due_by, at=AT, who=WHO)


def made_now(connection: Connection, folder: Path) -> Made:
    made = handed_over(connection, folder)
    assert made is not None
    return made


def delivered(connection: Connection) -> list[tuple[str, str, datetime]]:
    found = connection.execute("select record, delivery, updated_at from archive.delivered order by delivery, record")
    return found.fetchall()


def covered(connection: Connection) -> list[str]:
    """The records that a receipt covers as they are now, as retention asks."""
    return [
        record
        for (record,) in connection.execute(
            "select r.record from test_register.visit as r where exists ("
            " select from archive.delivered as d join archive.delivery as p using (delivery) where p.reference is not"
            " null and (d.area, d.record) = (%s, r.record) and d.updated_at >= r.updated_at) order by 1",
            (AREA.name,),
        ).fetchall()
    ]


def records_in(made: Made) -> list[str | None]:
    return [dict(row)["c1"] for row in read_rows(made.folder / "Tables" / "table1" / "table1.xml")]


def nothing_recorded(connection: Connection) -> bool:
    return (deliveries(connection), delivered(connection)) == ([], [])


def test_ret_6_only_the_archives_approval_of_what_was_delivered_is_a_receipt(
    connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a"), visit("b", note="ældre"))
    first = made_now(connection, tmp_path)
    assert (first.delivery, first.records, first.files) == ("AVID.STAR.1.1", 2, 7)
    assert verify(first.folder) == (2, 7, ())
    assert covered(connection) == []  # delivered is not approved

    store(connection, visit("b", note="nyere", updated="2015-07-01 12:00"))
    assert approve(connection, first.delivery, "21/04567", WHO, AT) is True
    assert covered(connection) == ["a"]  # b has changed since

    second = made_now(connection, tmp_path)
    assert records_in(second) == ["b"]
    assert covered(connection) == ["a"]
    assert approve(connection, second.delivery, "21/05001", WHO, AT) is True
    assert covered(connection) == ["a", "b"]

    assert handed_over(connection, tmp_path) is None  # and nothing is left
    assert [stand.status for stand in deliveries(connection)] == ["approved", "approved"]
    assert unfinished(connection) == []
    assert report(connection).faults == []


def test_what_is_recorded_is_each_record_as_the_package_on_disk_has_it(connection: Connection, tmp_path: Path) -> None:
    store(connection, visit("b", updated="2016-02-29 23:30:00.000001"), visit("a"))
    made = made_now(connection, tmp_path)
    assert records_in(made) == ["a", "b"]
    assert delivered(connection) == [
        ("a", made.delivery, datetime(2015, 6, 1, 12, tzinfo=UTC)),
        ("b", made.delivery, datetime(2016, 2, 29, 23, 30, 0, 1, UTC)),
    ]
    assert deliveries(connection) == [Stand(made.delivery, AREA.name, AT, 2, 7, "waiting", None, None, None, None)]
    runs = connection.execute("select number, area, due_by, folder, began_at, began_by from archive.run").fetchall()
    assert runs == [(1, AREA.name, DUE_BY, str(tmp_path), AT, WHO)]


@pytest.mark.parametrize(
    ("visited_on", "due_by", "included"),
    [
        ("2015-06-14", "2021-06-14", True),
        ("2015-06-15", "2021-06-14", False),
        ("2016-02-28", "2022-02-28", True),
        ("2016-02-29", "2022-02-28", False),  # due on 1 March, when there is no 29 February
        ("2016-02-29", "2022-03-01", True),
        ("2018-02-28", "2024-02-29", True),
        ("2018-03-01", "2024-02-29", False),
        ("2015-03-28", "2021-03-28", True),
        ("2015-10-31", "2021-10-30", False),
        ("2015-10-31", "2021-10-31", True),
    ],
)
def test_a_delivery_holds_what_is_due_by_its_day_and_nothing_later(
    visited_on: str, due_by: str, included: bool, connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a", visited_on))
    made = handed_over(connection, tmp_path, date.fromisoformat(due_by))
    assert (made is not None) == included
    assert (add_years(date.fromisoformat(visited_on), AREA.years) <= date.fromisoformat(due_by)) == included


def test_an_area_with_nothing_to_deliver_makes_no_folder_and_no_row(connection: Connection, tmp_path: Path) -> None:
    assert handed_over(connection, tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    assert nothing_recorded(connection)
    assert unfinished(connection) == []
    assert report(connection).faults == ["Nothing was delivered to the National Archives."]


def test_one_delivery_shows_the_register_at_one_moment_and_what_comes_meanwhile_is_the_nexts(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    store(connection, *many(outstanding.PAGE_ROWS + 1))
    with closing(connect(database, "test-meanwhile")) as other:

        def meanwhile(_: int) -> None:
            store(other, visit("r0000000", note="ændret", updated="2021-01-01 12:00"))
            store(other, visit("s-new"), visit("r9999999", note="ny"))
            other.commit()

        made = deliver(connection, tmp_path, AREA, due_by=DUE_BY, at=AT, who=WHO, progress=meanwhile)
    assert made is not None
    assert made.records == outstanding.PAGE_ROWS + 1
    second = made_now(connection, tmp_path)
    assert records_in(second) == ["r0000000", "r9999999", "s-new"]


KILLED = """
import os, signal, sys
from datetime import date, datetime
from pathlib import Path
from consumers.archive.delivery import deliver
from infra.postgres import connect
from tests.archive.registers import AREA
connection = connect(sys.argv[1], "test-killed")
connection.autocommit = True
kill = lambda _: os.kill(os.getpid(), signal.SIGKILL)
at = datetime.fromisoformat(sys.argv[3])
deliver(connection, Path(sys.argv[2]), AREA, due_by=date(2022, 8, 16), at=at, who="Anna Holm", progress=kill)
"""


def test_a_run_that_is_killed_in_the_middle_leaves_no_delivery_and_the_next_starts_afresh(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    store_many(connection, outstanding.PAGE_ROWS + 1)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database, str(tmp_path), AT.isoformat()], cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    there = "select count(*) from pg_stat_activity where application_name = 'test-killed'"
    while connection.execute(there).fetchone() != (0,):
        connection.execute("select pg_sleep(0.01)")  # between two looks at the condition
    assert nothing_recorded(connection)
    left = tmp_path / "AVID.STAR.1.1"
    assert verify(left).faults == ("Indices/fileIndex.xml is missing: the package is not finished.",)
    assert unfinished(connection) == [Unfinished(left.name, AREA.name, str(tmp_path), AT, WHO)]

    made = made_now(connection, tmp_path)
    assert (made.delivery, made.records) == ("AVID.STAR.2.1", outstanding.PAGE_ROWS + 1)
    assert [stand.delivery for stand in deliveries(connection)] == [made.delivery]
    assert [attempt.delivery for attempt in unfinished(connection)] == [left.name]


def test_a_package_that_is_not_on_disk_as_it_was_written_is_no_delivery(connection: Connection, tmp_path: Path) -> None:
    store_many(connection, outstanding.PAGE_ROWS)

    def bad_disk(_: int) -> None:
        with (tmp_path / "AVID.STAR.1.1" / "Tables" / "table1" / "table1.xml").open("r+b") as table:
            table.seek(1_000)  # the first rows are on disk already
            at = table.read(1_000).index(b"citizen-")
            table.seek(1_000 + at)
            table.write(b"citizem-")

    with pytest.raises(ArchiveError, match=r"table1\.xml has another MD5 than the index says\. Check the disk\."):
        deliver(connection, tmp_path, AREA, due_by=DUE_BY, at=AT, who=WHO, progress=bad_disk)
    assert nothing_recorded(connection)


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_delivered(
    connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a"))
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="cannot be written or read"):
        handed_over(connection, tmp_path / "file")
    assert nothing_recorded(connection)


def test_a_column_that_nobody_reviewed_and_one_that_is_gone_stop_the_delivery(
    connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a"))
    connection.execute("alter table test_register.visit add column secret text, drop column minutes")
    with pytest.raises(ArchiveError, match="secret is neither archived nor left out; minutes is not there"):
        handed_over(connection, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert nothing_recorded(connection)


def test_two_deliveries_of_one_area_at_the_same_time_are_refused_and_the_first_goes_on(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    store_many(connection, outstanding.PAGE_ROWS)
    refused: list[str] = []
    with closing(connect(database, "test-second")) as second:
        second.autocommit = True

        def meanwhile(_: int) -> None:
            with pytest.raises(ArchiveError) as error:
                handed_over(second, tmp_path / "second")
            refused.append(str(error.value))

        first = deliver(connection, tmp_path, AREA, due_by=DUE_BY, at=AT, who=WHO, progress=meanwhile)
    assert refused == ["Another delivery of visits is under way. Wait until it has ended."]
    assert first is not None
    assert [stand.delivery for stand in deliveries(connection)] == [first.delivery]
    store(connection, visit("later"))
    assert made_now(connection, tmp_path).records == 1  # the lock was let go


def test_an_approval_is_entered_once_and_its_reference_stays(connection: Connection, tmp_path: Path) -> None:
    store(connection, visit("a"))
    made = made_now(connection, tmp_path)
    assert approve(connection, made.delivery, "21/04567", WHO, AT) is True
    assert approve(connection, made.delivery, "21/04567", "Bodil", datetime(2021, 9, 1, tzinfo=UTC)) is False
    with pytest.raises(ArchiveError, match="approved already, with reference 21/04567"):
        approve(connection, made.delivery, "21/99999", WHO, AT)
    with pytest.raises(ArchiveError, match="approved already"):
        reject(connection, made.delivery, "forkert", WHO, AT)
    assert deliveries(connection) == [
        Stand(made.delivery, AREA.name, AT, 1, 7, "approved", "21/04567", None, AT, WHO)
    ]  # fmt: skip


def test_a_delivery_that_is_sent_back_is_no_receipt_and_its_records_are_delivered_again(
    connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a"))
    first = made_now(connection, tmp_path)
    assert handed_over(connection, tmp_path) is None
    assert reject(connection, first.delivery, "beskrivelse mangler", WHO, AT) is True
    assert reject(connection, first.delivery, "beskrivelse mangler", WHO, AT) is False
    with pytest.raises(ArchiveError, match="rejected already: beskrivelse mangler"):
        approve(connection, first.delivery, "21/04567", WHO, AT)
    second = made_now(connection, tmp_path)
    assert records_in(second) == ["a"]
    assert approve(connection, second.delivery, "21/04568", WHO, AT) is True
    assert covered(connection) == ["a"]
    assert [stand.status for stand in deliveries(connection)] == ["rejected", "approved"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c, d: approve(c, d.replace("1.1", "9.1"), "21/1", WHO, AT), "There is no delivery AVID.STAR.9.1"),
        (lambda c, d: approve(c, d, " ", WHO, AT), "Give the reference"),
        (lambda c, d: approve(c, d, "21/1", " ", AT), "Say who you are"),
        (lambda c, d: reject(c, d, "", WHO, AT), "Give the Archives' reason"),
    ],
)
def test_an_answer_without_delivery_reference_or_name_is_refused(
    change: Any, told: str, connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a"))
    made = made_now(connection, tmp_path)
    with pytest.raises(ArchiveError, match=told):
        change(connection, made.delivery)
    assert [stand.status for stand in deliveries(connection)] == ["waiting"]


def test_the_database_itself_refuses_a_delivery_that_is_both_approved_and_sent_back(
    connection: Connection, tmp_path: Path
) -> None:
    store(connection, visit("a"))
    made = made_now(connection, tmp_path)
    approve(connection, made.delivery, "21/1", WHO, AT)
    with pytest.raises(CheckViolation):
        connection.execute("update archive.delivery set rejection = 'x', rejected_at = made_at, rejected_by = 'y'")


def test_the_report_finds_a_delivery_whose_records_are_not_all_listed(connection: Connection, tmp_path: Path) -> None:
    store(connection, visit("a"), visit("b"))
    made = made_now(connection, tmp_path)
    connection.execute("delete from archive.delivered where record = 'a'")
    assert report(connection).faults == [f"{made.delivery}: 2 records delivered, but 1 listed one by one."]
