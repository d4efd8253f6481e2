"""What became of searches, adverts and choices of job titles, and whether it adds up (TIT-5, TIT-6, TIT-8, TIT-15)."""

from typing import TYPE_CHECKING, NamedTuple

from rich.table import Table

from infra.console import console

if TYPE_CHECKING:
    from psycopg import Connection


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
    "choices have no answer": f"""
        select ({_EVENTS.format("title-choice-requested.v1")}) - ({_EVENTS.format("title-choice-answered.v1")})
    """,
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


def titles(connection: "Connection") -> list[str]:
    """Prints one table; returns what does not add up."""
    table = Table(title="Job titles: searches, adverts, choices", title_justify="left", title_style="bold")
    for column in ("requirement", "what", "count"):
        table.add_column(column, overflow="fold")
    counts = {line: _count(connection, line.query) for line in LINES}
    for line, found in counts.items():
        table.add_row(line.requirement, line.what, f"{found:,}")
    console.print(table)
    faults = [f"{found} {what}." for what, query in MUST_NOT_BE.items() if (found := _count(connection, query))]
    silent = [line for line, found in counts.items() if not found and "none" not in line.what]
    return faults + [f"{line.requirement}: no {line.what} at all." for line in silent]


def _count(connection: "Connection", query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
