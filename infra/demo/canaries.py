"""What may not be where it lies: CPR numbers outside of `identity` (invariant 4), replaced titles with their holder
(TIT-9), companies' numbers with their anonymous advert (AD-2). `places.py` knows where to look."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from schemas.cpr import SEPARATORS, normal_form

if TYPE_CHECKING:
    from psycopg import Connection

_HEX_IDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,}", re.I)
"""Random ids contain ten digits in a row now and then."""

_NUMBER = re.compile(rf"(?=([0-9]{{2}}){SEPARATORS}([0-9]{{2}}){SEPARATORS}([0-9]{{2}}){SEPARATORS}([0-9]{{4}}))")
"""Without regard to what stands beside: the byte before a text in Avro is its length, which may look like a digit."""

_OF_OTHER_SCRIPTS = re.compile(rb"\xef\xbc[\x90-\x99]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xf0\x9d\x9f")
_BETWEEN = bytes(byte for byte in range(256) if not (byte < 128 and chr(byte).isalnum()) and byte not in b"\t\n")

_DIGITS = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))
_EIGHT = b"0" * 8
CODE_DIGITS = 7
_CODE = re.compile(rb"[0-9]{7,}")
_WORD = re.compile(rb"[\w.-]+")
SIZES = (8, 10)
"""Digits of a CVR number; of a P-number or a CPR number."""

# What the holder shows nowhere any more. A title that still stands, as in an area of wave 2, is its holder's own.
_ORIGINALS = """
select holder, array_agg(distinct original) from audit.replaced_title a
where not exists (select from titles.held h where h.holder = a.holder and h.title = a.original) group by holder
"""


class Kind(Enum):
    """What may stand in a place, whose pieces are records, rows or lines."""

    PUBLIC = "public topic: nothing, and no number of an anonymous advert at all"
    OPEN = "table, log, screen: nothing; a company's number, but not with its anonymous advert"
    AUDIT = "the audit's own: replaced titles"
    INTERNAL = "internal topic, or an anonymous advert's own store: all but CPR numbers"


class Place(NamedTuple):
    """Somewhere to look. `opaque`: its pieces are not made of words, for binary values are among them."""

    name: str
    kind: Kind
    opaque: bool = False


@dataclass(frozen=True)
class Canaries:
    """`originals` by holder; `adverts` by number: the ids of the anonymous adverts that gave it. A title is a code."""

    cprs: frozenset[bytes]
    originals: Mapping[bytes, frozenset[bytes]]
    adverts: Mapping[bytes, frozenset[bytes]]

    @cached_property
    def _numbers(self) -> frozenset[bytes]:
        return self.cprs.union(self.adverts)

    @cached_property
    def _codes(self) -> frozenset[bytes]:
        return frozenset().union(*self.originals.values())

    def found(self, place: Place, pieces: Sequence[bytes]) -> bool:
        """Whether any of the pieces holds what may not stand there.

        Digits are sought in all pieces at once: nearly always none are of interest, and then no piece is looked at.
        """
        text = b"\n".join(pieces)
        if self._number_may_stand(text) and any(self._number(place, piece) for piece in pieces):
            return True
        if place.kind in (Kind.AUDIT, Kind.INTERNAL):
            return False
        if place.kind is Kind.OPEN and not place.opaque and self._codes.isdisjoint(_CODE.findall(text)):
            return False  # words are in it, so a code stands by itself
        return any(self._original(piece, opaque=place.opaque) for piece in pieces)

    def _number_may_stand(self, text: bytes) -> bool:
        """Quick, and right when it says no: without what stands between, digits meet that do not belong together."""
        known = self._numbers
        return _OF_OTHER_SCRIPTS.search(text) is not None or any(
            number in known
            for run in _runs(text.translate(None, _BETWEEN))
            for size in SIZES
            for number in _windows(run, size)
        )

    def _number(self, place: Place, piece: bytes) -> bool:
        text = _HEX_IDS.sub(b" ", piece)
        plain = normal_form(text.decode(errors="replace"))
        if any("".join(hit.groups()).encode() in self.cprs for hit in _NUMBER.finditer(plain)):
            return True
        if place.kind is Kind.INTERNAL:
            return False
        numbers = [number for run in _runs(plain.encode()) for size in SIZES for number in _windows(run, size)]
        adverts = [self.adverts[number] for number in numbers if number in self.adverts]
        if place.kind is Kind.PUBLIC or not adverts:
            return bool(adverts)
        words = _WORD.findall(piece)
        return any(not ids.isdisjoint(words) or (place.opaque and any(id_ in piece for id_ in ids)) for ids in adverts)

    @cached_property
    def _holders(self) -> Mapping[bytes, frozenset[bytes]]:
        """By the last digits of an original."""
        found = defaultdict(set)
        for holder, originals in self.originals.items():
            for original in originals:
                found[original[-CODE_DIGITS:]].add(holder)
        return {code: frozenset(holders) for code, holders in found.items()}

    def _held(self, piece: bytes) -> list[bytes]:
        """Of a piece without words: the holders in it of what may be an original in it."""
        runs = [digits for run in _CODE.findall(piece) for digits in _windows(run, CODE_DIGITS)]
        return [holder for code in runs for holder in self._holders.get(code, ()) if holder in piece]

    def _original(self, piece: bytes, *, opaque: bool) -> bool:
        known = self.originals
        words = self._held(piece) if opaque else _words(piece)
        return any(
            original in piece and original in _HEX_IDS.sub(b" ", piece)
            for word in words
            if word in known
            for original in known[word]
        )


def _runs(text: bytes) -> set[bytes]:
    """The runs of eight digits and more. Three times as fast as a regular expression."""
    digits, runs = text.translate(_DIGITS) + b" ", set()
    at = digits.find(_EIGHT)
    while at >= 0:
        end = digits.find(b" ", at)
        runs.add(text[at:end])
        at = digits.find(_EIGHT, end)
    return runs


def _windows(run: bytes, size: int) -> Iterator[bytes]:
    return (run[at : at + size] for at in range(len(run) - size + 1))


def _words(piece: bytes) -> Sequence[bytes]:
    """Cells, for a row or record of plain ones: that is quicker."""
    return piece.split(b"\t") if b"\t" in piece and b"{" not in piece else _WORD.findall(piece)


def canaries(
    cprs: Collection[str], connection: "Connection", adverts: Mapping[str, Collection[str]] | None = None
) -> Canaries:
    """All there are: CPR numbers of ten digits, the audit's originals, and by number the ids of anonymous adverts."""
    rows = connection.execute(_ORIGINALS).fetchall()
    return Canaries(
        frozenset(number.encode() for number in cprs),
        {holder.encode(): frozenset(title.encode() for title in titles) for holder, titles in rows},
        {number.encode(): frozenset(id_.encode() for id_ in ids) for number, ids in (adverts or {}).items()},
    )
