"""The interface of a consumer, what it needs from outside, and its registration in the ledger."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.addresses import Addresses
from infra.engine.deduplication import JOINED_LATE
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.errors import AlarmError
from schemas.event import Event, ProducedEvent
from schemas.topic import SLICES, Topic


class Schemas(Protocol):
    """Finds the schema that a record was written with; raises `UnreadableError` if there is certainly none."""

    def writer_schema(self, schema_id: int, topic: Topic) -> Any: ...


Sources = Mapping[str, Collection[str]]
"""By topic that only our ledger writes: the `ce_source` of every slice that may write there. All others are refused."""


class Handler(Protocol):
    """What a consumer does inside a batch's transaction. Its only effects are rows and the events that it returns."""

    @property
    def sweeps(self) -> bool:
        """Its steps delete rows that other consumers write meanwhile: which of its steps finds a row is chance."""

    def apply(
        self, connection: Connection, cursor: Cursor, incoming_events: Sequence[IncomingEvent]
    ) -> Sequence[ProducedEvent]: ...

    def step(self, connection: Connection, cursor: Cursor) -> Sequence[ProducedEvent] | None:
        """Does one bounded piece of the work that the slice's day has brought; None when there is none left."""


class LedgerConsumer(Handler, Protocol):
    """A decision's processor, or a sink: the topics that it reads and writes, and what it does in a transaction."""

    @property
    def name(self) -> str: ...
    @property
    def reads(self) -> Sequence[Topic]: ...
    @property
    def writes(self) -> Sequence[Topic]: ...


class Wiring(NamedTuple):
    """What consumers need from outside: the servers, the ids of our schemas by topic, who writes what, and one rule.

    `refused`: why an event that was set aside must never be applied, None if it may be.
    """

    addresses: Addresses
    schemas: Schemas
    schema_ids: dict[str, int]
    refused: Callable[[Connection, Event], str | None]
    sources: Sources


FORMAT = 2
"""The form of what this program writes into states. Raised by one whenever a state gains, loses or changes a field: an
older program would stop at it. `tests/contract/test_states.py` notices, and has every form that there ever was."""

_REGISTER = """
insert into ledger.consumer (consumer, slices, topic_ids, needs) values (%(name)s, %(slices)s, %(ids)s, %(format)s)
on conflict (consumer) do update set topic_ids = excluded.topic_ids || ledger.consumer.topic_ids,
    needs = greatest(ledger.consumer.needs, excluded.needs)
returning slices, topic_ids, needs
"""


_SLICES = """
insert into ledger.slice (consumer, slice)
select %(name)s, slice from generate_series(0, %(slices)s - 1) slice
where not exists (select from ledger.slice there where there.consumer = %(name)s and there.slice = slice.slice)
on conflict do nothing -- by another at the same moment; of one that is there, it would wait for who is at work on it
"""


def register(connection: Connection, name: str, ids: dict[str, str]) -> None:
    """Registers the consumer and its slices. Raises `AlarmError` for another number of slices, a topic with another id
    than before, or states of a form that only a newer program reads."""
    parameters = {"name": name, "slices": SLICES, "ids": Jsonb(ids), "format": FORMAT}
    row = connection.execute(_REGISTER, parameters).fetchone()
    assert row is not None, "an upsert returns its row"
    slices, known, needs = row
    if needs > FORMAT:
        raise AlarmError(
            f"{name} was run by a newer program: its states have form {needs}, and this one reads up to {FORMAT}. Run"
            " the newer one; the way back is a backup of before the upgrade (docs/operations.md, Upgrade)."
        )
    if slices != SLICES:
        raise AlarmError(f"{name} has {slices} slices in the ledger; {SLICES} now: growth is a new topic version")
    check_same(name, known, ids)
    connection.execute(_SLICES, parameters)


def check_same(name: str, known: Mapping[str, str], ids: Mapping[str, str]) -> None:
    """Raises `AlarmError` for a topic with another id than before."""
    if strangers := [topic for topic, id_ in ids.items() if known[topic] != id_]:
        raise AlarmError(
            f"{name}: {', '.join(strangers)} has another id than before: it was deleted and made anew, so the ledger's"
            " positions mean nothing there. Restore the topic, or clear the consumer's positions to replay it."
        )


def join(cursor: Cursor, lows: Mapping[str, int]) -> None:
    """The slice reads these topics for the first time: from the beginning of their logs (`lows`)."""
    for topic, low in lows.items():
        cursor.positions[topic] = low
        cursor.marks.pop(topic, None)
        cursor.runs.append([topic, low, low])
        if low > 0:
            cursor.received.setdefault(topic, {})[JOINED_LATE] = 0
