"""Made-up requests in VITAS: mentor grants and adverts, every Monday."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from random import Random

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.release_dates import RELEASE_2021_2
from schemas.topics import MENTOR_GRANT_REQUESTED, VITAS_ADVERT_REQUESTED

MEASURES = ("company-practice", "wage-subsidy", "adult-apprentice", "supported-employment")
CITIZENS_PER_GRANT, GRANTS_PER_ADVERT = 1_000, 2
"""Of one Monday: 20 grants and 10 adverts among 20,000 citizens."""
FORGETS_TYPE = {False: 0.7, True: 0.15}
"""How often a grant states no type, before and after it must."""


class VitasGrants:
    """Ask for each `day` once, in order."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], jobcentres: Sequence[str]) -> None:
        self._luck, self._citizens, self._jobcentres = luck, citizens, jobcentres
        self._requests = count(1)

    def day(self, day: date) -> Facts:
        """Some of each on a Monday, else nothing."""
        if day.weekday() != 0:
            return {}
        grants = max(1, len(self._citizens) // CITIZENS_PER_GRANT)
        return {
            MENTOR_GRANT_REQUESTED: [self._grant(day) for _ in range(grants)],
            VITAS_ADVERT_REQUESTED: [self._advert(day) for _ in range(max(1, grants // GRANTS_PER_ADVERT))],
        }

    def _grant(self, day: date) -> Line:
        luck = self._luck
        forgets = luck.random() < FORGETS_TYPE[day >= RELEASE_2021_2]
        return {
            "occurred_at": office_hour(luck, day).isoformat(),
            "requester": f"caseworker-of-{luck.choice(self._jobcentres)}"[:64],
            "request": f"grant-{next(self._requests)}",
            "measure": luck.choice(MEASURES),
            "cpr": luck.choice(self._citizens).cpr,
            "mentor_type": None if forgets else luck.choice(("individual", "place")),
        }

    def _advert(self, day: date) -> Line:
        return {
            "occurred_at": office_hour(self._luck, day).isoformat(),
            "requester": f"made-up-employer-{self._luck.randrange(1, 100)}",
            "request": f"vitas-advert-{next(self._requests)}",
        }
