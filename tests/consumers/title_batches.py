"""Titles on their way to consumers: arrivals of one slice, days and announcements among them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from infra.engine.record import IncomingEvent
from infra.reference.tables import Old, Title, store_table
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.event import Event
from schemas.ids import derived_id, slice_of
from schemas.title_table import TitleTable
from schemas.titles import TitleTablePublished
from schemas.topic import SLICES
from schemas.topics import TOPICS
from tests.builders import CITIZEN, moment

TOPIC_OF = {topic.event: topic for topic in TOPICS}
SLICE = slice_of(CITIZEN.encode(), SLICES)


def incoming(event: Event, name: str = "", cause: bytes | None = None) -> IncomingEvent:
    """The event with an id that follows from its content and `name`; a broadcast arrives in the citizen's slice."""
    id_ = derived_id(event.SCHEMA.encode(), event.model_dump_json().encode(), name.encode())
    return IncomingEvent(TOPIC_OF[type(event)], 0, id_, event, cause, SLICE)


def incoming_events(*events: Event) -> list[IncomingEvent]:
    return [incoming(event) for event in events]


def begun(day: str | date) -> DayBegun:
    first = date.fromisoformat(str(day))
    return DayBegun(occurred_at=midnight(first), day_begun=first, ends={})


def announced(at: str, version: str) -> TitleTablePublished:
    return TitleTablePublished(occurred_at=moment(at), version=version, outcomes=1, fingerprint="00")


def store(connection: Connection, table: TitleTable) -> None:
    """The table as a version in `reference`, as an import leaves it."""
    titles = [Title(code, f"http://example.test/{code}", label, code[:4]) for code, label in table.labels.items()]
    olds = [Old(code, f"http://example.test/{code}", found, True) for code, found in table.outcomes.items()]
    with connection.transaction():
        store_table(connection, titles, olds, table.version)


def rows(connection: Connection, query: str, *parameters: Any) -> Sequence[tuple[Any, ...]]:
    return connection.execute(query, parameters).fetchall()
