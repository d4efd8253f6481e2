"""Facts about records, what becomes of them, and a night of retention, told in Copenhagen's local time."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from consumers import deletions, registers
from infra.engine.ledger import Cursor
from infra.engine.record import IncomingEvent
from schemas.dates import add_years, copenhagen_day, midnight
from schemas.event import Event, ProducedEvent
from schemas.job_suggestions import JobSuggestionCheckRecorded
from schemas.joblog import JoblogEntryRecorded, JoblogStandingChanged
from schemas.notices import NoticeIssued
from schemas.retention import DeletionBlocked, DeletionOrdered, LegalHoldRecorded, RecordAged
from schemas.retention_areas import AREAS
from streams.policies.retention import Retained
from streams.retention import decision
from tests.builders import CITIZEN, day, moment
from tests.consumers.title_batches import SLICE, begun, incoming
from tests.stories.playbook import Playbook

REFERENCE = "approval-1"
RULE_OF = {area.code: area.rule for area in AREAS}
YEARS_OF = {area.code: area.years for area in AREAS}


def check(at: str, record: str = "check-1", **fields: Any) -> JobSuggestionCheckRecorded:
    """Checked on the day on which it is recorded, unless told otherwise."""
    known = {"citizen": CITIZEN, "record": record, "checked_on": copenhagen_day(moment(at)), "outcome": "acknowledged"}
    return JobSuggestionCheckRecorded(occurred_at=moment(at), **known | fields)


def entry(at: str, record: str = "entry-1", **fields: Any) -> JoblogEntryRecorded:
    """An application with a note."""
    known = {
        "citizen": CITIZEN,
        "record": record,
        "applied_on": copenhagen_day(moment(at)),
        "employer": "Bakery",
        "position": "Bager",
        "how_applied": "advert",
        "note": "Ring igen",
    }
    return JoblogEntryRecorded(occurred_at=moment(at), **known | fields)


def aged(
    on: str, updated_at: str, record: str = "entry-1", area: str = "joblog-mandatory", **fields: Any
) -> RecordAged:
    """Found on that day, last updated at that moment, archived unless its area is not archived first."""
    return RecordAged(occurred_at=moment(on), **_due(updated_at, record, area) | {"rule": RULE_OF[area]} | fields)


def ordered(
    on: str, updated_at: str, record: str = "entry-1", area: str = "joblog-mandatory", **fields: Any
) -> DeletionOrdered:
    return DeletionOrdered(occurred_at=moment(on), **_due(updated_at, record, area) | {"rule": RULE_OF[area]} | fields)


def blocked(
    on: str, updated_at: str, reason: str, record: str = "entry-1", area: str = "joblog-mandatory", **fields: Any
) -> DeletionBlocked:
    known = _due(updated_at, record, area) | {"rule": "RET-6", "reason": reason} | fields
    del known["reference"]
    return DeletionBlocked(occurred_at=moment(on), **known)


def _due(updated_at: str, record: str, area: str) -> dict[str, Any]:
    anchor = copenhagen_day(moment(updated_at))
    return {
        "citizen": CITIZEN,
        "area": area,
        "record": record,
        "anchor": anchor,
        "due": add_years(anchor, YEARS_OF[area]),
        "updated_at": moment(updated_at),
        "reference": None if area == "joblog-voluntary" else REFERENCE,
    }


def hold(at: str, name: str = "hold-1", **fields: Any) -> LegalHoldRecorded:
    """On all of the citizen's records, unless told otherwise."""
    return LegalHoldRecorded(
        occurred_at=moment(at), **{"citizen": CITIZEN, "hold": name, "handler": "handler-1"} | fields
    )


def standing(at: str, *, is_open: bool, **fields: Any) -> JoblogStandingChanged:
    known = {"citizen": CITIZEN, "open": is_open, "from_day": copenhagen_day(moment(at)), "rule": "RET-5"}
    return JoblogStandingChanged(occurred_at=moment(at), **known | fields)


