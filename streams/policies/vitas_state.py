"""The state of a user of VITAS, and the day on which it becomes inactive (VIT-2, VIT-3)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Self

from schemas.dates import add_months, next_day
from schemas.release_dates import RELEASE_2021_2
from streams.policies.state import State


class CleanUp(NamedTuple):
    """After so many calendar months without a login a user becomes inactive; nobody does before `from_day`."""

    rule: str
    months: int
    from_day: date
    source: str


CLEAN_UP = CleanUp("VIT-2", months=18, from_day=RELEASE_2021_2, source="newsletter 23/2021: 1½ år")


class VitasUser(State):
    """`recorded_on`, the first day on which VITAS told of the user, and `jobcentre` are None before: topics have no
    common order.

    `counts_from` is the last day that counts: of creation, of a re-activation, or of a login while active. `later` are
    logins recorded while inactive. They count for nothing, unless something that arrives later still shows that the
    user was active then.
    """

    user: str
    recorded_on: date | None = None
    jobcentre: str | None = None
    company: str | None = None
    counts_from: date | None = None
    later: tuple[date, ...] = ()
    inactive: bool = False

    @property
    def inactive_on(self) -> date | None:
        """VIT-2: the day on which the user becomes, or became, inactive; None while too little is known."""
        if self.recorded_on is None or self.counts_from is None:
            return None
        return _inactive_on(self.counts_from, self.recorded_on)

    def known(self, day: date, *, counts_from: date | None, logins: Iterable[date]) -> Self:
        """The user after a fact of `day`: the later of the days counts, and every login before the day of inactivation.

        It depends only on the recorded facts, not on the order in which they arrived.
        """
        if counts_from is None or (self.counts_from is not None and self.counts_from > counts_from):
            counts_from = self.counts_from
        later: list[date] = []
        for login in sorted({*self.later, *logins}):
            if counts_from is not None and login < _inactive_on(counts_from, self.recorded_on):
                counts_from = max(counts_from, login)
            else:
                later.append(login)
        due = None if counts_from is None or self.recorded_on is None else _inactive_on(counts_from, self.recorded_on)
        before = self.inactive_on
        inactive = due is not None and (due <= day or (self.inactive and before is not None and due <= before))
        return self.trusted(
            wakes_on=None if inactive else due,
            user=self.user,
            recorded_on=self.recorded_on,
            jobcentre=self.jobcentre,
            company=self.company,
            counts_from=counts_from,
            later=_thinned(later),
            inactive=inactive,
        )


def _inactive_on(counts_from: date, recorded_on: date | None) -> date:
    """VIT-2. Never before the clean-up exists, nor on the day on which we first hear of the user (chosen)."""
    due = max(add_months(counts_from, CLEAN_UP.months), CLEAN_UP.from_day)
    return due if recorded_on is None else max(due, next_day(recorded_on))


def _thinned(days: list[date]) -> tuple[date, ...]:
    """Without each day between two days less than `months` apart: when such a day counts, the next day counts too.

    So a state stays small, however often an inactive user's logins are recorded: some two days in 18 months.
    """
    kept: list[date] = []
    for day in days:
        if len(kept) > 1 and day < add_months(kept[-2], CLEAN_UP.months):
            kept.pop()
        kept.append(day)
    return tuple(kept)
