"""The snapshot for a system that starts: every citizen's CV status, and where on the topic to read on (CV-5)."""

import json
from typing import Any, TextIO

from psycopg import Connection

from consumers.cv_status import sink
from infra.engine.deduplication import JOINED_LATE, last_sequence
from infra.errors import AlarmError
from schemas.topic import SLICES
from schemas.topics import CV_REQUIREMENT_CHANGED

ROWS_AT_ONCE = 10_000
"""Rows in memory: some megabytes, few round trips."""

# Set before the first query; times are written in UTC whatever the server's zone is.
_BEGIN = "set transaction isolation level repeatable read, read only; set local time zone 'UTC'"
_STANDS = "select slice, positions, received from ledger.slice where consumer = %s order by slice"
_CITIZENS = "select count(*) from cv.status"
_ROWS = """
select row_to_json(status)::text from (
    select citizen, must_register, must_be_searchable, exempt_from_registering, exempt_from_being_searchable,
        jobcentre, fund, from_day, changed_at, rule from cv.status
) status
"""


def snapshot(connection: Connection, out: TextIO) -> int:
    """Writes JSON lines, all as of one moment, and returns the number of citizens. No transaction may be open.

    First line: how many citizens follow, and of each of the topic's partitions the `next_offset` to read, inclusive,
    and the last `ce_sequence` per `ce_source` that the snapshot holds: a record that is not above it is a repetition,
    to be skipped as always. Then one line a citizen. Raises `AlarmError` until `cv-status` has run.
    """
    with connection.transaction():
        connection.execute(_BEGIN)
        stands = connection.execute(_STANDS, (sink.name,)).fetchall()
        if len(stands) != SLICES:
            raise AlarmError(
                f"The ledger has {len(stands)} of {SLICES} slices of {sink.name}: start it once, then again."
            )
        (citizens,) = connection.execute(_CITIZENS).fetchone() or (0,)
        topic = CV_REQUIREMENT_CHANGED.name
        partitions = [_partition(slice_, positions, received, topic) for slice_, positions, received in stands]
        print(json.dumps({"topic": topic, "citizens": citizens, "partitions": partitions}), file=out)
        with connection.cursor(name="cv_snapshot") as rows:
            rows.itersize = ROWS_AT_ONCE
            out.writelines(f"{row}\n" for (row,) in rows.execute(_ROWS))
    return int(citizens)


def _partition(slice_: int, positions: dict[str, int], received: dict[str, Any], topic: str) -> dict[str, Any]:
    sequences = {
        source: last_sequence(mark) for source, mark in received.get(topic, {}).items() if source != JOINED_LATE
    }
    return {"partition": slice_, "next_offset": positions.get(topic, 0), "sequences": sequences}
