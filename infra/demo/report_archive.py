"""What the demo prints of the deliveries to the National Archives (RET-6)."""

from typing import TYPE_CHECKING

from infra.console import show_table

if TYPE_CHECKING:
    from psycopg import Connection

_AREAS = """
select p.area, count(*), sum(p.records), count(p.reference), coalesce(sum(p.records) filter (where reference <> ''), 0),
    count(p.rejection)
from archive.delivery as p group by 1 order by 1
"""
_WRONG = """
select p.delivery, p.records, count(d.record)
from archive.delivery as p left join archive.delivered as d using (delivery)
group by 1, 2 having p.records <> count(d.record) order by 1
"""


def archive(connection: "Connection") -> list[str]:
    """By area: deliveries, their records, and how many have their receipt. Every record delivered must be listed."""
    rows = connection.execute(_AREAS).fetchall()
    what = ("deliveries", "records delivered", "deliveries approved", "records with a receipt", "deliveries sent back")
    cells = [("RET-6", area, name, count) for area, *counts in rows for name, count in zip(what, counts, strict=True)]
    show_table(("requirement", "area", "what", "count"), cells, title="National Archives")
    faults = [] if rows else ["Nothing was delivered to the National Archives."]
    wrong = connection.execute(_WRONG).fetchall()
    return faults + [f"{name} holds {records} records, and {found} are listed." for name, records, found in wrong]
