"""From a record's deadline to its deletion, and the holds that stop it (RET-1 … RET-9)."""

from typing import ClassVar, Literal

from schemas.event import Day, Event, Id, Moment

Reason = Literal["no-receipt", "hold"]


class OfRecord(Event):
    """A record past its deadline, as it stood when last updated."""

    KEY: ClassVar[str] = "citizen"

    citizen: Id
    area: Id
    record: Id
    rule: str
    anchor: Day
    due: Day
    updated_at: Moment


class RecordAged(OfRecord):
    """A record is past its deadline. `reference`: the archive receipt that covers the record as it is now, if any."""

    SCHEMA: ClassVar[str] = "record-aged.v1"

    reference: str | None = None


class LegalHoldRecorded(Event):
    """Nothing of the citizen, or of one record, is deleted while the hold stands; `handler` may still read (RET-6).

    The same `hold` again corrects it; released, it no longer holds.
    """

    SCHEMA: ClassVar[str] = "legal-hold-recorded.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    hold: Id
    record: Id | None = None
    handler: Id
    released: bool = False


class DeletionOrdered(OfRecord):
    """The record, as it stood at `updated_at`, is to be deleted: its deadline has passed and nothing blocks it."""

    SCHEMA: ClassVar[str] = "deletion-ordered.v1"

    reference: str | None = None


class DeletionBlocked(OfRecord):
    """The record is past its deadline and must not be deleted yet: no archive receipt, or a hold (RET-6)."""

    SCHEMA: ClassVar[str] = "deletion-blocked.v1"

    reason: Reason


class RecordDeleted(Event):
    """The record is gone. Carries its receipt, which names no person: only the key does, to keep a citizen's order.

    `hash` is the SHA-256 in hex of the receipt and of `previous`, the hash of the slice's receipt before it.
    """

    SCHEMA: ClassVar[str] = "record-deleted.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    area: Id
    record: Id
    rule: str
    due: Day
    deleted_on: Day
    reference: str | None = None
    number: int
    previous: str
    hash: str
