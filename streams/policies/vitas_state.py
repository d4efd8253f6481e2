"""The state of a user of VITAS, and the day on which it becomes inactive (VIT-2, VIT-3)."""

from collections.abc import Iterable
from datetime import date, datetime
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
    common order. `told_at` is the moment of the record that `jobcentre` and `company` are of.

    `counts_from` is the last day that counts: of creation, of a re-activation, or of a login while active. `later` are
    logins recorded while inactive. They count for nothing, unless something that arrives later still shows that the
    user was active then.

    `reactivated_at` is the moment of the last re-activation; `counted_before` and `later_before` are what the two say
    without it. They answer the requests made before it.
    """

    user: str
    recorded_on: date | None = None
    jobcentre: str | None = None
    company: str | None = None
    told_at: datetime | None = None
    counts_from: date | None = None
    later: tuple[date, ...] = ()
    inactive: bool = False
    reactivated_at: datetime | None = None
    counted_before: date | None = None
    later_before: tuple[date, ...] = ()

    @property
    def inactive_on(self) -> date | None:
        """VIT-2: the day on which the user becomes, or became, inactive; None while too little is known."""
        return self._due(self.counts_from)

    def stood_inactive(self, moment: datetime, day: date) -> bool:
        """VIT-3: whether the user was inactive at that moment of the day, as far as is known."""
        if self.reactivated_at is not None and moment < self.reactivated_at:
            due = self._due(self.counted_before)
        else:
            due = self.inactive_on if self.inactive else None
        return due is not None and due <= day

    def reactivated(self, moment: datetime, day: date) -> Self:
        """The user after a re-activation; the last one has the moment, and any earlier one counts as its day."""
        if self.reactivated_at is not None and moment <= self.reactivated_at:
            return self if moment == self.reactivated_at else self.known(day, counts_from=day)
        last = {"reactivated_at": moment, "counted_before": self.counts_from, "later_before": self.later}
        return self.model_copy(update=last)._counting(day, *_counted(self, self.counts_from, self.later, day, ()))

    def known(self, day: date, *, counts_from: date | None = None, logins: Iterable[date] = ()) -> Self:
        """The user after a fact of `day`: the later of the days counts, and every login before the day of inactivation.

        It depends only on the recorded facts, not on the order in which they arrived.
        """
        after = self
        if self.reactivated_at is not None:
            before = _counted(self, self.counted_before, self.later_before, counts_from, logins)
            after = self.model_copy(update={"counted_before": before[0], "later_before": before[1]})
        return after._counting(day, *_counted(self, self.counts_from, self.later, counts_from, logins))

    def _counting(self, day: date, counts_from: date | None, later: tuple[date, ...]) -> Self:
        due, before = self._due(counts_from), self.inactive_on
        inactive = due is not None and (due <= day or (self.inactive and before is not None and due <= before))
        standing = {"wakes_on": None if inactive else due, "inactive": inactive}
        return self.model_copy(update=standing | {"counts_from": counts_from, "later": later})

    def _due(self, counts_from: date | None) -> date | None:
        return None if self.recorded_on is None or counts_from is None else _inactive_on(counts_from, self.recorded_on)


def _counted(
    user: VitasUser, counted: date | None, later: Iterable[date], counts_from: date | None, logins: Iterable[date]
) -> tuple[date | None, tuple[date, ...]]:
    """The day that counts after one more day and these logins, and the logins that do not count so far."""
    if counts_from is None or (counted is not None and counted > counts_from):
        counts_from = counted
    left: list[date] = []
    for login in sorted({*later, *logins}):
        if counts_from is not None and login < _inactive_on(counts_from, user.recorded_on):
            counts_from = max(counts_from, login)
        else:
            left.append(login)
    return counts_from, _thinned(left)


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
