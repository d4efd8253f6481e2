"""Publishes a version of the classification for anyone (TIT-14), then announces it as reference data to every slice.

The same version again has the same ids, so it counts once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from infra.reference.publication import Title
from producers.classification import Published
from producers.sender import Sender
from schemas.codec import encode
from schemas.dates import copenhagen_day
from schemas.headers import headers
from schemas.ids import derived_id, slice_of
from schemas.release_dates import WAVE_1
from schemas.title_publication import TitlePublished
from schemas.titles import TitleTablePublished
from schemas.topic import SLICES
from schemas.topics import TITLE_PUBLISHED, TITLE_TABLE_PUBLISHED

WRITES = (TITLE_TABLE_PUBLISHED, TITLE_PUBLISHED)
SOURCE = "producers/title-table"


def announce(
    kafka: str, schema_ids: Mapping[str, int], published: Published, titles: Sequence[Title], occurred_at: datetime
) -> None:
    """Publishes all titles of the version, then announces it to every slice, which uses it from that record on.

    Raises `DeliveryError` when Kafka did not acknowledge all. `schema_ids` by topic name.
    """
    table = TitleTablePublished(
        occurred_at=occurred_at,
        version=published.version,
        outcomes=published.outcomes,
        fingerprint=published.fingerprint,
    )
    with Sender(kafka, "dfdg-titles") as sender:
        for event in as_events(published.version, titles, occurred_at):
            key = event.key.encode()
            id_ = derived_id(TITLE_PUBLISHED.name.encode(), event.version.encode(), b"%d" % event.place).hex()
            value = encode(event, schema_ids[TITLE_PUBLISHED.name])
            sender.send(TITLE_PUBLISHED.name, slice_of(key, SLICES), key, value, headers(id_, SOURCE, event))
        sender.finish()
        key, value = table.key.encode(), encode(table, schema_ids[TITLE_TABLE_PUBLISHED.name])
        for slice_ in range(SLICES):
            id_ = derived_id(TITLE_TABLE_PUBLISHED.name.encode(), key, b"%d" % slice_).hex()
            sender.send(TITLE_TABLE_PUBLISHED.name, slice_, key, value, headers(id_, SOURCE, table))
        sender.finish()


def as_events(version: str, titles: Sequence[Title], occurred_at: datetime) -> list[TitlePublished]:
    """The whole version, numbered from 1. A version corrected after wave 1 holds from the day of its publication."""
    from_day = max(WAVE_1, copenhagen_day(occurred_at))
    return [
        TitlePublished(
            occurred_at=occurred_at,
            title=title.code,
            version=version,
            place=place,
            titles=len(titles),
            scheme="esco-star" if title.scheme == "esco-star" else "discoams08",
            label=title.label,
            aliases=title.aliases,
            status=title.status,
            candidates=title.candidates,
            from_day=from_day,
        )
        for place, title in enumerate(titles, 1)
    ]
