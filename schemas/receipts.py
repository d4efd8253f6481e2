"""Receipts of deletions: without personal data; each slice has a chain, so none can be dropped or changed (RET-8)."""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

FIRST = "0" * 64
"""The `previous` hash of a slice's first receipt."""


class BrokenChainError(Exception):
    """A receipt was changed, dropped or put in; the text says where."""


class Receipt(NamedTuple):
    """A row of `retention.receipt`. `reference`: the archive receipt, where the area is archived first."""

    slice: int
    number: int
    area: str
    record: str
    rule: str
    due: date
    deleted_on: date
    reference: str | None
    previous: str
    hash: str = ""

    def sealed(self) -> "Receipt":
        """The receipt with its hash: SHA-256, in hex, of the fields before it, each on a line with its length."""
        parts = ["" if field is None else str(field) for field in self[:-1]]
        text = "".join(f"{len(part)}:{part}\n" for part in parts)
        return self._replace(hash=hashlib.sha256(text.encode()).hexdigest())


def check(receipts: Iterable[Receipt], last: dict[int, tuple[int, str]] | None = None) -> dict[int, tuple[int, str]]:
    """Checks receipts, each slice's in order, and returns its last number and hash. `last`: those that they follow.

    Raises `BrokenChainError` at the first that does not follow from the one before it.
    """
    ends = dict(last or {})
    for receipt in receipts:
        number, previous = ends.get(receipt.slice, (0, FIRST))
        if (receipt.number, receipt.previous) != (number + 1, previous) or receipt.sealed().hash != receipt.hash:
            raise BrokenChainError(
                f"Receipt {receipt.number} of slice {receipt.slice} does not follow from number {number}: one was"
                " changed, dropped or put in between. Nothing was done. Take another copy of the receipts."
            )
        ends[receipt.slice] = (receipt.number, receipt.hash)
    return ends
