"""A decision inside the transaction of a batch: read states, let each subject's life go on, write states back."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Generic

from psycopg import Connection

from infra.ledger import Cursor
from infra.postgres import dates, jsons, texts, uuids
from infra.record import Arrival
from schemas.event import Caused
from schemas.topics import DAY_BEGUN
from streams.decision import NO_CAUSE, Decision, Life, S

WAKES = 1_000
"""Subjects woken in one transaction: a day that wakes all of them is worked off in bounded pieces."""

_READ = """
select subject, body::text, uuid_send(cause) from ledger.state where decision = %s and subject = any(%b::text[])
"""
_DUE = """
select subject, body::text, uuid_send(cause) from ledger.state
where decision = %s and slice = %s and wakes_on <= %s and subject <> all(%b::text[]) order by wakes_on, subject limit %s
"""
_WRITE = """
insert into ledger.state (decision, slice, subject, body, wakes_on, cause)
select %s, %s, * from unnest(%b::text[], %b::jsonb[], %b::date[], %b::uuid[])
on conflict (decision, subject) do update
set body = excluded.body, wakes_on = excluded.wakes_on, cause = excluded.cause
"""
_ERASE = "delete from ledger.state where decision = %s and subject = any(%b::text[])"
_REWAKE = """
update ledger.state set wakes_on = %(day)s, body = jsonb_set(body, '{wakes_on}', to_jsonb(%(day)s::text))
where decision = %(decision)s and slice = %(slice)s and (wakes_on is null or wakes_on > %(day)s)
"""


class Processor(Generic[S]):
    """Carries one decision through the ledger; the same for every decision."""

    def __init__(self, decision: Decision[S]) -> None:
        self.name, self.reads, self.writes = decision.name, decision.reads, decision.writes
        self._decision = decision
        self._references: dict[str, Any] = {}

    def apply(self, connection: Connection, cursor: Cursor, arrivals: Sequence[Arrival]) -> list[Caused]:
        decided: list[Caused] = []
        facts: list[Arrival] = []
        for arrival in arrivals:
            if self._decision.reference is not None and arrival.topic is self._decision.reference.topic:
                decided += self._facts(connection, cursor, facts)
                facts = []
                self._switch(connection, cursor, arrival.event.key)
            elif arrival.topic is not DAY_BEGUN:
                facts.append(arrival)
        return decided + self._facts(connection, cursor, facts)

    def step(self, connection: Connection, cursor: Cursor) -> list[Caused] | None:
        """Wake the next due subjects for each day that they waited for, in order; who is parked sleeps on."""
        if cursor.day is None or self._decision.wake is None:
            return None
        known = (self.name, cursor.slice, cursor.day, texts(cursor.parked), WAKES)
        due = connection.execute(_DUE, known, binary=True).fetchall()
        if not due:
            return None
        lives = {subject: self._life(connection, cursor, body, cause) for subject, body, cause in due}
        decided = [caused for life in lives.values() for caused in life.catch_up(cursor.day)]
        self._write(connection, cursor, lives)
        return decided

    def _facts(self, connection: Connection, cursor: Cursor, facts: Sequence[Arrival]) -> list[Caused]:
        if not facts:
            return []
        subjects = {fact.event.key for fact in facts}
        found = connection.execute(_READ, (self.name, texts(subjects)), binary=True).fetchall()
        lives = {subject: self._life(connection, cursor, body, cause) for subject, body, cause in found}
        decided: list[Caused] = []
        for fact in facts:
            if (life := lives.get(fact.event.key)) is None:
                life = lives[fact.event.key] = self._life(connection, cursor, None, NO_CAUSE)
            decided += life.happen(fact.event, fact.id, cursor.day)
        self._write(connection, cursor, {subject: life for subject, life in lives.items() if life.changed})
        return decided

    def _life(self, connection: Connection, cursor: Cursor, body: str | None, cause: bytes) -> Life[S]:
        state = None if body is None else self._decision.state.model_validate_json(body)
        return Life(self._decision, state, cause, self._reference(connection, cursor))

    def _write(self, connection: Connection, cursor: Cursor, lives: dict[str, Life[S]]) -> None:
        kept = {subject: life.state for subject, life in lives.items() if life.state is not None}
        if kept:
            bodies = [state.model_dump_json(exclude_defaults=True).encode() for state in kept.values()]
            wakes: list[date | None] = [state.wakes_on for state in kept.values()]
            causes = [lives[subject].cause for subject in kept]
            rows = (texts(kept), jsons(bodies), dates(wakes), uuids(causes))
            connection.execute(_WRITE, (self.name, cursor.slice, *rows))
        if len(kept) < len(lives):
            connection.execute(_ERASE, (self.name, texts(lives.keys() - kept.keys())))

    def _switch(self, connection: Connection, cursor: Cursor, version: str) -> None:
        """Use that version of the reference data from here on, and let every subject look at it."""
        cursor.reference = version
        if cursor.day is not None:
            parameters = {"day": cursor.day, "decision": self.name, "slice": cursor.slice}
            connection.execute(_REWAKE, parameters)

    def _reference(self, connection: Connection, cursor: Cursor) -> Any:
        """The slice's version of the reference data; versions never change, so what is loaded is kept."""
        if self._decision.reference is None or cursor.reference is None:
            return None
        if cursor.reference not in self._references:
            loaded = self._decision.reference.load(connection, cursor.reference)
            self._references = {cursor.reference: loaded}
        return self._references[cursor.reference]
