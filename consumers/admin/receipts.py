"""Exports receipts, and replays them into a restored database, which deletes their records again (RET-8)."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby, islice
from typing import NamedTuple, TextIO

from psycopg import Connection

from consumers.deletions import write
from consumers.record_lock import confirm_restore, lock_slices
from infra.arrays import texts
from schemas.joblog import VOLUNTARY_FIELDS
from schemas.receipts import FIRST, BrokenChainError, Receipt, check
from schemas.retention_areas import AREAS

PIECE = 10_000
"""Records deleted again in one transaction: about a second."""

_BY_CODE = {area.code: area for area in AREAS}
_EVERY = "select * from retention.receipt order by slice, number"
_ENDS = """
select distinct on (slice) slice, number, hash from retention.receipt order by slice, number desc
"""
_HASH = "select hash from retention.receipt where slice = %s and number = %s"
_DELETE = "delete from {table} where record = any(%b::text[])"
_EMPTY = f"""
update {{table}} set {", ".join(f"{name} = null" for name in VOLUNTARY_FIELDS)}, emptied = true
where record = any(%b::text[])
"""


class ReceiptError(Exception):
    """The receipts given do not fit this database; the text says which do. Nothing was changed."""


class Replayed(NamedTuple):
    """The numbers of receipts that the database lacked, and of records that were there again and are deleted."""

    receipts: int
    records: int


def export(connection: Connection, out: TextIO) -> int:
    """Writes every receipt as a JSON line, each slice's in order; returns how many. They name no person."""
    with connection.transaction(), connection.cursor(name="receipts") as rows:
        rows.itersize = PIECE
        out.writelines(as_line(Receipt(*row)) for row in rows.execute(_EVERY))
        return int(rows.rownumber or 0)


def as_line(receipt: Receipt) -> str:
    return json.dumps(receipt._asdict(), default=str, ensure_ascii=False) + "\n"


def from_lines(lines: Iterable[str]) -> Iterator[Receipt]:
    """The receipts of a file; raises `ReceiptError` that names the line."""
    for number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
            days = {name: date.fromisoformat(fields[name]) for name in ("due", "deleted_on")}
            yield Receipt(**fields | days)
        except (ValueError, TypeError, KeyError):
            raise ReceiptError(
                f"Line {number} is no receipt. Give a file that `dfdg retention receipts` wrote."
            ) from None


def missing(connection: Connection, receipts: Iterable[Receipt]) -> int:
    """How many of the receipts the database lacks.

    Raises `ReceiptError` unless all fit: the chain is unbroken, and the same as far as the database has it.
    """
    ends: dict[int, tuple[int, str]] = {row[0]: (row[1], row[2]) for row in connection.execute(_ENDS).fetchall()}
    found: dict[int, tuple[int, str]] = {}
    lacking = 0
    for receipt in receipts:
        last = ends.get(receipt.slice, (0, FIRST))
        if receipt.slice not in found:
            found[receipt.slice] = _before(connection, receipt, last[0])
        try:
            found = check([receipt], found)
        except BrokenChainError as error:
            raise ReceiptError(str(error)) from None
        if receipt.number == last[0] and receipt.hash != last[1]:
            raise ReceiptError(f"Receipt {receipt.number} of slice {receipt.slice} is another than this database has.")
        lacking += receipt.number > last[0]
    for slice_, (number, _) in found.items():
        if number < ends.get(slice_, (0, FIRST))[0]:
            raise ReceiptError(
                f"The receipts of slice {slice_} end at {number}, this database has more: they are older than it."
                " Give the newest ones, or take them from the topic with --from-topic."
            )
    return lacking


def _before(connection: Connection, first: Receipt, last: int) -> tuple[int, str]:
    """The number and hash that a slice's first receipt must follow: a topic may have deleted its oldest records."""
    if first.number > last + 1:
        raise ReceiptError(
            f"Receipts {last + 1} to {first.number - 1} of slice {first.slice} are missing. Give a file of"
            " `dfdg retention receipts` that has them first, then these."
        )
    if first.number == 1:
        return 0, FIRST
    row = connection.execute(_HASH, (first.slice, first.number - 1)).fetchone()
    return first.number - 1, row[0] if row else ""


def replay(connection: Connection, receipts: Iterable[Receipt]) -> Replayed:
    """Delete again the records of the receipts, in bounded transactions, and keep the receipts.

    Then the database counts as the original, and readers and the engine get in. Call `missing` first. The connection is
    in autocommit. After an interruption a second call goes on where the first one ended.
    """
    ends = {slice_: number for slice_, number, _ in connection.execute(_ENDS).fetchall()}
    new = (receipt for receipt in receipts if receipt.number > ends.get(receipt.slice, 0))
    counted = Replayed(0, 0)
    while piece := list(islice(new, PIECE)):
        with connection.transaction():
            lock_slices(connection, {receipt.slice for receipt in piece})
            records = _delete_again(connection, piece)
            write(connection, piece)
        counted = Replayed(counted.receipts + len(piece), counted.records + records)
    confirm_restore(connection)
    return counted


def _delete_again(connection: Connection, piece: list[Receipt]) -> int:
    deleted = 0
    for code, some in groupby(sorted(piece, key=lambda receipt: receipt.area), key=lambda receipt: receipt.area):
        area = _BY_CODE[code]
        query = _DELETE if area.deletes == "record" else _EMPTY
        records = texts(receipt.record for receipt in some)
        deleted += connection.execute(query.format(table=area.table), (records,)).rowcount
    return deleted
