"""Choosing a job title: a request that may be refused, its one answer, and the choice itself (TIT-8, TIT-13)."""

from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

from schemas.event import Code, Event, Id, Text
from schemas.titles import HolderKind, TitleHeldRecorded

ChosenScheme = Literal["discoams08", "esco-star"]
"""Free text is no choice of a title: it is recorded as a fact."""


class TitleChoiceRequested(Event):
    """A holder, or a caseworker for it, asks to have this title in this item of an area."""

    SCHEMA: ClassVar[str] = "title-choice-requested.v1"
    KEY: ClassVar[str] = "holder"
    ASKS: ClassVar[bool] = True
    CODES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "holder_kind": get_args(HolderKind),
        "scheme": get_args(ChosenScheme),
    }

    holder: Id
    holder_kind: Code
    request: Id
    area: Id
    item: Id
    scheme: Code
    title: Text
    alias: Text | None = None
    jobcentre: Id | None = None


class TitleChoiceAnswered(Event):
    """The one answer: granted, or refused by the named rule, in Danish. Public, so it names no title (TIT-9)."""

    SCHEMA: ClassVar[str] = "title-choice-answered.v1"
    KEY: ClassVar[str] = "holder"

    holder: Id
    holder_kind: Code
    request: Id
    area: Id
    item: Id
    granted: bool
    rule: str
    text: str
    text_version: int


class TitleChosen(Event):
    """A granted choice: from `occurred_at` on the item holds this title, as if it had been recorded."""

    SCHEMA: ClassVar[str] = "title-chosen.v1"
    KEY: ClassVar[str] = "holder"

    holder: Id
    holder_kind: HolderKind
    request: Id
    area: Id
    item: Id
    scheme: ChosenScheme
    title: Text
    alias: Text | None = None
    jobcentre: Id | None = None

    def as_held(self) -> TitleHeldRecorded:
        """The fact that it stands for."""
        fields = {name: value for name, value in self.__dict__.items() if name != "request"}
        return TitleHeldRecorded.trusted(**fields, text=None, removed=False)
