"""Receipts of deletions: without personal data; each slice has a chain, so none can be dropped or changed (RET-8)."""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schemas.retention_areas import areas_on
from schemas.topic import SLICES

FIRST = "0" * 64
"""The `previous` hash of a slice's first receipt."""


class BrokenChainError(Exception):
    """A receipt was changed, dropped or put in, or is of no lawful deletion; the text says which."""


Ends = dict[int, tuple[int, str]]
"""By slice: the number and the hash of its chain's last receipt."""


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


def check(receipts: Iterable[Receipt], last: Ends | None = None) -> Ends:
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


def check_lawful(receipt: Receipt) -> None:
    """Raises `BrokenChainError` for a receipt that no deletion by the law of its day has (RET-6, RET-7)."""
    area = areas_on(receipt.deleted_on).get(receipt.area)
    if area is None or receipt.due > receipt.deleted_on or (area.archive is not None and not receipt.reference):
        raise BrokenChainError(
            f"Receipt {receipt.number} of slice {receipt.slice} is of no lawful deletion: its area has no rule on"
            f" {receipt.deleted_on}, it was not due, or it has no approval of the National Archives. Nothing was done."
            " Who wrote it?"
        )


class Seal(NamedTuple):
    """The last line of an export: when it was made, where every slice's chain ends, and the signature of both.

    The chains' hashes cover the receipts, so nothing can be changed, left out or added without another seal.
    """

    made_at: str
    ends: Ends
    signature: str | None

    @property
    def text(self) -> bytes:
        """What is signed: every slice has its line, also one without receipts."""
        lines = [f"{slice_} {number} {hash_}" for slice_, (number, hash_) in sorted(whole(self.ends).items())]
        return "\n".join(["receipts of deletions, 1", self.made_at, *lines, ""]).encode()


def whole(ends: Ends) -> Ends:
    """With the slices that have no receipt yet."""
    return {slice_: ends.get(slice_, (0, FIRST)) for slice_ in range(SLICES)} | ends
