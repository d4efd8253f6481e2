"""The records of an area that are to be delivered: due soon, and in no delivery as they stand now (RET-6)."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from psycopg import Connection, sql

from consumers.archive.errors import ArchiveError
from schemas.archive_areas import Area
from schemas.retention_areas import latest_due_anchor

PAGE_ROWS = 5_000
"""Rows in memory: some megabytes, few round trips."""

# Withheld records are among them: the archive job reads them, and archive.run and archive.delivered say so.
_OUTSTANDING = """
from {table} as r where r.record > %(after)s and {anchor} <= %(last)s and not exists (
    select from archive.delivered as d join archive.delivery as p using (delivery)
    where d.area = %(area)s and d.record = r.record and d.updated_at >= r.updated_at and p.rejected_at is null
)
"""
_COLUMNS = "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"


def check_columns(connection: Connection, area: Area) -> None:
    """Raises `ArchiveError` unless the table's columns are exactly those that were reviewed."""
    found = {name for (name,) in connection.execute(_COLUMNS, (area.table,)).fetchall()}
    if not found:
        raise ArchiveError(f"There is no table {area.table} in this database. Run `dfdg init`.")
    archived = {column.name for column in area.columns}
    new, gone = found - archived - set(area.left_out), archived - found
    told = [f"{name} is neither archived nor left out" for name in sorted(new)]
    if told := told + [f"{name} is not there" for name in sorted(gone)]:
        raise ArchiveError(f"{area.table}: {'; '.join(told)}. Review schemas/archive_areas.py, then deliver again.")


def count(connection: Connection, area: Area, due_by: date) -> int:
    """How many records a delivery would hold."""
    found = connection.execute(_query(area, "select count(*)"), _parameters(area, due_by)).fetchone()
    return int(found[0]) if found else 0


def rows(connection: Connection, area: Area, due_by: date) -> Iterator[tuple[Any, ...]]:
    """The records in the order of their ids, a page at a time; for one and the same moment, inside one transaction."""
    query = _query(area, "select {columns}", "order by r.record limit %(rows)s")
    parameters = _parameters(area, due_by)
    while page := connection.execute(query, parameters).fetchall():
        yield from page
        parameters["after"] = page[-1][0]


def _query(area: Area, head: str, tail: str = "") -> sql.Composed:
    whole = cast("Any", f"{head} {_OUTSTANDING} {tail}")  # psycopg types SQL as literals only; these are ours
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in area.columns)
    table, anchor = sql.Identifier(*area.table.split(".")), sql.SQL(cast("Any", area.anchor))
    return sql.SQL(whole).format(table=table, anchor=anchor, columns=columns)


def _parameters(area: Area, due_by: date) -> dict[str, Any]:
    last = latest_due_anchor(due_by, area.years)
    return {"area": area.name, "last": last, "after": "", "rows": PAGE_ROWS}
