"""Replays receipts into a restored database, which deletes their records again (RET-8)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from psycopg import Connection

from consumers.admin.receipt_file import ReceiptError
from consumers.deletions import write
from consumers.record_lock import confirm_restore, lock_slices
from infra.arrays import dates, texts
from schemas.joblog import VOLUNTARY_FIELDS
from schemas.receipts import FIRST, BrokenChainError, Ends, Receipt, check, check_lawful
from schemas.retention_areas import AREAS, areas_on

PIECE = 10_000
"""Records deleted again in one transaction: about a second."""

_BY_CODE = {area.code: area for area in AREAS}
_ENDS = """
select distinct on (slice) slice, number, hash from retention.receipt order by slice, number desc
"""
_HASH = "select hash from retention.receipt where slice = %s and number = %s"
_DELETE = "delete from {table} where record = any(%b::text[])"
_EMPTY = f"""
update {{table}} set {", ".join(f"{name} = null" for name in VOLUNTARY_FIELDS)}, emptied = true
where record = any(%b::text[])
"""
_REPLAYED = """
insert into retention.replayed (who, receipts, records, doubts) values (coalesce(%s, session_user), %s, %s, %s)
"""
_STANDS = """
select t.record, h.hold, retention.due({anchor}, {years}) > gone.day
from unnest(%b::text[], %b::date[]) gone (record, day) join {table} t using (record)
left join retention.hold h on h.citizen = t.citizen and (h.record is null or h.record = t.record)
where {still} and (h.hold is not null or retention.due({anchor}, {years}) > gone.day) order by 1, 2
"""


class Replayed(NamedTuple):
    """The numbers of receipts that the database lacked, and of records that were there again and are deleted."""

    receipts: int
    records: int


class Standing(NamedTuple):
    """What of the records in a backup speaks against their receipts: how many are `held`, by hold, and how many are
    `early`, by their own rows. A hold is not obeyed, for it was released before the record was deleted."""

    held: dict[str, int]
    early: int


def missing(connection: Connection, receipts: Iterable[Receipt], *, whole: bool) -> int:
    """How many of the receipts the database lacks. `whole`: of every slice that has any they are there, as in a file.

    Raises `ReceiptError` unless all fit: the chain is unbroken, and the same as far as the database has it.
    """
    ends, found = known_ends(connection), Ends()
    lacking = 0
    for receipt in receipts:
        last = ends.get(receipt.slice, (0, FIRST))
        if receipt.slice not in found:
            found[receipt.slice] = _before(connection, receipt, last[0])
        try:
            found = check([receipt], found)
            check_lawful(receipt)
        except BrokenChainError as error:
            raise ReceiptError(str(error)) from None
        if receipt.number == last[0] and receipt.hash != last[1]:
            raise ReceiptError(f"Receipt {receipt.number} of slice {receipt.slice} is another than this database has.")
        lacking += receipt.number > last[0]
    absent: Ends = dict.fromkeys(ends, (0, FIRST)) if whole else {}
    for slice_, (number, _) in (absent | found).items():
        if number < ends.get(slice_, (0, FIRST))[0]:
            raise ReceiptError(
                f"The receipts of slice {slice_} end at {number}, this database has more: they are older than it."
                " Give the newest ones, or take them from the topic with --from-topic."
            )
    return lacking


def known_ends(connection: Connection) -> Ends:
    """Where the chains of this database end."""
    return {slice_: (number, hash_) for slice_, number, hash_ in connection.execute(_ENDS).fetchall()}


def standing(connection: Connection, receipts: Iterable[Receipt]) -> Standing:
    """What in the database speaks against deleting again what the receipts say that it lacks."""
    ends, held, early = known_ends(connection), Counter[str](), set[str]()
    new = (receipt for receipt in receipts if receipt.number > ends.get(receipt.slice, (0, FIRST))[0])
    while piece := list(islice(new, PIECE)):
        for code, some in _by_area(piece):
            area = areas_on(some[0].deleted_on)[code]
            query = _STANDS.format(table=area.table, anchor=f"t.{area.anchor_sql}", years=area.years, still=area.still)
            known = (texts(each.record for each in some), dates(each.deleted_on for each in some))
            for record, hold, is_early in connection.execute(query, known).fetchall():
                held.update([hold] if hold else [])
                early.update([record] if is_early else [])
    return Standing(dict(held), len(early))


def _by_area(piece: Iterable[Receipt]) -> Iterator[tuple[str, list[Receipt]]]:
    for code, some in groupby(sorted(piece, key=lambda receipt: receipt.area), key=lambda receipt: receipt.area):
        yield code, list(some)


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


def replay(
    connection: Connection, receipts: Iterable[Receipt], who: str | None = None, doubts: Sequence[str] = ()
) -> Replayed:
    """Delete again the records of the receipts, in bounded transactions, and keep the receipts.

    Then the database counts as the original, and readers and the engine get in. Call `missing` first. `who` had it done
    in spite of the `doubts`; both are recorded. The connection is in autocommit. After an interruption a second call
    goes on where the first one ended.
    """
    ends = known_ends(connection)
    new = (receipt for receipt in receipts if receipt.number > ends.get(receipt.slice, (0, FIRST))[0])
    counted = Replayed(0, 0)
    while piece := list(islice(new, PIECE)):
        with connection.transaction():
            lock_slices(connection, {receipt.slice for receipt in piece})
            records = _delete_again(connection, piece)
            write(connection, piece)
        counted = Replayed(counted.receipts + len(piece), counted.records + records)
    with connection.transaction():
        connection.execute(_REPLAYED, (who, *counted, list(doubts)))
        confirm_restore(connection)
    return counted


def _delete_again(connection: Connection, piece: list[Receipt]) -> int:
    deleted = 0
    for code, some in _by_area(piece):
        area = _BY_CODE[code]
        query = _DELETE if area.deletes == "record" else _EMPTY
        records = texts(receipt.record for receipt in some)
        deleted += connection.execute(query.format(table=area.table), (records,)).rowcount
    return deleted
