"""Stores without a rule that ends their copies: who decides, how many copies there are, and how old (RET-8).

No copy is deleted: a record deleted too early cannot be brought back. `docs/stores.md` says the same of each store.
"""

from datetime import datetime
from typing import NamedTuple

from psycopg import Connection


class Store(NamedTuple):
    """`since`: SQL, when a row came or was last changed. `ended`: SQL, true when the matter of a row is over."""

    table: str
    decides: str
    since: str
    ended: str


CITIZEN = "STAR: when has a citizen left DFDG"
STORES = (
    Store("identity.person", CITIZEN, "created_at", "false"),
    Store("cv.status", CITIZEN, "changed_at", "false"),
    Store("titles.held", "STAR: how long a removed title is counted for TIT-10",
          "coalesce(removed_at, recorded_at, changed_at)", "removed_at is not null"),
    Store("audit.replaced_title", "STAR's auditors: the newsletter keeps originals and names no end", "replaced_at",
          "false"),
    Store("vitas.user", "the jobcentre, in VITAS, which tells of no deletion (VIT-2: never by the clean-up)",
          "changed_at", "not active"),
)  # fmt: skip


class Standing(NamedTuple):
    """The rows of one store. `ended`: those kept only because there is no rule. `oldest`: None without rows."""

    table: str
    rows: int
    ended: int
    oldest: datetime | None
    decides: str


def open_ended(connection: Connection) -> list[Standing]:
    """Every store without a rule, as it stands."""
    found = []
    for store in STORES:
        query = f"select count(*), count(*) filter (where {store.ended}), min({store.since}) from {store.table}"
        rows, ended, oldest = connection.execute(query.encode()).fetchone() or (0, 0, None)
        found.append(Standing(store.table, rows, ended, oldest, store.decides))
    return found
