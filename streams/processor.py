"""A decision inside the transaction of a batch: read states, apply events and wakes, write states back."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Generic

from psycopg import Connection

from infra.arrays import dates, jsons, texts, uuids
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from schemas.event import ProducedEvent
from schemas.topics import DAY_BEGUN
from streams.decision import NO_CAUSE, Decision, NoRoomError, S, Subject

LOG = get_logger(__name__)

NO_ROOM = "its subject has more than is honest already: apply it if that is true, discard it if not"

SUBJECTS = 1_000
"""Subjects woken in one transaction: so many states are in memory. How often they are woken has a bound of its own."""

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
    """Runs one decision through the ledger; every decision uses this class."""

    sweeps = False

    def __init__(self, decision: Decision[S]) -> None:
        self.name, self.reads, self.writes = decision.name, decision.reads, decision.writes
        self._decision = decision
        self._references: dict[str, Any] = {}

    def apply(
        self, connection: Connection, cursor: Cursor, incoming_events: Sequence[IncomingEvent]
    ) -> list[ProducedEvent]:
        decided: list[ProducedEvent] = []
        facts: list[IncomingEvent] = []
        for incoming in incoming_events:
            if self._decision.reference is not None and incoming.topic is self._decision.reference.topic:
                decided += self._facts(connection, cursor, facts)
                facts = []
                self._switch(connection, cursor, incoming.event.key)
            elif incoming.topic is not DAY_BEGUN:
                facts.append(incoming)
        return decided + self._facts(connection, cursor, facts)

    def step(self, connection: Connection, cursor: Cursor) -> list[ProducedEvent] | None:
        """Wake the next due subjects for each day that they waited for, in order; not those that are parked. Ends after
        `cursor.wakes`: a subject that is not done then waits for the day that it has come to, and is due still.

        None when no subject is due.
        """
        if cursor.day is None or self._decision.wake is None:
            return None
        left = cursor.wakes
        most = SUBJECTS if left is None else min(SUBJECTS, left)
        known = (self.name, cursor.slice, cursor.day, texts(cursor.parked), most)
        due = connection.execute(_DUE, known, binary=True).fetchall()
        if not due:
            return None
        decided: list[ProducedEvent] = []
        subjects: dict[str, Subject[S]] = {}
        for key, body, cause in due:
            if left == 0:
                break
            subject = subjects[key] = self._subject(connection, cursor, body, cause)
            if left is None:
                decided += subject.advance_to(cursor.day)
            while left and (woken := subject.wake(cursor.day)) is not None:
                decided += woken
                left -= 1
        self._write(connection, cursor, subjects)
        return decided

    def _facts(self, connection: Connection, cursor: Cursor, facts: Sequence[IncomingEvent]) -> list[ProducedEvent]:
        if not facts:
            return []
        keys = {fact.event.key for fact in facts}
        found = connection.execute(_READ, (self.name, texts(keys)), binary=True).fetchall()
        subjects = {key: self._subject(connection, cursor, body, cause) for key, body, cause in found}
        decided: list[ProducedEvent] = []
        full: list[IncomingEvent] = []
        for fact in facts:
            if (subject := subjects.get(fact.event.key)) is None:
                subject = subjects[fact.event.key] = self._subject(connection, cursor, None, NO_CAUSE)
            try:
                decided += subject.apply(fact.event, fact.id, cursor.day, limited=not cursor.judged)
            except NoRoomError:
                full.append(fact)
        self._refuse(cursor, full)
        self._write(connection, cursor, {key: subject for key, subject in subjects.items() if subject.changed})
        return decided

    def _refuse(self, cursor: Cursor, full: Sequence[IncomingEvent]) -> None:
        """A refusal: were it a faulty record, who writes 20,000 facts about a stranger could park that stranger."""
        for fact in full:
            cursor.refuse(fact, NO_ROOM)
        if full:
            LOG.error(
                "ALARM %s/%s: %s facts of %s subjects are set aside: each has more than is honest already. Who writes"
                " so much? `dfdg dead-letters list` shows where they are.",
                self.name, cursor.slice, len(full), len({fact.event.key for fact in full}),
            )  # fmt: skip

    def _subject(self, connection: Connection, cursor: Cursor, body: str | None, cause: bytes) -> Subject[S]:
        state = None if body is None else self._decision.state.model_validate_json(body)
        return Subject(self._decision, state, cause, self._reference(connection, cursor))

    def _write(self, connection: Connection, cursor: Cursor, subjects: dict[str, Subject[S]]) -> None:
        kept = {key: subject.state for key, subject in subjects.items() if subject.state is not None}
        if kept:
            bodies = [state.model_dump_json(exclude_defaults=True).encode() for state in kept.values()]
            wakes: list[date | None] = [state.wakes_on for state in kept.values()]
            causes = [subjects[key].cause for key in kept]
            rows = (texts(kept), jsons(bodies), dates(wakes), uuids(causes))
            connection.execute(_WRITE, (self.name, cursor.slice, *rows))
        if len(kept) < len(subjects):
            connection.execute(_ERASE, (self.name, texts(subjects.keys() - kept.keys())))

    def _switch(self, connection: Connection, cursor: Cursor, version: str) -> None:
        """Use that version of the reference data from here on, and make every subject due to be woken with it. One that
        is not there stops the slice in front of its announcement, and not at the next fact."""
        cursor.reference = version
        self._reference(connection, cursor)
        if cursor.day is not None:
            parameters = {"day": cursor.day, "decision": self.name, "slice": cursor.slice}
            connection.execute(_REWAKE, parameters)

    def _reference(self, connection: Connection, cursor: Cursor) -> Any:
        """The slice's version of the reference data; versions never change, so the loaded one is kept."""
        if self._decision.reference is None or cursor.reference is None:
            return None
        if cursor.reference not in self._references:
            loaded = self._decision.reference.load(connection, cursor.reference)
            self._references = {cursor.reference: loaded}
        return self._references[cursor.reference]
