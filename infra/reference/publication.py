"""A version of the classification as anyone may read it (TIT-14): every title, and the outcome of each old one."""

import csv
from typing import NamedTuple, TextIO

from psycopg import Connection

from schemas.title_publication import TitleStatus

_TITLES = """
with published as (
    select 'discoams08' as scheme, old_code as code, old_label as label, outcome as status,
        case when title is null then candidates else array[title] end as candidates
    from reference.title_outcome where version = %(version)s
    union all
    select 'esco-star', code, label, 'active', '{}' from reference.title where version = %(version)s
)
select scheme, code, label, status, candidates, array(
    select alias from reference.title_alias a
    where a.version = %(version)s and a.scheme = p.scheme and a.code = p.code order by alias collate "C")
from published p order by scheme, code collate "C"
"""
_IN_USE = "select version from reference.version_in_use"

HEADER = ("Klassifikation", "Kode", "Stillingsbetegnelse", "Aliasser", "Status", "Mulige valg", "Version")
SCHEMES = {"discoams08": "DiscoAMS08 (konstrueret)", "esco-star": "ESCO-STAR"}
STATUSES = {"active": "gyldig", "converted": "konverteret", "must-choose": "udgået, skal vælges", "retired": "udgået"}
FIRST = ("retired", "must-choose")
"""The statuses that a caseworker looks for: their titles stand first."""

BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8: without it æøå are shown wrong."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""The first characters of a cell that a spreadsheet would compute as a formula instead of showing it."""


class Title(NamedTuple):
    """One title. `candidates`: the codes of ESCO-STAR titles, including the one that it was converted to."""

    scheme: str
    code: str
    label: str
    status: TitleStatus
    candidates: list[str]
    aliases: list[str]


def version_in_use(connection: Connection) -> str | None:
    """The latest version; None before the first import."""
    row = connection.execute(_IN_USE).fetchone()
    return str(row[0]) if row else None


def titles_of(connection: Connection, version: str) -> list[Title]:
    """All titles of the version, always in the same order; empty for a version that does not exist."""
    return [Title(*row) for row in connection.execute(_TITLES, {"version": version}).fetchall()]


def write_csv(titles: list[Title], version: str, out: TextIO) -> None:
    """A table that Danish Excel opens by a double click; `out` is opened with newline=""."""
    labels = {title.code: title.label for title in titles}
    out.write(BYTE_ORDER_MARK)
    table = csv.writer(out, delimiter=";")
    table.writerow(HEADER)
    for title in sorted(titles, key=lambda title: title.status not in FIRST):
        candidates = ", ".join(f"{labels[code]} ({code})" for code in title.candidates)
        named = (SCHEMES[title.scheme], title.code, title.label, ", ".join(title.aliases))
        table.writerow(map(_harmless, (*named, STATUSES[title.status], candidates, version)))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
