"""Retention on running servers, as an operator sees it: from published facts to receipts, holds, and a replay."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from consumers.admin.receipt_file import as_line
from consumers.admin.receipt_key import sign
from consumers.deletions import write
from infra.addresses import Addresses
from producers.cpr import made_up_cpr
from schemas.receipts import FIRST, Receipt, Seal, whole
from schemas.topic import SLICES
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import SLICE
from tests.integration.system import make_system, wait_for
from tests.integration.test_cli import BAD_INPUT, COULD_NOT, Desk
from tests.retention_builders import Nights, hold
from tests.retention_builders import entry as entry_

NAMES = ("registers", "retention", "deletions", "joblog")
CHECKS, ENTRIES = "dfdg.job-suggestion-check-recorded-v1", "dfdg.joblog-entry-recorded-v1"
DUE, LATER = 30, 5


@pytest.fixture
def desk(addresses: Addresses, database: str, tmp_path: Path) -> Desk:
    desk = Desk(make_system(addresses, database, tmp_path), tmp_path)
    desk.fine("init")
    return desk


def publish(desk: Desk, topic: str, lines: list[dict[str, Any]]) -> None:
    path = desk.folder / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    desk.fine("publish", topic, str(path))


def entry(n: int, at: str) -> dict[str, Any]:
    what = {"applied_on": at[:10], "employer": "Bakery", "position": "Bager", "how_applied": "advert", "note": "ring"}
    return {"cpr": made_up_cpr(n), "occurred_at": at, "record": f"entry-{n}", **what}


def holder(desk: Desk) -> str:
    with psycopg.connect(desk.system.dsn) as connection:
        row = connection.execute("select citizen from register.joblog_entry where record = 'entry-0'").fetchone()
    assert row
    return str(row[0])


def test_ret_8_facts_published_to_the_engine_go_by_themselves_once_with_receipts_that_replay(desk: Desk) -> None:
    publish(desk, ENTRIES, [entry(n, "2017-07-20T10:00:00Z") for n in range(DUE)])
    publish(desk, ENTRIES, [entry(DUE + n, "2020-06-20T10:00:00Z") for n in range(LATER)])
    check = {"checked_on": "2015-07-20", "outcome": "acknowledged", "occurred_at": "2015-07-20T10:00:00Z"}
    publish(desk, CHECKS, [{"cpr": made_up_cpr(n), "record": f"check-{n}", **check} for n in range(DUE)])
    with desk.running(*NAMES):
        desk.fine("clock", "to", "2021-07-19", "--from", "2021-07-19")
        every = "select count(*) from register.joblog_entry"
        wait_for("the registers", lambda: desk.count(every) == DUE + LATER)
        desk.fine("retention", "hold", holder(desk), "hold-1", "--handler", "anna", "--at", "2021-07-19")
        wait_for("the hold", lambda: desk.count("select count(*) from retention.hold") == 1)
        planned = json.loads(desk.fine("retention", "plan", "2021-07-20", "--json").stdout)
        assert {(row["area"], row["outcome"]): row["records"] for row in planned} == {
            ("job-suggestion-checks", "no-receipt"): DUE - 1,
            ("job-suggestion-checks", "hold"): 1,
            ("joblog-voluntary", "goes"): DUE - 1,
            ("joblog-voluntary", "hold"): 1,
        }
        desk.fine("clock", "to", "2021-07-20")
        gone = "select count(*) from register.joblog_entry where emptied"
        wait_for("what is due to go", lambda: desk.count(gone) == DUE - 1)
        withheld = "select count(*) from register.job_suggestion_check where reach = 'withheld'"
        wait_for("what lacks its receipt to be withheld", lambda: desk.count(withheld) == DUE)
        desk.fine("retention", "release", "hold-1", "--at", "2021-07-20")
        wait_for("the release", lambda: desk.count("select count(*) from retention.hold") == 0)
        desk.fine("clock", "to", "2021-07-21")  # an order that came before the release is given again on the next day
        wait_for("the released one to go", lambda: desk.count(gone) == DUE)
        stand = json.loads(desk.fine("retention", "status", "--json").stdout)
        assert (stand["day"], stand["holds"], stand["receipts"], stand["alarms"]) == ("2021-07-21", 0, DUE, [])
        assert [(row["area"], row["outcome"], row["records"]) for row in stand["areas"]] == [
            ("job-suggestion-checks", "no-receipt", DUE)
        ]
        wait_for("the outboxes", lambda: desk.count("select count(*) from ledger.outbox") == 0)

    unsigned = desk.dfdg("retention", "receipts")
    assert (unsigned.returncode, "NOT signed" in unsigned.stderr) == (COULD_NOT, True)
    desk.fine("retention", "keygen")
    receipts = desk.fine("retention", "receipts").stdout
    assert len(receipts.splitlines()) == DUE + 1
    assert "30 receipts are in order and signed" in desk.fine("retention", "verify", str(_file(desk, receipts))).stderr
    with psycopg.connect(desk.system.dsn) as connection:  # as an older state, restored elsewhere, would be
        connection.execute("delete from retention.receipt")
        connection.execute(
            "update register.joblog_entry set note = 'back', emptied = false where record like 'entry-1%'"
        )
        connection.execute("update retention.home set place = 'elsewhere'")
    refused = desk.dfdg("run", *NAMES)
    assert (refused.returncode, "dfdg retention replay" in refused.stderr) == (COULD_NOT, True)
    assert "30 receipts would be" in desk.fine("retention", "replay", "--from-topic", "--dry-run").stderr
    assert desk.count("select count(*) from register.joblog_entry where note = 'back'") == 11
    assert "30 receipts replayed" in desk.fine("retention", "replay", "--from-topic").stderr
    assert desk.count("select count(*) from register.joblog_entry where note = 'back'") == 0
    assert desk.fine("retention", "receipts").stdout.splitlines()[:-1] == receipts.splitlines()[:-1]
    with psycopg.connect(desk.system.dsn) as connection:
        connection.execute("delete from retention.receipt")
        connection.execute("update retention.home set place = 'elsewhere'")
    assert "30 receipts replayed" in desk.fine("retention", "replay", str(_file(desk, receipts))).stderr
    replayed = "select count(*) from retention.replayed where receipts = 30 and doubts = '{}'"
    assert desk.count(replayed) == 2


@pytest.fixture
def restored(desk: Desk) -> Desk:
    """A restored database that has an entry whose voluntary fields are gone, says a file, since; a hold covers it."""
    with slice_connection(desk.system.dsn) as connection:
        Nights(connection).record(entry_("2017-08-01 12:00"), hold("2021-01-01 12:00"))
        connection.execute("update retention.home set place = 'elsewhere'")
    desk.fine("retention", "keygen")
    return desk


def kept(desk: Desk) -> bool:
    """Nothing was deleted, and nobody gets in."""
    closed = desk.count("select count(*) from retention.home where place = 'elsewhere'") == 1
    return closed and desk.count("select count(*) from register.joblog_entry where note <> ''") == 1


def export_of(desk: Desk, *receipts: Receipt, sealed: bool = True) -> Path:
    """A file as `dfdg retention receipts` writes it in the database that was lost."""
    ends = {receipt.slice: (receipt.number, receipt.hash) for receipt in receipts}
    seal = Seal("2021-08-02", whole(ends), None)
    seal = seal._replace(signature=sign(desk.folder / "state" / "keys" / "receipts.pem", seal.text))
    lines = [as_line(receipt) for receipt in receipts]
    return _file(desk, "".join([*lines, *[json.dumps(seal._asdict()) + "\n"] * sealed]))


def receipt(number: int, record: str, previous: str = FIRST) -> Receipt:
    day = date(2021, 8, 1)
    return Receipt(SLICE, number, "joblog-voluntary", record, "RET-3", day, day, None, previous).sealed()


def test_ret_8_what_cannot_be_proved_is_told_and_done_only_by_a_person_with_a_name(restored: Desk) -> None:
    """A signed file whose receipts the topic does not have: it was deleted there, or never was."""
    gone = export_of(restored, receipt(1, "entry-1"))
    doubted = restored.dfdg("retention", "replay", str(gone))
    assert (doubted.returncode, "Nothing was done" in doubted.stderr) == (COULD_NOT, True)
    assert f"DOUBT In slice {SLICE} the topic does not reach" in doubted.stderr
    assert "Hold hold-1 stands in this backup and covers 1 of the records" in doubted.stderr
    for half in (("--yes",), ("--who", "Anna"), ("--yes", "--who", " ")):
        assert restored.dfdg("retention", "replay", str(gone), *half).returncode == COULD_NOT
    assert kept(restored)
    done = restored.dfdg("retention", "replay", str(gone), "--yes", "--who", "Anna")
    assert "1 receipts replayed, 1 records deleted again" in done.stderr
    assert restored.count("select count(*) from register.joblog_entry where note <> ''") == 0
    assert restored.count("select count(*) from retention.replayed where who = 'Anna' and doubts <> '{}'") == 1


@pytest.mark.parametrize("empty", [True, False])
def test_ret_8_an_empty_file_or_one_that_nobody_signed_lets_nobody_in(restored: Desk, empty: bool) -> None:
    file = str(_file(restored, "") if empty else export_of(restored, receipt(1, "entry-1"), sealed=False))
    refused = restored.dfdg("retention", "replay", file)
    assert (refused.returncode, "The file is not signed" in refused.stderr) == (BAD_INPUT, True)
    doubted = restored.dfdg("retention", "replay", file, "--unsigned")
    assert (doubted.returncode, "DOUBT The file is not signed" in doubted.stderr) == (COULD_NOT, True)
    assert restored.dfdg("retention", "verify", file).returncode == COULD_NOT
    assert kept(restored)
    restored.fine("retention", "replay", file, "--unsigned", "--yes", "--who", "Anna")
    assert restored.count("select count(*) from register.joblog_entry where note <> ''") == empty


def test_ret_8_in_a_database_that_was_not_restored_nothing_is_deleted_again(restored: Desk) -> None:
    restored.count("update retention.home set place = retention.here() returning 1")
    file = str(export_of(restored, receipt(1, "entry-1")))
    refused = restored.dfdg("retention", "replay", file, "--yes", "--who", "Anna")
    assert (refused.returncode, "This database was not restored" in refused.stderr) == (COULD_NOT, True)
    assert restored.count("select count(*) from register.joblog_entry where note <> ''") == 1


def test_ret_8_a_file_that_lacks_a_slice_of_the_backup_is_refused(restored: Desk) -> None:
    with slice_connection(restored.system.dsn) as connection:
        write(connection, [receipt(1, "entry-9")._replace(slice=(SLICE + 1) % SLICES).sealed()])
    file = str(export_of(restored, receipt(1, "entry-1")))
    refused = restored.dfdg("retention", "replay", file, "--yes", "--who", "Anna")
    assert (refused.returncode, "end at 0, this database has more" in refused.stderr) == (BAD_INPUT, True)
    assert kept(restored)


def _file(desk: Desk, text: str) -> Path:
    path = desk.folder / "receipts.jsonl"
    path.write_text(text)
    return path


def test_what_does_not_fit_is_refused_with_what_to_do(desk: Desk) -> None:
    unknown = desk.dfdg("retention", "announce", "nonsense", "2021-06-14", "0.5", "--who", "Anna")
    assert (unknown.returncode, "There is no area nonsense. `dfdg " in unknown.stderr) == (BAD_INPUT, True)
    nobody = desk.dfdg("retention", "announce", "referrals", "2021-06-14", "0.5", "--who", " ")
    assert (nobody.returncode, "Say who you are" in nobody.stderr) == (BAD_INPUT, True)
    cpr = desk.dfdg("retention", "hold", made_up_cpr(1), "h", "--handler", "anna")
    assert (cpr.returncode, "looks like a CPR number" in cpr.stderr) == (BAD_INPUT, True)
    none = desk.dfdg("retention", "release", "no-such-hold")
    assert (none.returncode, "There is no hold no-such-hold" in none.stderr) == (COULD_NOT, True)
    bad = desk.dfdg("retention", "verify", str(_file(desk, "nonsense\n")))
    assert (bad.returncode, "Line 1 is no receipt" in bad.stderr) == (BAD_INPUT, True)
    for _ in range(2):
        desk.fine("retention", "announce", "referrals", "2021-06-14", "0.5", "--who", "Anna")
    with psycopg.connect(desk.system.dsn) as connection:
        rows = connection.execute("select area, day, share::float, who from retention.announced").fetchall()
    assert rows == [("referrals", date(2021, 6, 14), 0.5, "Anna")]
