"""Retention on running servers, as an operator sees it: from published facts to receipts, holds, and a replay."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.addresses import Addresses
from producers.cpr import made_up_cpr
from tests.integration.system import make_system, wait_for
from tests.integration.test_cli import BAD_INPUT, COULD_NOT, Desk

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
    publish(desk, ENTRIES, [entry(n, "2017-06-20T10:00:00Z") for n in range(DUE)])
    publish(desk, ENTRIES, [entry(DUE + n, "2020-06-20T10:00:00Z") for n in range(LATER)])
    check = {"checked_on": "2015-06-20", "outcome": "applied", "occurred_at": "2015-06-20T10:00:00Z"}
    publish(desk, CHECKS, [{"cpr": made_up_cpr(n), "record": f"check-{n}", **check} for n in range(DUE)])
    with desk.running(*NAMES):
        desk.fine("clock", "to", "2021-06-19", "--from", "2021-06-19")
        every = "select count(*) from register.joblog_entry"
        wait_for("the registers", lambda: desk.count(every) == DUE + LATER)
        desk.fine("retention", "hold", holder(desk), "hold-1", "--handler", "anna", "--at", "2021-06-19")
        wait_for("the hold", lambda: desk.count("select count(*) from retention.hold") == 1)
        planned = json.loads(desk.fine("retention", "plan", "2021-06-20", "--json").stdout)
        assert {(row["area"], row["outcome"]): row["records"] for row in planned} == {
            ("job-suggestion-checks", "no-receipt"): DUE - 1,
            ("job-suggestion-checks", "hold"): 1,
            ("joblog-voluntary", "goes"): DUE - 1,
            ("joblog-voluntary", "hold"): 1,
        }
        desk.fine("clock", "to", "2021-06-20")
        gone = "select count(*) from register.joblog_entry where emptied"
        wait_for("what is due to go", lambda: desk.count(gone) == DUE - 1)
        withheld = "select count(*) from register.job_suggestion_check where reach = 'withheld'"
        wait_for("what lacks its receipt to be withheld", lambda: desk.count(withheld) == DUE)
        desk.fine("retention", "release", "hold-1", "--at", "2021-06-20")
        wait_for("the released one to go", lambda: desk.count(gone) == DUE)
        stand = json.loads(desk.fine("retention", "status", "--json").stdout)
        assert (stand["day"], stand["holds"], stand["receipts"], stand["alarms"]) == ("2021-06-20", 0, DUE, [])
        assert [(row["area"], row["outcome"], row["records"]) for row in stand["areas"]] == [
            ("job-suggestion-checks", "no-receipt", DUE)
        ]
        wait_for("the outboxes", lambda: desk.count("select count(*) from ledger.outbox") == 0)

    receipts = desk.fine("retention", "receipts").stdout
    assert len(receipts.splitlines()) == DUE
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
    assert desk.fine("retention", "receipts").stdout == receipts
    desk.fine("retention", "replay", str(_file(desk, receipts)))


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
    bad = desk.dfdg("retention", "replay", str(_file(desk, "nonsense\n")))
    assert (bad.returncode, "Line 1 is no receipt" in bad.stderr) == (BAD_INPUT, True)
    for _ in range(2):
        desk.fine("retention", "announce", "referrals", "2021-06-14", "0.5", "--who", "Anna")
    with psycopg.connect(desk.system.dsn) as connection:
        rows = connection.execute("select area, day, share::float, who from retention.announced").fetchall()
    assert rows == [("referrals", date(2021, 6, 14), 0.5, "Anna")]
