"""The pictures of the demo's report: notices over the calendar, titles by area, deletions by area over time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from string import ascii_uppercase
from typing import TYPE_CHECKING

from infra.demo.charts import Mark, Series, Strip, needles, shares
from infra.demo.section import Figure, Step, Table

if TYPE_CHECKING:
    from psycopg import Connection

_NOTICES = "select recipient_kind, day, count(*) from mailbox.notice group by 1, 2 order by 1, 2"
_DELETED = "select area, deleted_on, count(*) from retention.receipt group by 1, 2 order by 1, 2"
_BLOCKED = "select area, day, sum(records)::bigint from retention.blocked group by 1, 2 order by 1, 2"

OUTCOMES = ("converted", "to choose", "retired", "free text")
CSS = ("converted", "choose", "retired", "free")
KINDS = {"fact": "facts", "decision": "decisions", "notice": "notices"}

ByDay = Mapping[str, Mapping[date, int]]


def pictures(connection: "Connection") -> list[Figure]:
    """All but the citizen's life, which is made of its steps."""
    from schemas.release_dates import CALENDAR

    told = _by_day(connection, _NOTICES)
    deleted, blocked = _by_day(connection, _DELETED), _by_day(connection, _BLOCKED)
    areas = sorted({*deleted, *blocked})
    return [
        _figure(
            "Notices per day and recipient",
            "How many notices each kind of recipient got on each day. A line of the scale is ten times the one below."
            " Letters mark the release's dates.",
            [Strip(kind, [Series("notices", "dot", days)]) for kind, days in told.items()],
            {letter: f"{row.day}: {row.what}" for letter, row in zip(ascii_uppercase, CALENDAR, strict=False)},
        ),
        _titles(connection),
        _figure(
            "Records deleted and blocked, per area over time",
            "How many records of each area were deleted on each day, and how many were found past their deadline and"
            " blocked. Letters mark the release's dates, as above.",
            [
                Strip(
                    area,
                    [
                        Series("deleted", "dot", deleted.get(area, {})),
                        Series("found blocked", "diamond", blocked.get(area, {})),
                    ],
                )
                for area in areas
            ],
            {
                "dot": "deleted, each with a receipt",
                "diamond": "found blocked, for want of the National Archives' receipt or by a legal hold",
            },
        ),
    ]


def life(steps: Sequence[Step]) -> Figure:
    """One citizen's steps over the calendar."""
    from schemas.dates import copenhagen_day

    found: dict[str, dict[date, int]] = {kind: defaultdict(int) for kind in KINDS}
    for step in steps:
        found[step.kind][copenhagen_day(step.at)] += 1
    strips = [Strip(word, [Series(word, "dot", found[kind])]) for kind, word in KINDS.items()]
    description = (
        "How many facts came in about the citizen on each day, and how many decisions and notices followed."
        " Letters mark the release's dates, as above."
    )
    return _figure("One citizen's life over the calendar", description, strips, {})


def _titles(connection: "Connection") -> Figure:
    from consumers.title_register import reconcile

    rows = [row for row in reconcile(connection) if row.intake]
    bars = [
        (row.area, dict(zip(OUTCOMES, (row.converted, row.must_choose, row.retired, row.free_text), strict=True)))
        for row in rows
    ]
    title = "Job titles converted, to choose and retired, per area"
    description = "Each bar is all the titles of one area when its wave came, divided by their outcome."
    twin = Table(title, ("area", *OUTCOMES), [(area, *counts.values()) for area, counts in bars])
    return Figure(
        title, description, shares(title, description, bars, CSS), twin, dict(zip(CSS, OUTCOMES, strict=True))
    )


def _figure(title: str, description: str, strips: Sequence[Strip], legend: Mapping[str, str]) -> Figure:
    from schemas.release_dates import CALENDAR

    marks = [Mark(letter, row.day) for letter, row in zip(ascii_uppercase, CALENDAR, strict=False)]
    rows = [
        (day, strip.label, series.name, count)
        for strip in strips
        for series in strip.series
        for day, count in series.days.items()
    ]
    twin = Table(title, ("day", "row", "what", "count"), sorted(rows))
    return Figure(title, description, needles(title, description, strips, marks), twin, legend)


def _by_day(connection: "Connection", query: str) -> ByDay:
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for name, day, count in connection.execute(query.encode()).fetchall():
        found[name][day] = count
    return found
