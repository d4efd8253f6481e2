"""The classification and the retired titles, for any reader (TIT-14): titles, never their holders."""

from typing import ClassVar, Literal

from schemas.event import Day, Event, Id

TitleStatus = Literal["active", "converted", "must-choose", "retired"]


class TitlePublished(Event):
    """One title of one version of the classification: the `place`-th of `titles`, which together are the version.

    `active` is every ESCO-STAR title; an old one has its outcome. `candidates`: the new title when converted, those to
    choose from when one must be chosen. `from_day`: when the status holds in the areas of wave 1 (TIT-1).
    """

    SCHEMA: ClassVar[str] = "title-published.v1"
    KEY: ClassVar[str] = "title"

    title: Id
    version: Id
    place: int
    titles: int
    scheme: Literal["discoams08", "esco-star"]
    label: str
    aliases: list[str]
    status: TitleStatus
    candidates: list[str]
    from_day: Day
