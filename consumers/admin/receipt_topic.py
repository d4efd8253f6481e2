"""The receipts on the topic of deletions, which a restored database may lack (RET-8)."""

from collections.abc import Iterator
from contextlib import closing

from confluent_kafka import Consumer

from infra.engine.consumer import Schemas
from infra.errors import AlarmError
from infra.kafka import watermarks
from infra.tail import SETTINGS, watch
from schemas.receipts import Receipt
from schemas.retention import RecordDeleted
from schemas.topic import SLICES
from schemas.topics import RECORD_DELETED


def receipts_on_topic(kafka: str, schemas: Schemas) -> Iterator[Receipt]:
    """Every receipt on the topic up to its end, each once; those of a slice in order.

    Raises `AlarmError` at one that cannot be read, for then a deletion would be missed.
    """
    left = _ends(kafka)
    last: dict[int, int] = {}
    if not left:
        return
    for sighting in watch(kafka, schemas, RECORD_DELETED, from_beginning=True):
        if sighting is None:
            continue
        if not isinstance(sighting.event, RecordDeleted):
            raise AlarmError(f"Record {sighting.partition}/{sighting.offset} of {RECORD_DELETED}: {sighting.fault}.")
        receipt = _receipt(sighting.partition, sighting.event)
        if receipt.number > last.get(receipt.slice, 0):  # a record may be repeated, also late
            last[receipt.slice] = receipt.number
            yield receipt
        if sighting.offset + 1 >= left.get(sighting.partition, 0):
            left.pop(sighting.partition, None)
            if not left:
                return


def _ends(kafka: str) -> dict[int, int]:
    """The end offset of each partition that has records."""
    with closing(Consumer({"bootstrap.servers": kafka, **SETTINGS})) as asking:
        marks = {n: watermarks(asking, RECORD_DELETED.name, n) for n in range(SLICES)}
    return {n: high for n, (low, high) in marks.items() if low < high}


def _receipt(slice_: int, event: RecordDeleted) -> Receipt:
    known = (event.area, event.record, event.rule, event.due, event.deleted_on, event.reference)
    return Receipt(slice_, event.number, *known, event.previous, event.hash)
