"""What is tried once a run is over, on a copy of its database: forged files of receipts, and an older program.

A copy of a database is what a restored one is: nobody reads in it until its receipts are replayed.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
from typer.testing import CliRunner, Result

from infra.addresses import Addresses
from infra.cli import app
from infra.engine.consumer import FORMAT, register
from infra.errors import AlarmError
from infra.migrate import migrate
from infra.postgres import connect
from tests.conftest import new_database
from tests.integration.looking import FINE, Desk
from tests.integration.system import wait_for

_OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
_KEPT = "select (select count(*) from register.joblog_entry), (select count(*) from register.job_suggestion_check)"
_HOME = "select place = retention.here() from retention.home"


def afterwards(addresses: Addresses, dsn: str, folder: Path) -> tuple[Counter[str], list[str]]:
    """The outcomes, as the liar's, and what is wrong. Nobody else may be connected to the database any more."""
    wait_for("all others to have left", lambda: _row(dsn, _OTHERS) == (0,))
    with new_database(dsn, of=dsn) as copy:
        told = [*_receipts(addresses, copy, folder), *_versions(copy)]
    outcomes = Counter[str]()
    for kind, _, came in told:
        outcomes.update((f"{kind} sent", f"{kind} {came}"))
    return outcomes, [f"{kind}: {must} is right, and it {came}" for kind, must, came in told if must != came]


def _receipts(addresses: Addresses, copy: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Replays files that are empty, lack a receipt, or bear a stranger's signature; in the end the true one."""
    files = {name: folder / f"{name}.jsonl" for name in ("stranger", "true", "partial", "empty")}
    for name in ("stranger", "true"):
        assert _dfdg(addresses, copy, folder / name, "keygen").exit_code == FINE
        files[name].write_text(_dfdg(addresses, copy, folder / name, "receipts").stdout)
    lines = files["true"].read_text().splitlines(keepends=True)
    assert len(lines) > 2, "a run deletes records"
    files["partial"].write_text("".join(lines[:1] + lines[2:]))
    files["empty"].write_text("")
    before = _row(copy, _KEPT)
    for name in ("empty", "partial", "stranger", "true"):
        done = _dfdg(addresses, copy, folder / "true", "replay", str(files[name]))
        came = "passed" if done.exit_code == FINE or _row(copy, _HOME) == (True,) else "refused"
        yield "receipt", "passed" if name == "true" else "refused", came
    if _row(copy, _KEPT) != before:
        yield "receipt", "refused", "deleted what has no receipt"


def _dfdg(addresses: Addresses, dsn: str, keys: Path, *arguments: str) -> Result:
    environment = Desk(addresses, dsn).environment | {"DFDG_KEYS": str(keys)}
    return CliRunner().invoke(app, ["retention", *arguments], env=environment)


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
