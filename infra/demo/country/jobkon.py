"""Made-up consultants who use JobKon, once a week and on the days on which something ends."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from random import Random

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.release_dates import JOBKON_FIRST_PART_ENDS, JOBKON_LAST_PART_ENDS, WAVE_1
from schemas.topics import JOBKON_FUNCTION_REQUESTED

FUNCTIONS = (
    *("preparation-form", "tags-assign", "tags-search", "adverts-create", "adverts-view", "adverts-search", "messages"),
    *("joblog-view", "joblog-search", "title-category-lookup", "front-page"),
)
CITIZENS_PER_USER = 500
USES = 0.4
"""Share of the users who use JobKon on a day on which anybody does."""
ENDS = {
    last + timedelta(days=n)
    for last in (WAVE_1 - timedelta(days=1), JOBKON_FIRST_PART_ENDS, JOBKON_LAST_PART_ENDS)
    for n in (0, 1)
}
"""Last days, and the days after."""


class Jobkon:
    """Ask for each `day` once, in order."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], jobcentres: Sequence[str]) -> None:
        self._luck, self._requests = luck, count(1)
        users = max(5, len(citizens) // CITIZENS_PER_USER)
        self._users = [f"consultant-{n + 1}-{jobcentres[n % len(jobcentres)]}"[:64] for n in range(users)]

    def day(self, day: date) -> Facts:
        """Uses on a Wednesday or at an end, else nothing."""
        if day.weekday() != 2 and day not in ENDS:
            return {}
        lines = [self._use(user, day) for user in self._users if self._luck.random() < USES]
        return {JOBKON_FUNCTION_REQUESTED: sorted(lines, key=lambda line: str(line["occurred_at"]))}

    def _use(self, user: str, day: date) -> Line:
        return {
            "occurred_at": office_hour(self._luck, day).isoformat(),
            "requester": user,
            "request": f"use-{next(self._requests)}",
            "function": self._luck.choice(FUNCTIONS),
        }
