"""A file of receipts, kept apart from the database: whole chains, and a seal that says where each ends (RET-8)."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple, TextIO

from psycopg import Connection

from schemas.receipts import BrokenChainError, Ends, Receipt, Seal, check, check_lawful, whole

ROWS = 10_000
"""Receipts in memory at once."""

_EVERY = "select * from retention.receipt order by slice, number"


class ReceiptError(Exception):
    """The receipts given do not fit this database; the text says which do. Nothing was changed."""


def export(connection: Connection, out: TextIO, at: datetime, sign: Callable[[bytes], str | None]) -> tuple[int, bool]:
    """Writes every receipt as a JSON line, each slice's in order, and the seal; returns how many receipts, and whether
    they are signed. They name no person."""
    ends: Ends = {}
    with connection.transaction(), connection.cursor(name="receipts") as rows:
        rows.itersize = ROWS
        for row in rows.execute(_EVERY):
            receipt = Receipt(*row)
            ends[receipt.slice] = (receipt.number, receipt.hash)
            out.write(as_line(receipt))
    seal = Seal(at.isoformat(), whole(ends), None)
    seal = seal._replace(signature=sign(seal.text))
    out.write(json.dumps(seal._asdict()) + "\n")
    return sum(number for number, _ in ends.values()), seal.signature is not None


def as_line(receipt: Receipt) -> str:
    return json.dumps(receipt._asdict(), default=str, ensure_ascii=False) + "\n"


def from_lines(lines: Iterable[str]) -> Iterator[Receipt | Seal]:
    """What a file holds: receipts, and last the seal, unless it is of an older version. Raises `ReceiptError` that
    names the line."""
    seal = None
    for number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
            if "ends" in fields:
                ends = {int(slice_): (int(end[0]), str(end[1])) for slice_, end in fields["ends"].items()}
                found: Receipt | Seal = Seal(**fields | {"ends": ends})
            else:
                days = {name: date.fromisoformat(fields[name]) for name in ("due", "deleted_on")}
                found = Receipt(**fields | days)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            found, seal = None, None  # type: ignore[assignment] # told below
        if found is None or seal is not None:
            raise ReceiptError(f"Line {number} is no receipt. Give a file that `dfdg retention receipts` wrote.")
        seal = found if isinstance(found, Seal) else None
        yield found


def receipts_of(lines: Iterable[str]) -> Iterator[Receipt]:
    """The receipts of a file, without its seal."""
    return (each for each in from_lines(lines) if isinstance(each, Receipt))


class Checked(NamedTuple):
    """A file of receipts, each of which is lawful and follows the one before. `ends`: where its chains end. `seal`: as
    it stands there, None in a file of an older version; without a signature it proves nothing."""

    receipts: int
    ends: Ends
    seal: Seal | None

    @property
    def signed(self) -> bool:
        return self.seal is not None and self.seal.signature is not None


def check_file(
    lines: Iterable[str], is_signed: Callable[[bytes, str], bool], keep: Callable[[Receipt], object]
) -> Checked:
    """Reads an export to its end, and gives each receipt to `keep`.

    Raises `ReceiptError` unless each slice's receipts are a whole chain of lawful deletions that ends where the seal
    says, and the signature is right. An export without a seal or a signature proves nothing: who takes it must say so.
    """
    ends: Ends = {}
    seal, count = None, 0
    for each in from_lines(lines):
        if isinstance(each, Seal):
            seal = each
            continue
        count += 1
        try:
            ends = check([each], ends)
            check_lawful(each)
        except BrokenChainError as error:
            raise ReceiptError(str(error)) from None
        keep(each)
    if seal is not None and seal.signature is not None and not is_signed(seal.text, seal.signature):
        raise ReceiptError("The file's signature is not that of this key: it was changed, or signed by another key.")
    if seal is not None and whole(seal.ends) != whole(ends):
        other = [str(slice_) for slice_, end in whole(ends).items() if whole(seal.ends).get(slice_) != end]
        raise ReceiptError(f"The receipts of slice {', '.join(other)} do not end where the file's last line says.")
    return Checked(count, ends, seal)
