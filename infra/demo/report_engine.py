"""The demo's findings about the engine: lag, dead letters; and places that hold canaries."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from infra.demo.section import Section, Table

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.demo.canaries import Canaries
    from infra.demo.places import Search
    from schemas.topic import Topic

_DEAD = "select reason, count(*) from dead_letter.letter group by 1"


def lag(connection: "Connection", kafka: str, reads: "Mapping[str, Sequence[Topic]]") -> Section:
    """OPS-2: every topic of every consumer, which must be at zero; no alarm, and no dead letter."""
    from infra.lag import standing
    from producers.clock import wall_clock

    stand = standing(connection, kafka, reads, wall_clock())
    rows = [
        (each.consumer, each.topic, stand.records[each.topic], "unknown" if each.records is None else each.records)
        for each in stand.lags
    ]
    faults = [f"{consumer} is behind on {topic}: {behind}." for consumer, topic, _, behind in rows if behind != 0]
    faults += [f"Alarm of {alarm.consumer}/{alarm.slice}: {alarm.text}" for alarm in stand.alarms]
    dead = connection.execute(_DEAD).fetchall()
    faults += [f"{count} dead letters: {reason}" for reason, count in dead]
    behind = sum(each.records or 0 for each in stand.lags)
    letters = sum(count for _, count in dead)
    summary = f"{sum(stand.records.values()):,} records, lag {behind:,}, {letters:,} dead letters"
    table = Table("Lag by consumer and topic", ("consumer", "topic", "records in the log", "lag in records"), rows)
    return Section("Engine", summary, ["OPS-2"], faults, [table])


def canaries(found: "Search", sought: "Canaries") -> Section:
    """Invariants 4 and 5, TIT-9, AD-2: nothing that must not be there stands in any place."""
    originals = sum(map(len, sought.originals.values()))
    rows = (
        ("sought: CPR numbers", len(sought.cprs)),
        ("sought: replaced titles with their holders (TIT-9)", originals),
        ("sought: numbers of anonymous adverts (AD-2)", len(sought.adverts)),
        ("records looked at", found.records),
        ("rows looked at", found.rows),
        ("log files and reports looked at", found.files),
        ("commands whose output was looked at", found.screens),
        ("places where any was found", len(found.found)),
    )
    summary = f"{len(sought.cprs):,} CPR numbers found in {len(found.found)} places"
    faults = [
        f"A CPR number, title or company number that may not be there stands in {place}." for place in found.found
    ]
    return Section("Secrecy", summary, ["TIT-9", "AD-2"], faults, [Table("Search", ("what", "count"), rows)])
