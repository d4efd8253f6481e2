"""The demo's findings about job titles: the conversion to the last one (TIT-2, TIT-3, TIT-7, TIT-10); and their
searches, adverts and choices (TIT-5, TIT-6, TIT-8, TIT-15)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from infra.demo.section import Section, Table, Total, counted

if TYPE_CHECKING:
    from psycopg import Connection

    from consumers.title_register import Row


class Line(NamedTuple):
    """`query` counts it."""

    requirement: str
    what: str
    query: str


_NOTICES = "select count(*) from mailbox.notice where reason = any('{{{}}}')"
_SEARCHES = "search-without-results,job-agent-without-matches,cv-agent-without-matches"
_VITAS = "application-title-retired,title-retired-in-application,grant-title-retired,title-retired-in-grant"
_EVENTS = "select count(*) from journal.entry where type = '{}'"

LINES = (
    Line("TIT-5", "searches and agents that give results", "select count(*) from titles.search where gives_results"),
    Line("TIT-5", "that give none", "select count(*) from titles.search where not gives_results"),
    Line("TIT-5", "notices to their owners", _NOTICES.format(_SEARCHES)),
    Line("TIT-6", "employers contacted about adverts and job orders", _NOTICES.format("adverts-title-retired")),
    Line("TIT-6", "employers reminded", _NOTICES.format("adverts-expire-soon")),
    Line("TIT-6", "adverts expired", _EVENTS.format("advert-expired.v1")),
    Line("TIT-6", "adverts found by a search", "select count(*) from titles.advert where searchable"),
    Line("TIT-8", "titles asked for", _EVENTS.format("title-choice-requested.v1")),
    Line("TIT-8", "granted", _EVENTS.format("title-chosen.v1")),
    Line("TIT-8", "pairs that caseworkers see: none after wave 2", "select count(*) from titles.mismatch"),
    Line("TIT-15", "notices about VITAS", _NOTICES.format(_VITAS)),
)

# What must not be found when everything is applied and wave 2 is over; each query counts it.
MUST_NOT_BE = {
    "owners of a search without results were not told": f"""
        select count(*) from titles.search s where not gives_results and not exists (
            select from mailbox.notice n where n.recipient = s.holder and n.reason = any('{{{_SEARCHES}}}'))
    """,
    "employers with an expired advert were not contacted first": """
        select count(*) from titles.advert a where expired and not exists (
            select from mailbox.notice n where n.recipient = a.employer and n.reason = 'adverts-title-retired')
    """,
    "employers were contacted twice": """
        select count(*) from (
            select recipient from mailbox.notice where reason = 'adverts-title-retired' group by 1 having count(*) > 1
        ) twice
    """,
    "adverts on a retired title have neither been edited nor expired": """
        select count(*) from titles.advert where not searchable and not expired
    """,
    "pairs part after wave 2": "select count(*) from titles.mismatch",
}


def conversions(connection: "Connection", handed_in: Mapping[tuple[str, str], int]) -> Section:
    """TIT-7, TIT-10: each area to the last title, against `handed_in`: by area and scheme, before the wave."""
    from consumers.title_register import reconcile

    rows = reconcile(connection)
    cells, totals, faults = [], [], []
    for row in rows:
        before = handed_in[row.area, "discoams08"] + handed_in[row.area, "free-text"]
        parts = {
            "converted": row.converted, "to choose": row.must_choose, "retired": row.retired,
            "free text": row.free_text, "ESCO-STAR already": row.esco_star, "withdrawn": row.withdrawn,
        }  # fmt: skip
        totals.append(Total("titles", "handed in", before, parts, row.area))
        same = row.texts_hash_before == row.texts_hash_now
        hashes = f"{row.texts_hash_before[:8]} {'=' if same else '≠'} {row.texts_hash_now[:8]}"
        cells.append((row.wave, row.area, before, row.intake, *_outcomes(row), row.difference, hashes))
        if row.difference or before != row.intake or row.free_text != handed_in[row.area, "free-text"]:
            faults.append(f"Area {row.area} does not add up: {before} titles handed in, {row}.")
        if not same:
            faults.append(f"Free text in area {row.area} is not what it was before wave {row.wave}.")
    missing = {area for area, _ in handed_in} - {row.area for row in rows}
    faults += [f"Area {area} is not reconciled at all." for area in sorted(missing)]
    outcomes = ("converted", "of these alias dropped", "to choose", "retired", "free text")
    columns = ("wave", "area", "handed in", "in", *outcomes, "difference", "free text before, after")
    converted, retired = sum(row.converted for row in rows), sum(row.retired for row in rows)
    summary = f"{converted:,} titles converted, {retired:,} retired"
    ids = ("TIT-2", "TIT-3", "TIT-7", "TIT-10")
    table = Table("Job titles by area and outcome", columns, cells)
    return Section("Job titles", summary, ids, faults, [table], totals)


def _outcomes(row: "Row") -> tuple[int, ...]:
    return (row.converted, row.alias_dropped, row.must_choose, row.retired, row.free_text)


def titles(connection: "Connection") -> Section:
    """TIT-5, TIT-6, TIT-8, TIT-15: each count of `LINES`; a fault is one of `MUST_NOT_BE`, or a count of nothing."""
    counts = {line: _count(connection, line.query) for line in LINES}
    faults = [f"{found} {what}." for what, query in MUST_NOT_BE.items() if (found := _count(connection, query))]
    silent = [line for line, found in counts.items() if not found and "none" not in line.what]
    faults += [f"{line.requirement}: no {line.what} at all." for line in silent]
    rows = [(line.requirement, line.what, found) for line, found in counts.items()]
    asked, answered = (
        _count(connection, _EVENTS.format(f"title-choice-{what}.v1")) for what in ("requested", "answered")
    )
    (expired,) = (found for line, found in counts.items() if line.what == "adverts expired")
    return counted(
        "Searches, adverts",
        f"{expired:,} adverts expired, {asked:,} titles chosen",
        rows,
        faults,
        [Total("requests", "asked", asked, {"answered": answered}, "title-choice")],
    )


def _count(connection: "Connection", query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
