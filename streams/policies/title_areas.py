"""One row an area: the recipients who are told that a title must be chosen anew, and all else that follows (TIT-1).

`schemas.title_areas` has the wave and the holders of each area; an area without a row there is not known.
**Chosen**, where the newsletter is silent: of the titles of a CV (work experience, and the CV's own) nobody is told: a
valid title is asked for on edit. EURES and JobAD hold adverts, and are treated as such.
"""

from datetime import date
from typing import NamedTuple

from schemas.notices import RecipientKind
from schemas.title_areas import HOLDER_OF, WAVE_OF, wave_day
from schemas.titles import HolderKind


class Tell(NamedTuple):
    """A recipient who is told that a title must be chosen, and the text for it."""

    recipient_kind: RecipientKind
    reason: str


class Area(NamedTuple):
    """`rule` is the row of the requirements by which people are told; the outcome itself is always TIT-2's."""

    code: str
    rule: str
    tells: tuple[Tell, ...] = ()
    none_valid: Tell | None = None
    """The recipient who is told when an unemployed citizen has no valid title left here."""
    refuses_registration: str | None = None
    """The text by which a retired title standing here refuses re-registration."""
    search: bool = False
    """Several items are one search: one invalid title leaves it without results, and its owner is told once (TIT-5)."""
    contacted: bool = False
    """The employer is contacted once about all of it (TIT-6)."""
    expires: bool = False
    """An item that is still on a retired title on the last day expires with it (TIT-6)."""
    on_edit: str = "TIT-8"
    """The rule by which only an ESCO-STAR title can be chosen here once the wave has come."""

    @property
    def wave(self) -> int:
        return WAVE_OF[self.code]

    @property
    def wave_day(self) -> date:
        return wave_day(self.code)

    @property
    def holder(self) -> HolderKind:
        return HOLDER_OF[self.code]


AREAS = (
    Area(
        "registration",
        rule="TIT-4",
        tells=(Tell("citizen", "registered-title-retired"),),
        refuses_registration="registration-refused-registered-title-retired",
    ),
    Area("saved-searches", rule="TIT-5", tells=(Tell("citizen", "search-without-results"),), search=True),
    Area("job-agents", rule="TIT-5", tells=(Tell("citizen", "job-agent-without-matches"),), search=True),
    Area(
        "job-wishes",
        rule="TIT-4",
        tells=(Tell("citizen", "title-choice-asked"),),
        none_valid=Tell("jobcentre", "no-valid-title"),
        refuses_registration="registration-refused-title-retired",
    ),
    Area("cv-experience", rule="TIT-13", on_edit="TIT-13"),
    Area("job-orders", rule="TIT-6", contacted=True, on_edit="TIT-6"),
    Area("cv-agents", rule="TIT-5", tells=(Tell("employer", "cv-agent-without-matches"),), search=True),
    Area("adverts", rule="TIT-6", contacted=True, expires=True),
    Area("cvs", rule="TIT-13", on_edit="TIT-13"),
    Area("eures", rule="TIT-6", contacted=True, expires=True),
    Area("jobad", rule="TIT-6", contacted=True, expires=True),
    Area(
        "my-plan",
        rule="TIT-15",
        tells=(Tell("citizen", "title-retired"), Tell("jobcentre", "title-retired-in-plan")),
        on_edit="TIT-15",
    ),
    Area(
        "job-search-requirements",
        rule="TIT-15",
        tells=(Tell("citizen", "required-title-retired"), Tell("jobcentre", "title-retired-in-requirement")),
        on_edit="TIT-15",
    ),
    Area(
        "vitas-applications",
        rule="TIT-15",
        tells=(Tell("employer", "application-title-retired"), Tell("jobcentre", "title-retired-in-application")),
        on_edit="TIT-15",
    ),
    Area(
        "vitas-grants",
        rule="TIT-15",
        tells=(Tell("employer", "grant-title-retired"), Tell("jobcentre", "title-retired-in-grant")),
        on_edit="TIT-15",
    ),
)
BY_CODE = {area.code: area for area in AREAS}
