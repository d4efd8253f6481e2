"""The receipts on the topic of deletions, which a restored database may lack (RET-8)."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

from confluent_kafka import Consumer

from infra.engine.consumer import Schemas
from infra.kafka import watermarks
from infra.tail import SETTINGS, watch
from schemas.receipts import Receipt
from schemas.retention import RecordDeleted
from schemas.topic import SLICES
from schemas.topics import RECORD_DELETED


def receipts_on_topic(kafka: str, schemas: Schemas, begins: dict[int, int], doubts: list[str]) -> Iterator[Receipt]:
    """Every receipt on the topic up to its end, each once; those of a slice in order.

    `begins` gets, by slice, the number from which on the topic has all: that of its first receipt; 1 where nothing was
    ever written. `doubts` gets what may hide a deletion: records that cannot be read, or of a number that is there
    already and say otherwise.
    """
    marks = _marks(kafka)
    begins |= {slice_: 1 for slice_, (_, high) in marks.items() if high == 0}
    left = {slice_: high for slice_, (low, high) in marks.items() if low < high}
    hashes: dict[int, array[int]] = defaultdict(lambda: array("Q"))
    if not left:
        return
    for sighting in watch(kafka, schemas, RECORD_DELETED, from_beginning=True):
        if sighting is None:
            continue
        place = f"Record {sighting.partition}/{sighting.offset} of {RECORD_DELETED}"
        if not isinstance(sighting.event, RecordDeleted):
            doubts.append(f"{place}: {sighting.fault}.")
        elif sighting.partition in left:
            receipt = _receipt(sighting.partition, sighting.event)
            known, first = hashes[receipt.slice], begins.setdefault(receipt.slice, receipt.number)
            if receipt.number >= first + len(known):  # else it is repeated, perhaps late
                known.append(_mark(receipt))
                yield receipt
            elif receipt.number >= first and known[receipt.number - first] != _mark(receipt):
                doubts.append(f"{place} is another receipt {receipt.number} of slice {receipt.slice}.")
        if sighting.offset + 1 >= left.get(sighting.partition, 0):
            left.pop(sighting.partition, None)
            if not left:
                return


def _marks(kafka: str) -> dict[int, tuple[int, int]]:
    """The first offset and the end of each partition."""
    with closing(Consumer({"bootstrap.servers": kafka, **SETTINGS})) as asking:
        return {n: watermarks(asking, RECORD_DELETED.name, n) for n in range(SLICES)}


def _mark(receipt: Receipt) -> int:
    """Eight bytes of its own hash, computed: few enough to remember all."""
    return int(receipt.sealed().hash[:16], 16)


def _receipt(slice_: int, event: RecordDeleted) -> Receipt:
    known = (event.area, event.record, event.rule, event.due, event.deleted_on, event.reference)
    return Receipt(slice_, event.number, *known, event.previous, event.hash)
