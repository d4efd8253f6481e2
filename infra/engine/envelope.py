"""What a record says of itself, apart from its value: its key, its id, what led to it, and who sent it."""

from typing import NamedTuple, cast

from confluent_kafka import Message

from infra.engine.record import raw_headers
from schemas.codec import UnreadableError
from schemas.headers import Headers, parse
from schemas.ids import OUR_PRODUCERS, derived_id, id_of, slice_of, spelt_id
from schemas.topic import SLICES, Topic, Writer


class Envelope(NamedTuple):
    """A record with its id and its cause; or without an id, and the fault of its envelope. `former`: the id of a
    foreign record for releases that took 32 digits without their source."""

    topic: Topic
    record: Message
    headers: Headers
    id: bytes | None = None
    former: bytes | None = None
    cause: bytes | None = None
    fault: str = ""

    @property
    def offset(self) -> int:
        return cast(int, self.record.offset())

    @property
    def remembered(self) -> bool:
        """True when the inbox must tell whether the record is a repetition."""
        return self.id is not None and self.topic.writer is Writer.ANYONE


def envelope(topic: Topic, record: Message, slice_: int, *, bare: bool = False) -> Envelope:
    """Raises `UnreadableError` when the headers are not an envelope, or the key does not belong to the slice. `bare`:
    the id is that of former releases."""
    headers = parse(raw_headers(record))
    _check_key(topic, record, slice_)
    ours = topic.writer is Writer.LEDGER
    id_ = id_of(headers["ce_id"], headers["ce_source"], ours=ours or bare)
    foreign = not (ours or bare or headers["ce_source"].startswith(OUR_PRODUCERS))
    former = spelt_id(headers["ce_id"]) if foreign else None
    cause = id_of(cause, "") if (cause := headers.get("ce_causationid")) else None
    return Envelope(topic, record, headers, id_, former, cause)


def _check_key(topic: Topic, record: Message, slice_: int) -> None:
    key = record.key()
    if key is None:
        raise UnreadableError("the record has no key")
    if not topic.broadcast and slice_of(key, SLICES) != slice_:
        raise UnreadableError("the record's key belongs to another partition: use partitioner=murmur2_random")


def mark_of(record: Message) -> str:
    """What a record is known by when its topic's log is looked at again: a hash of its bytes and of its id."""
    try:
        about = dict(raw_headers(record))
    except UnreadableError:
        about = {}
    told = record.key(), record.value(), about.get("ce_source"), about.get("ce_id")
    return derived_id(*(part or b"" for part in told)).hex()
