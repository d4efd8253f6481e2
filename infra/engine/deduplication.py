"""Which records were applied before. A topic that only our ledger writes has dense sequences; others need the inbox."""

from typing import Any

from infra.engine.envelope import Envelope
from infra.engine.ledger import Cursor
from infra.errors import RecordAlarmError
from schemas.headers import sequence_of

JOINED_LATE = "*"
"""A mark in `received`: retention had deleted the beginning of the topic's log when this slice joined it, so the first
record of each source is taken, whatever its sequence, up to the number of records that can lie before it."""


def next_in_sequence(cursor: Cursor, record: Envelope) -> bool:
    """True for the next sequence of the record's source, which then counts as received; false for one that was received
    before. Raises `RecordAlarmError` at a gap: an event between the two is missing. So too for the last sequence with
    another id: one of the two records is forged."""
    topic, source, sequence = record.topic, record.headers["ce_source"], sequence_of(record.headers)
    marks, last = cursor.received.setdefault(topic.name, {}), [sequence, (record.id or b"").hex()]
    plausible = JOINED_LATE in marks and sequence <= record.offset + 1
    mark = last_sequence(marks.get(source, sequence - 1 if plausible else 0))
    if sequence == mark and marks[source] not in (mark, last):
        raise RecordAlarmError(
            f"{cursor.source}: two records of {topic.name} are sequence {sequence} of {source}, with different ids; the"
            f" second one is at offset {record.offset}. One is forged, and perhaps applied: `dfdg watch` shows both."
        )
    if sequence <= mark:
        return False
    if sequence > mark + 1:
        raise RecordAlarmError(
            f"{cursor.source}: {source} on {topic.name} jumps from {mark} to {sequence}: events between them are"
            " missing from the topic. Find them in the source's batch log and publish them again; do not skip."
        )
    marks[source] = last
    return True


def last_sequence(mark: Any) -> int:
    """The sequence in a mark of `received`: a number and an id, or the number alone, as earlier releases wrote it."""
    return int(mark[0] if isinstance(mark, list) else mark)
