"""Announces a version of the title table to every slice; the same version again has the same ids, so it counts once."""

from datetime import datetime

from producers.classification import Published
from producers.sender import Sender
from schemas.codec import encode
from schemas.headers import headers
from schemas.ids import derived_id
from schemas.titles import TitleTablePublished
from schemas.topic import SLICES
from schemas.topics import TITLE_TABLE_PUBLISHED

WRITES = (TITLE_TABLE_PUBLISHED,)
SOURCE = "producers/title-table"


def announce(kafka: str, schema_id: int, published: Published, occurred_at: datetime) -> None:
    """Every slice uses that version from this record on. Raises `DeliveryError` when Kafka did not take all."""
    event = TitleTablePublished(
        occurred_at=occurred_at,
        version=published.version,
        outcomes=published.outcomes,
        fingerprint=published.fingerprint,
    )
    value = encode(event, schema_id)
    with Sender(kafka, "dfdg-titles") as sender:
        for slice_ in range(SLICES):
            id_ = derived_id(TITLE_TABLE_PUBLISHED.name.encode(), event.key.encode(), b"%d" % slice_).hex()
            sender.send(TITLE_TABLE_PUBLISHED.name, slice_, event.key.encode(), value, headers(id_, SOURCE, event))
        sender.finish()
