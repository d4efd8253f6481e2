"""`dfdg retention`: receipts of deletions, exported and signed, checked, and replayed after a restore (RET-8)."""

import sys
import tempfile
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Annotated, NamedTuple

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, addresses, database, failure, settings
from infra.console import progress_bar, say

if TYPE_CHECKING:
    from psycopg import Connection

    from schemas.receipts import Receipt

File = Annotated[typer.FileText, typer.Argument(metavar="FILE", help="From `dfdg retention receipts`.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would be done.")]

UNSIGNED = "The file is not signed: nobody can tell who made it, or whether it is whole."


def keygen() -> None:
    """Make the key that signs exported receipts: the file that DFDG_RECEIPT_KEY names, its public half beside it.

    Keep the key where `receipts` runs, apart from the database and from the exports. `verify` and `replay` need the
    public half only.

    \b
    Example:  DFDG_RECEIPT_KEY=/srv/keys/receipts.pem dfdg retention keygen
    """
    from consumers.admin.receipt_key import create, public_of

    path = settings().receipt_key
    create(path)
    say(f"{path} signs, {public_of(path)} checks. Keep a copy of both, apart from the database and from the exports.")


def receipts() -> None:
    """Print every receipt as a JSON line, and last where each slice's chain ends, signed: keep them for `replay`.

    Keep them apart from the database. Without a key they are printed all the same, and the exit code is 1.

    \b
    Example:  dfdg retention receipts > receipts.jsonl
    """
    from consumers.admin.receipt_file import export
    from consumers.admin.receipt_key import sign
    from producers.clock import wall_clock

    key = settings().receipt_key
    with database("retention") as connection:
        count, signed = export(connection, sys.stdout, wall_clock(), lambda text: sign(key, text))
    if not signed:
        raise failure(COULD_NOT, f"{count} receipts, NOT signed: there is no {key}. `dfdg retention keygen` makes it.")
    say(f"{count} receipts, signed.")


def verify(file: File) -> None:
    """Check a file of receipts: every chain whole and lawful, ended where the file says, and signed by the key.

    \b
    Example:  dfdg retention verify receipts.jsonl
    """
    from consumers.admin.receipt_file import check_file

    checked = check_file(file, _is_signed, id)
    if not checked.signed:
        raise failure(COULD_NOT, f"{checked.receipts} receipts are in order. {UNSIGNED}")
    say(f"{checked.receipts} receipts are in order and signed.")