def closing_notice(at: str, closes_on: str, updated_on: str) -> NoticeIssued:
    """The citizen is told of the days, in Danish figures, of the closing and of the last update."""
    closes, updated = day(closes_on), day(updated_on)
    assert closes is not None
    assert updated is not None
    details = {"closes_on": f"{closes:%d.%m.%Y}", "updated_on": f"{updated:%d.%m.%Y}"}
    return _notice(at, "joblog-closes-soon", closes, details)


def closed_notice(at: str) -> NoticeIssued:
    return _notice(at, "joblog-closed", copenhagen_day(moment(at)), {})


def _notice(at: str, reason: str, from_day: date, details: dict[str, str]) -> NoticeIssued:
    return NoticeIssued(
        occurred_at=moment(at),
        about=CITIZEN,
        recipient_kind="citizen",
        recipient=CITIZEN,
        reason=reason,
        rule="RET-5",
        from_day=from_day,
        details=details,
    )


class Nights:
    """One slice with register, decision and deletions on a real database, without Kafka between them."""

    def __init__(self, connection: Connection, slice_: int = SLICE) -> None:
        self.connection, self._slice, self._batch = connection, slice_, 0
        self._book: Playbook[Retained] = Playbook(decision)

    def record(self, *events: Event) -> None:
        """Facts reach whoever reads them."""
        of_registers = [event for event in events if not isinstance(event, LegalHoldRecorded)]
        holds = [event for event in events if isinstance(event, LegalHoldRecorded)]
        with self.connection.transaction():
            registers.apply(self.connection, self._arrivals(of_registers))
        if holds:
            self._delete(holds)
            self.decide(holds)

    def day(self, begins: str) -> list[Event]:
        """The day begins; returns what the decision says of it, and what was deleted, in order."""
        aged_: list[Event] = [produced.event for produced in self.aged(begins)]
        return self.decide(aged_)

    def aged(self, begins: str, step: Any = registers.sink.on_day) -> list[ProducedEvent]:
        """Only what is found past its deadline."""
        found: list[ProducedEvent] = []
        with self.connection.transaction():
            registers.apply(self.connection, self._arrivals([begun(begins)]))
        while (some := self._step(step, date.fromisoformat(begins))) is not None:
            found += some
        return found

    def _step(self, step: Any, today: date) -> list[ProducedEvent] | None:
        cursor = Cursor("registers", self._slice, 1, 1, today, None, {}, {}, {})
        with self.connection.transaction():
            found: list[ProducedEvent] | None = step(self.connection, cursor)
        return found

    def decide(self, events: Sequence[Event]) -> list[Event]:
        """What the decision says of them, and what was deleted."""
        self._book.new_outputs()
        for event in events:
            self._book.fact(event)
        said = self._book.new_outputs()
        return [*said, *self._delete(said)]

    def _delete(self, events: Sequence[Event]) -> list[Event]:
        if not events:
            return []
        with self.connection.transaction():
            return [produced.event for produced in deletions.apply(self.connection, self._arrivals(events))]

    def _arrivals(self, events: Sequence[Event]) -> list[IncomingEvent]:
        self._batch += 1
        return [incoming(event, str(self._batch)) for event in events]


def archived(
    connection: Connection, area: str, record: str, updated_at: str, reference: str | None = REFERENCE
) -> None:
    """A delivery holds the record as it was updated then; without a reference the Archives have not approved it."""
    delivery = f"AVID.STAR.{record}.{reference}"
    approval = (reference, midnight(date(2021, 1, 1)) if reference else None, "anna" if reference else None)
    connection.execute(
        "insert into archive.delivery values (%s, %s, %s, 1, 1, %s, %s, %s)",
        (delivery, area, midnight(date(2021, 1, 1)), *approval),
    )
    connection.execute(
        "insert into archive.delivered values (%s, %s, %s, %s)", (area, record, delivery, moment(updated_at))
    )
