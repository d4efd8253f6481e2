"""ACC-1 to ACC-3 for one citizen, worked out day by day."""

from datetime import date

from schemas.referrals import ReferralRecorded
from tests.faults.oracles.result import ONE_DAY, Access, ExpectedResult


def referred(referral: ReferralRecorded, day: date) -> bool:
    """ACC-3: true when the referral, as it is recorded, opens the citizen to its provider on that day."""
    return referral.first_day <= day <= last_day(referral)


def last_day(referral: ReferralRecorded) -> date:
    """The last day of the referral; a cancelled one ends on the day before it is cancelled."""
    if referral.cancelled_on is None:
        return referral.last_day
    return min(referral.last_day, referral.cancelled_on - ONE_DAY)


class Windows:
    """`_decided`: the last day that decided anything. A fact that is recorded late takes effect then. The load is too
    short for a referral that has ended to be forgotten."""

    def __init__(self, found: ExpectedResult, citizen: str) -> None:
        self._turns = found.access[citizen]
        self._known: dict[str, ReferralRecorded] = {}
        self._have: set[str] = set()
        self._decided = date.min

    def begins(self, day: date) -> None:
        """Makes the changes that the day itself brings, before any event that is recorded on it."""
        if any(day in (each.first_day, last_day(each) + ONE_DAY) for each in self._known.values()):
            self._look(day)

    def recorded(self, event: ReferralRecorded, today: date) -> None:
        if (known := self._known.get(event.record)) and event.occurred_at < known.occurred_at:
            return
        self._known[event.record] = event
        day = max(event.day, self._decided)
        self._look(day)
        while day < today:
            day += ONE_DAY
            self.begins(day)

    def _look(self, day: date) -> None:
        may = {each.provider for each in self._known.values() if referred(each, day)}
        turned = [Access(provider, provider in may, day) for provider in self._have ^ may]
        self._turns += sorted(turned, key=lambda turn: (turn.opened, turn.provider))
        self._have = may
        self._decided = day