def replay(
    file: Annotated[
        typer.FileText | None, typer.Argument(metavar="[FILE]", help="From `dfdg retention receipts`.")
    ] = None,
    from_topic: Annotated[bool, typer.Option("--from-topic", help="Take the receipts that lie on the topic.")] = False,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Take a file that is not signed; with --yes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it in spite of the doubts that are shown.")] = False,
    who: Annotated[str, typer.Option("--who", help="Your name, with --yes: it is recorded.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Delete again, in a database that was restored, what the receipts say is deleted; then readers get in.

    Until then neither `dfdg run` nor any reader of records gets access. All receipts are checked before anything is
    done: signature, chains, deadlines, approvals. The topics are read too: their receipts go on where the file ends,
    and what else lies there is not published again. So every `dfdg run` must have ended. What cannot be proved is
    told as a doubt, and needs --yes and --who. In a database that was not restored nothing is done.

    \b
    Example:  dfdg retention replay receipts.jsonl
    """
    from consumers.admin.receipt_file import receipts_of
    from consumers.admin.receipts import missing, replay
    from consumers.record_lock import is_original

    if (file is None) == (not from_topic):
        raise typer.BadParameter("Give a FILE, or --from-topic.")
    with database("retention") as connection:
        connection.autocommit = True  # many transactions, each bounded
        if is_original(connection):
            raise failure(COULD_NOT, "This database was not restored, or has its receipts: nothing is deleted again.")
        lines, doubts = _to_replay(connection, file, unsigned)
        with lines:
            lacking = missing(connection, receipts_of(lines), whole=file is not None)
            lines.seek(0)
            _tell(connection, receipts_of(lines), doubts)
            if doubts and not dry_run and not (yes and who.strip()):
                raise failure(COULD_NOT, "Nothing was done. If it is meant in spite of the doubts: --yes --who NAME.")
            behind = _known_again(connection, dry_run)
            if dry_run:
                say(f"{lacking} receipts would be replayed; {behind} records on the topics are unknown here.")
                return
            lines.seek(0)
            done = replay(connection, receipts_of(lines), who.strip() or None, doubts)
    if behind:
        say(f"{behind} records on the topics were unknown to this database: they are not published again.")
    say(f"{done.receipts} receipts replayed, {done.records} records deleted again. Readers get in.")


def _known_again(connection: "Connection", dry_run: bool) -> int:
    """Let a database that was restored know what lies on the topics beyond it; returns how many records do."""
    from infra.cli import catalog
    from infra.recovery.restore import catch_up
    from producers.clock import know_again
    from schemas.topics import RECORD_DELETED

    kafka = addresses("kafka").kafka
    with progress_bar() as bar:
        task = bar.add_task("topics read", total=None)
        behind = catch_up(
            connection, kafka, catalog.NAMES, catalog.sources(), [RECORD_DELETED.name],
            progress=lambda done, total: bar.update(task, completed=done, total=total), dry_run=dry_run,
        )  # fmt: skip
    if not dry_run:
        know_again(connection, kafka)
    return behind


class _ToReplay(NamedTuple):
    """Receipts as lines that can be read twice, and what speaks against them."""

    lines: IO[str]
    doubts: list[str]


def _to_replay(connection: "Connection", file: IO[str] | None, unsigned: bool) -> _ToReplay:
    """The receipts of the file and what goes beyond them on the topic, copied where nobody else can open them. Without
    a file those of the topic go on where the database's end. The caller closes the copy."""
    from consumers.admin.receipt_file import as_line, check_file
    from consumers.admin.receipt_topic import receipts_on_topic
    from consumers.admin.receipts import known_ends
    from infra.registry import Registry
    from schemas.topic import SLICES

    copy = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - the caller closes it
    doubts: list[str] = []
    ends = known_ends(connection)
    if file is not None:
        checked = check_file(file, _is_signed, lambda receipt: copy.write(as_line(receipt)))
        ends = checked.ends
        if not checked.signed and not unsigned:
            raise failure(BAD_INPUT, f"{UNSIGNED} If you know that it is right: --unsigned --yes --who NAME.")
        doubts += [] if checked.signed else [UNSIGNED]
    there, begins = addresses(), dict[int, int]()
    last: dict[int, int] = {}
    for receipt in receipts_on_topic(there.kafka, Registry(there.registry, there.dsn), begins, doubts):
        last[receipt.slice] = receipt.number
        if receipt.number > ends.get(receipt.slice, (0, ""))[0]:
            copy.write(as_line(receipt))
    at = {slice_: ends.get(slice_, (0, ""))[0] for slice_ in range(SLICES)}
    if apart := [str(n) for n in at if begins.get(n, at[n] + 2) > at[n] + 1 or last.get(n, 0) < at[n]]:
        doubts.append(
            f"In slice {', '.join(apart)} the topic does not reach from where the receipts end: others may lie between."
        )
    copy.seek(0)
    return _ToReplay(copy, doubts)


def _tell(connection: "Connection", receipts: "Iterable[Receipt]", doubts: list[str]) -> None:
    """Tells what speaks against the receipts; what a backup's own records say is added to the doubts."""
    from consumers.admin.receipts import standing

    stands = standing(connection, receipts)
    if stands.early:
        doubts.append(f"{stands.early} records here are not due, by their own rows, on the day of their receipts.")
    for hold, records in stands.held.items():
        say(f"Hold {hold} stands in this backup and covers {records} of the records: released since, so they go.")
    for doubt in doubts:
        say(f"DOUBT {doubt}")


def _is_signed(text: bytes, signature: str) -> bool:
    from consumers.admin.receipt_key import is_signed

    return is_signed(settings().receipt_key, text, signature)
