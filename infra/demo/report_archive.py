"""The demo's findings about the deliveries to the National Archives (RET-6)."""

from typing import TYPE_CHECKING

from infra.demo.section import Section, Total, counted

if TYPE_CHECKING:
    from psycopg import Connection

_AREAS = """
select p.area, count(*), sum(p.records), count(p.reference), coalesce(sum(p.records) filter (where reference <> ''), 0),
    count(p.rejection)
from archive.delivery as p group by 1 order by 1
"""
_LISTED = """
select p.delivery, p.records, count(d.record)
from archive.delivery as p left join archive.delivered as d using (delivery)
group by 1, 2 order by 1
"""


def archive(connection: "Connection") -> Section:
    """By area: deliveries, their records, and how many have their receipt. Every record delivered must be listed."""
    rows = connection.execute(_AREAS).fetchall()
    what = ("deliveries", "records delivered", "deliveries approved", "records with a receipt", "deliveries sent back")
    counts = [
        ("RET-6", f"{area}: {name}", int(count)) for area, *its in rows for name, count in zip(what, its, strict=True)
    ]
    faults = [] if rows else ["Nothing was delivered to the National Archives."]
    records, approved = (sum(int(row[n]) for row in rows) for n in (2, 4))
    totals = [
        Total("archived", "records delivered", whole, {"listed one by one": listed}, name)
        for name, whole, listed in connection.execute(_LISTED).fetchall()
    ]
    summary = f"{approved:,} of {records:,} delivered records approved"
    return counted("National Archives", summary, counts, faults, totals)
