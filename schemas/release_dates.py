"""The release calendar: dated rows of law. A moved date says so in its row; dates that depend on it move along."""

from datetime import date, timedelta
from typing import NamedTuple

WAVE_1 = date(2021, 6, 12)
RELEASE_2021_2 = date(2021, 6, 14)
NOTICES_FROM = RELEASE_2021_2
"""Nothing that happened before is announced afterwards (REQUIREMENTS, ground rules)."""
JOBLOG_LEAD = timedelta(days=30)
"""**Chosen**: so long before a Joblog is closed its citizen is told (RET-5)."""
JOBLOG_DELETIONS_FROM = RELEASE_2021_2 + JOBLOG_LEAD
"""**Chosen**: the first night of RET-3 and RET-4, so that who is told on the release's first day can still read."""
BI_NEMLOGIN = date(2021, 6, 21)
LAST_DAY_OF_RETIRED_ADVERTS = WAVE_1 + timedelta(weeks=8)
WAVE_2 = date(2021, 9, 18)
JOBKON_FIRST_PART_ENDS = date(2021, 12, 31)
JOBKON_LAST_PART_ENDS = date(2022, 12, 31)


class Row(NamedTuple):
    """`moved` names the person who moved the date, the day of that, and the earlier date; empty while not moved."""

    day: date
    what: str
    moved: str = ""


CALENDAR = (
    Row(WAVE_1, "ESCO-STAR wave 1; Internet Explorer 11 no longer supported; VITAS adverts paused"),
    Row(RELEASE_2021_2, "release 2021-2: CV exemptions, retention, VITAS clean-up, mentor grant types, JobAD checks"),
    Row(BI_NEMLOGIN, "bi.star.dk needs NemLog-in (expected); the mail about it no later than one week before"),
    Row(JOBLOG_DELETIONS_FROM, "first night on which entries of Joblogs, and their voluntary fields, go"),
    Row(LAST_DAY_OF_RETIRED_ADVERTS, "last day of adverts on a title that wave 1 retired: 8 weeks"),
    Row(WAVE_2, "release 2021-3: ESCO-STAR wave 2; VITAS adverts again"),
    Row(JOBKON_FIRST_PART_ENDS, "JobKon: last day of the first part"),
    Row(JOBKON_LAST_PART_ENDS, "JobKon: last day of the last part"),
)
