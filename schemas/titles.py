"""Job titles: their holders, and their outcomes when DiscoAMS08 gives way to ESCO-STAR (TIT-1 … TIT-15)."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from schemas.event import Day, Event, Id, Text

Scheme = Literal["discoams08", "esco-star", "free-text"]
HolderKind = Literal["citizen", "employer"]
Outcome = Literal["converted", "must-choose", "retired"]


class TitleHeldRecorded(Event):
    """A citizen or an employer holds this title in this item of an area; the same item again replaces it.

    `alias` is the alias through which the title was picked. Free text has `text` and no `title`. `jobcentre` is the one
    that deals with the item, where the holder is an employer (VITAS).
    """

    SCHEMA: ClassVar[str] = "title-held-recorded.v2"
    KEY: ClassVar[str] = "holder"

    holder: Id
    holder_kind: HolderKind
    area: Id
    item: Id
    scheme: Scheme
    title: Text | None = None
    alias: Text | None = None
    text: Text | None = None
    removed: bool = False
    jobcentre: Id | None = None

    @model_validator(mode="after")
    def _is_a_title_or_free_text(self) -> Self:
        if (self.scheme == "free-text") != (self.title is None) or (self.title is None) != (self.text is not None):
            raise ValueError("a title has `title` and no `text`; free text has `text`, no `title` and scheme free-text")
        return self


class TitleTablePublished(Event):
    """A version of the reference data is complete in `reference.title_outcome` and holds from this record on.

    `fingerprint` is the SHA-256 of its rows in order, in hex.
    """

    SCHEMA: ClassVar[str] = "title-table-published.v1"
    KEY: ClassVar[str] = "version"

    version: Id
    outcomes: int
    fingerprint: str


class TitleChanged(Event):
    """The outcome of a held title. Names the new title or the candidates, never a title that was replaced (TIT-9)."""

    SCHEMA: ClassVar[str] = "title-changed.v1"
    KEY: ClassVar[str] = "holder"

    holder: Id
    holder_kind: HolderKind
    area: Id
    item: Id
    outcome: Outcome
    title: str | None = None
    candidates: list[str]
    alias_dropped: bool
    wave: int
    table_version: Id
    from_day: Day
    rule: str


class TitleReplaced(Event):
    """The title that a holder had before it was replaced: for schema `audit` alone (TIT-9)."""

    SCHEMA: ClassVar[str] = "title-replaced.v1"
    KEY: ClassVar[str] = "holder"

    holder: Id
    holder_kind: HolderKind
    area: Id
    item: Id
    original: str
    alias: str | None = None
    replaced_by: str
    table_version: Id


class TitleReconversionDue(Event):
    """A corrected table gives a replaced title another outcome (TIT-10); the original stays in the audit."""

    SCHEMA: ClassVar[str] = "title-reconversion-due.v1"
    KEY: ClassVar[str] = "holder"

    holder: Id
    holder_kind: HolderKind
    area: Id
    item: Id
    outcome: Outcome
    title: str | None = None
    candidates: list[str]
    table_version: Id


class AdvertExpired(Event):
    """An advert whose retired title was not edited in time is gone from `from_day` on (TIT-6). Carries ids only."""

    SCHEMA: ClassVar[str] = "advert-expired.v1"
    KEY: ClassVar[str] = "holder"

    holder: Id
    area: Id
    item: Id
    from_day: Day
    rule: str
