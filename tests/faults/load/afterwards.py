"""What is tried once a run is over, on a copy of its database: forged files of receipts, and an older program.

A copy of a database is what a restored one is: nobody reads in it until its receipts are replayed.
"""

import logging
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol

import psycopg

from consumers.admin.receipt_file import export
from consumers.admin.receipt_key import create, sign
from infra.engine.consumer import FORMAT, register
from infra.errors import AlarmError
from infra.migrate import migrate
from infra.postgres import connect
from producers.clock import wall_clock
from tests.conftest import new_database
from tests.integration.system import wait_for

LOG = logging.getLogger(__name__)
_OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
_KEPT = "select (select count(*) from register.joblog_entry), (select count(*) from register.job_suggestion_check)"
_HOME = "select place = retention.here() from retention.home"


class Run(Protocol):
    """Runs a command of `dfdg` to its end, on that database and with the keys of that folder."""

    def __call__(self, *arguments: str, dsn: str, keys: Path) -> "subprocess.CompletedProcess[str]": ...


def afterwards(run: Run, dsn: str, folder: Path) -> tuple[Counter[str], list[str]]:
    """The outcomes, as the liar's, and what is wrong. Nobody else may be connected to the database any more."""
    wait_for("all others to have left", lambda: _row(dsn, _OTHERS) == (0,))
    with new_database(dsn, of=dsn) as copy:
        told = [*_receipts(run, copy, folder), *_versions(copy)]
    outcomes = Counter[str]()
    for kind, _, came in told:
        outcomes.update((f"{kind} sent", f"{kind} {came}"))
    return outcomes, [f"{kind}: {must} is right, and it {came}" for kind, must, came in told if must != came]


def _receipts(run: Run, copy: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Replays files that are empty, lack a receipt, or bear a stranger's signature; in the end the true one."""
    files = {name: folder / f"{name}.jsonl" for name in ("stranger", "true", "partial", "empty")}
    with closing(connect(copy, "test")) as connection:
        for name in ("stranger", "true"):
            create(key := folder / name / "receipts.pem")
            with files[name].open("w", encoding="utf-8") as out:
                export(connection, out, wall_clock(), partial(sign, key))
    lines = files["true"].read_text().splitlines(keepends=True)
    assert len(lines) > 2, "a run deletes records"
    files["partial"].write_text("".join(lines[:1] + lines[2:]))
    files["empty"].write_text("")
    before = _row(copy, _KEPT)
    for name in ("empty", "partial", "stranger", "true"):
        done = run("retention", "replay", str(files[name]), dsn=copy, keys=folder / "true")
        came = "passed" if done.returncode == 0 or _row(copy, _HOME) == (True,) else "refused"
        yield "receipt", "passed" if name == "true" else "refused", came
        LOG.info("receipts %s: %s", name, done.stderr)
    if _row(copy, _KEPT) != before:
        yield "receipt", "refused", "deleted what has no receipt"


def _versions(copy: str) -> Iterator[tuple[str, str, str]]:
    """Starts a consumer, before and after a newer program has written its states; and migrates beyond a newer one."""
    with closing(connect(copy, "test")) as connection:
        connection.autocommit = True
        (name, ids) = connection.execute("select consumer, topic_ids from ledger.consumer limit 1").fetchone() or (
            "",
            {},
        )
        for must, change in (
            ("passed", "select 1"),
            ("refused", f"update ledger.consumer set needs = {FORMAT + 1}"),
        ):
            connection.execute(change.encode())
            try:
                register(connection, name, ids)
                yield "version", must, "passed"
            except AlarmError:
                yield "version", must, "refused"
        connection.execute("insert into public.migration (number, name, sha256) values (9999, '9999_later.sql', '')")
    try:
        migrate(copy)
        yield "version", "refused", "passed"
    except AlarmError:
        yield "version", "refused", "refused"


def _row(dsn: str, query: str) -> tuple[object, ...]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchone() or ()
