"""The business areas in which a job title is held: one row each (TIT-1). An area without a row is never converted."""

from datetime import date
from typing import NamedTuple

from schemas.title_areas import WAVE_OF, WAVES
from schemas.titles import HolderKind


class Tell(NamedTuple):
    """Who is told that a title must be chosen, and by which text."""

    recipient_kind: str
    reason: str


class Area(NamedTuple):
    """`rule` is the row of the requirements by which people are told; the outcome itself is always TIT-2's.

    The wave stands in `schemas.title_areas`, for consumers need it too.
    """

    code: str
    holder: HolderKind
    rule: str
    tells: tuple[Tell, ...] = ()
    none_valid: Tell | None = None
    """Who is told when an unemployed citizen has no valid title left here."""
    blocks_registration: bool = False
    """A retired title standing here refuses re-registration."""

    @property
    def wave(self) -> int:
        return WAVE_OF[self.code]

    @property
    def wave_day(self) -> date:
        return WAVES[self.wave]


AREAS = (
    Area(
        "job-wishes",
        holder="citizen",
        rule="TIT-4",
        tells=(Tell("citizen", "title-choice-asked"),),
        none_valid=Tell("jobcentre", "no-valid-title"),
        blocks_registration=True,
    ),
    Area("adverts", holder="employer", rule="TIT-6"),  # employers are contacted by a later decision
    Area(
        "my-plan",
        holder="citizen",
        rule="TIT-15",
        tells=(Tell("citizen", "title-retired"), Tell("jobcentre", "title-retired-in-plan")),
    ),
)
BY_CODE = {area.code: area for area in AREAS}
