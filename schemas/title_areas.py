"""Every business area of TIT-1, one row each: the wave that converts its job titles, if any, and their holders.

`streams.policies.title_areas` has the recipients who are told of a title that is gone, and the rules.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from schemas.release_dates import WAVE_1, WAVE_2
from schemas.titles import HolderKind

WAVES = {1: WAVE_1, 2: WAVE_2}
"""The day of each wave."""


class TitleArea(NamedTuple):
    """`words` are TIT-1's own. `wave` None: never converted. `holder` None: no title is held there."""

    code: str
    words: str
    wave: int | None
    holder: HolderKind | None


TITLE_AREAS = (
    TitleArea("registration", "registration", 1, "citizen"),
    TitleArea("find-job", "find job", 1, None),  # a query: `titles.searchable` has what can be found
    TitleArea("saved-searches", "saved searches", 1, "citizen"),
    TitleArea("job-agents", "job agents", 1, "citizen"),
    TitleArea("job-wishes", "job wishes", 1, "citizen"),
    TitleArea("cv-experience", "CV work experience", 1, "citizen"),
    TitleArea("job-orders", "job orders", 1, "employer"),
    TitleArea("cv-search", "CV search", 1, None),  # a query
    TitleArea("cv-agents", "CV agents", 1, "employer"),
    TitleArea("match-look-up", "the cross-citizen look-up (Det gode match)", 1, None),  # a query over citizens' titles
    TitleArea("adverts", "adverts", 1, "employer"),
    TitleArea("cvs", "CVs", 1, "citizen"),
    TitleArea("eures", "EURES", 1, "employer"),  # adverts that are shown abroad
    TitleArea("jobad", "JobAD", 1, "employer"),  # adverts that come from employers' own systems
    TitleArea("my-plan", "My Plan", 2, "citizen"),
    TitleArea("job-search-requirements", "job-search requirements", 2, "citizen"),
    TitleArea("vitas-applications", "VITAS applications", 2, "employer"),
    TitleArea("vitas-grants", "VITAS grants", 2, "employer"),
    TitleArea("cv-education", "CV education", None, "citizen"),
    TitleArea("cv-qualifications", "qualifications", None, "citizen"),
    TitleArea("cv-certificates", "certificates", None, "citizen"),
    TitleArea("cv-archives", "CV archives", None, "employer"),
    TitleArea("free-text", "free text", None, None),  # in any area: it has no title
)

BY_CODE: Mapping[str, TitleArea] = {area.code: area for area in TITLE_AREAS}

WAVE_OF: Mapping[str, int] = {area.code: area.wave for area in TITLE_AREAS if area.wave and area.holder}
"""The areas whose held titles are converted, with their wave."""

HOLDER_OF: Mapping[str, HolderKind] = {area.code: area.holder for area in TITLE_AREAS if area.holder}


def areas_of(wave: int) -> list[str]:
    """The areas of that wave in which titles are held."""
    return [area for area, its in WAVE_OF.items() if its == wave]


def wave_day(area: str) -> date:
    """The day on which the area's titles are converted."""
    return WAVES[WAVE_OF[area]]


def search_of(item: str) -> str:
    """The saved search or agent that an item belongs to: its titles are the items `<search>.<n>` (TIT-5)."""
    return item.rpartition(".")[0] or item
