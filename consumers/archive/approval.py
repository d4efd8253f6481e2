"""The National Archives' answers, entered by an operator: only their approval is the archive receipt (RET-6)."""

from datetime import datetime
from typing import NamedTuple

from psycopg import Connection

from consumers.archive.delivery import AGENCY, MEDIUM, check_who
from consumers.archive.errors import ArchiveError

_STANDS = "select reference, rejection from archive.delivery where delivery = %s for update"
_APPROVE = "update archive.delivery set reference = %s, approved_at = %s, approved_by = %s where delivery = %s"
_REJECT = "update archive.delivery set rejection = %s, rejected_at = %s, rejected_by = %s where delivery = %s"
_DELIVERIES = """
select delivery, area, made_at, records, files,
    case when approved_at is not null then 'approved' when rejected_at is not null then 'rejected' else 'waiting' end,
    reference, rejection, coalesce(approved_at, rejected_at), coalesce(approved_by, rejected_by)
from archive.delivery order by made_at, delivery
"""
_UNFINISHED = f"""
select n.delivery, area, folder, began_at, began_by from archive.run
cross join lateral (select 'AVID.{AGENCY}.' || number || '.{MEDIUM}' as delivery) as n
where not exists (select from archive.delivery as d where d.delivery = n.delivery) order by number
"""


class Stand(NamedTuple):
    """A delivery and the Archives' answer. `status`: waiting, approved, rejected."""

    delivery: str
    area: str
    made_at: datetime
    records: int
    files: int
    status: str
    reference: str | None
    rejection: str | None
    answered_at: datetime | None
    entered_by: str | None


class Unfinished(NamedTuple):
    """An attempt that did not become a delivery: it was stopped or failed, or is under way."""

    delivery: str
    area: str
    folder: str
    began_at: datetime
    began_by: str


def approve(connection: Connection, delivery: str, reference: str, who: str, at: datetime) -> bool:
    """Enters the approval: from now on the records have their archive receipt. False when the same was entered before.

    Raises `ArchiveError` when the delivery is unknown, was rejected, or is approved with another reference.
    """
    if not reference.strip():
        raise ArchiveError("Give the reference of the Archives' approval: it is the receipt.")
    return _answer(connection, delivery, who, at, approval=reference)


def reject(connection: Connection, delivery: str, reason: str, who: str, at: datetime) -> bool:
    """Enters the rejection: the next delivery has the records again. False when the same was entered before.

    Raises `ArchiveError` when the delivery is unknown, was approved, or was rejected for another reason.
    """
    if not reason.strip():
        raise ArchiveError("Give the Archives' reason.")
    return _answer(connection, delivery, who, at, rejection=reason)


def _answer(
    connection: Connection, delivery: str, who: str, at: datetime, *, approval: str = "", rejection: str = ""
) -> bool:
    check_who(who)
    with connection.transaction():
        stands = connection.execute(_STANDS, (delivery,)).fetchone()
        if stands is None:
            raise ArchiveError(f"There is no delivery {delivery}. `dfdg archive list` shows them.")
        approved, rejected = stands
        if approved == (approval or None) and rejected == (rejection or None):
            return False
        if approved is not None:
            raise ArchiveError(f"{delivery} is approved already, with reference {approved}; that stays.")
        if rejected is not None:
            raise ArchiveError(f"{delivery} is rejected already: {rejected}. Deliver its records again.")
        connection.execute(_APPROVE if approval else _REJECT, (approval or rejection, at, who, delivery))
    return True


def deliveries(connection: Connection) -> list[Stand]:
    """Every delivery, oldest first."""
    return [Stand(*row) for row in connection.execute(_DELIVERIES).fetchall()]


def unfinished(connection: Connection) -> list[Unfinished]:
    """Every attempt that did not become a delivery, oldest first."""
    return [Unfinished(*row) for row in connection.execute(_UNFINISHED).fetchall()]
