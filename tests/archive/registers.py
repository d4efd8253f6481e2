"""An area of the tests' own, its table, and packages of made-up records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection, sql

from consumers.archive.indices import Delivery
from consumers.archive.package import write_package
from consumers.archive.table import Written
from schemas.archive_areas import CITIZEN, RECORD, UPDATED_AT, Area, Column, Kind

SCHEMAS = Path(__file__).parents[3] / "shared" / "data" / "siard-dk-128" / "schemas"
MADE_ON = date(2021, 8, 16)
DELIVERY = Delivery("AVID.STAR.7", 1, MADE_ON, ("AVID.STAR.3",))

AREA = Area(
    "visits", "RET-1", "test_register.visit", 6, "visited_on",
    title="Besøg",
    description="Besøg på jobcentret.",
    columns=(
        RECORD, CITIZEN,
        Column("visited_on", Kind.DATE, "Dagen"),
        Column("note", Kind.TEXT, "Bemærkning", nullable=True),
        Column("minutes", Kind.NUMBER, "Varighed i minutter", nullable=True),
        Column("came", Kind.YES_NO, "Om borgeren kom"),
        UPDATED_AT,
    ),
    left_out={"slice": "where the engine works on it"},
)  # fmt: skip
_TABLE = """
create schema test_register;
create table test_register.visit (
    record text primary key, citizen text not null, visited_on date not null, note text, minutes bigint,
    came boolean not null, updated_at timestamptz not null, slice int not null default 0
)
"""
_VISIT = """
insert into test_register.visit (record, citizen, visited_on, note, minutes, came, updated_at)
values (%s, %s, %s, %s, %s, %s, %s) on conflict (record) do update
set visited_on = excluded.visited_on, note = excluded.note, updated_at = excluded.updated_at
"""
Row = tuple[Any, ...]


def visit(record: str, day: str = "2015-06-01", note: str | None = None, updated: str = "2015-06-01 12:00") -> Row:
    """A row of the tests' area; the last update is a moment in UTC."""
    at = datetime.fromisoformat(updated).replace(tzinfo=UTC)
    return (record, f"citizen-{record}", date.fromisoformat(day), note, 20, True, at)


def many(count: int) -> Iterable[Row]:
    """So many rows, one at a time."""
    first = datetime(2015, 1, 1, tzinfo=UTC)
    for n in range(count):
        at = first + timedelta(minutes=n)
        yield (f"r{n:07}", f"citizen-{n}", at.date(), "Mødte op på jobcentret", n, True, at)


def create_table(connection: Connection) -> None:
    connection.execute(_TABLE)


def store(connection: Connection, *rows: Row) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_VISIT, rows)


def store_many(connection: Connection, count: int) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in AREA.columns)
    statement = sql.SQL("copy test_register.visit ({}) from stdin").format(columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in many(count):
            copy.write_row(row)


def package(folder: Path, *rows: Row, area: Area = AREA, schemas: Path | None = None) -> tuple[Path, Written]:
    """A package of these rows on disk, and what was written."""
    written = write_package(folder, area, rows, DELIVERY, schemas)
    return folder / DELIVERY.folder, written


def made_up_row(area: Area) -> Row:
    """A record of any area, with a value in every column."""
    values: dict[Kind, Any] = {
        Kind.TEXT: "Smørrebrød & Søn <ApS>",
        Kind.DATE: date(2016, 2, 29),
        Kind.MOMENT: datetime(2016, 2, 29, 23, 30, 0, 1, UTC),
        Kind.NUMBER: -7,
        Kind.YES_NO: False,
    }
    return tuple(values[column.kind] for column in area.columns)


def nothing_optional(area: Area, row: Sequence[Any]) -> Row:
    return tuple(None if column.nullable else value for column, value in zip(area.columns, row, strict=True))
