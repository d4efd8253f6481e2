"""Access of providers to citizens: it opens with a referral's first day and ends with its last (ACC-1, ACC-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from schemas.dates import midnight, next_day
from schemas.event import Event
from schemas.referrals import AccessChanged, ReferralRecorded
from streams.policies.state import MOST_OF_A_PERSON, State, forgotten_on


class Turn(NamedTuple):
    """A turn of a provider's access to a citizen: it opens or closes, and when."""

    rule: str
    opened: bool
    when: str
    source: str


OPENS = Turn("ACC-1", True, "the first day of the first referral to that provider begins", "newsletter 23/2021")
CLOSES = Turn("ACC-3", False, "the day after the last day of the last one begins", "newsletter 23/2021")
"""Referrals to one provider that overlap, or follow day upon day, are one access."""


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as last recorded, `first_day` and `ends` included. Never holds when `ends` is before `first_day`.

    `at`: the moment of that fact, None in states of form 1.
    """

    record: str
    provider: str
    first_day: date
    ends: date
    at: datetime | None = None

    def changes_after(self, day: date) -> date:
        """The next day on which it begins, has ended, or is forgotten."""
        if max(self.first_day, day) > self.ends:
            return forgotten_on(self.at)
        return self.first_day if self.first_day > day else next_day(self.ends)

    def is_forgotten(self, day: date) -> bool:
        """True when it is over, and has been remembered long enough."""
        return max(self.first_day, day) > self.ends and forgotten_on(self.at) <= day


class Referrals(State):
    """A citizen's referrals on `as_of`, the last day decided; `providers` have access on it."""

    citizen: str
    as_of: date
    referrals: tuple[Referral, ...]
    providers: tuple[str, ...]

    def has_room(self, event: Event) -> bool:
        if len(self.referrals) < MOST_OF_A_PERSON or not isinstance(event, ReferralRecorded):
            return True
        return any(each.record == event.record for each in self.referrals)


Outcome = tuple[Referrals | None, Sequence[Event]]


def decide(state: Referrals | None, event: Event) -> Outcome:
    """ACC-3: the same record again corrects the referral, which takes effect when recorded (chosen).

    A fact that is older than the known one of its record changes nothing; of two of one moment the later on the topic
    counts.
    """
    if not isinstance(event, ReferralRecorded):
        raise TypeError(f"access does not follow from {type(event).__name__}; only the decision's READS belong here")
    this = Referral(event.record, event.provider, event.first_day, event.ends, event.occurred_at)
    if state is None:
        return _turned(event.citizen, (this,), (), event.day, event.occurred_at)
    known = next((each for each in state.referrals if each.record == this.record), None)
    if known is not None and known.at is not None and event.occurred_at < known.at:
        return state, ()
    referrals = (*(each for each in state.referrals if each.record != this.record), this)
    # A referral that arrives late takes effect on the last day decided: it never opens a day gone by (chosen).
    return _turned(state.citizen, referrals, state.providers, max(event.day, state.as_of), event.occurred_at)


def wake(state: Referrals, day: date) -> Outcome:
    """ACC-1, ACC-3: a window opens on its first day, and is closed on the day after its last."""
    return _turned(state.citizen, state.referrals, state.providers, day, midnight(day))


def _turned(
    citizen: str, referrals: tuple[Referral, ...], before: tuple[str, ...], day: date, occurred_at: datetime
) -> Outcome:
    """The state on that day, and an event for each provider that lost or won access. Without a referral that is
    remembered there is no state."""
    left = tuple(each for each in referrals if not each.is_forgotten(day))
    providers = tuple(sorted({each.provider for each in left if each.first_day <= day <= each.ends}))
    had, have = {*before}, {*providers}
    turns = [(CLOSES, provider) for provider in before if provider not in have]
    turns += [(OPENS, provider) for provider in providers if provider not in had]
    events = [
        AccessChanged.trusted(
            occurred_at=occurred_at,
            citizen=citizen,
            provider=provider,
            opened=turn.opened,
            from_day=day,
            rule=turn.rule,
        )
        for turn, provider in turns
    ]
    if not left:
        return None, events
    wakes_on = min(each.changes_after(day) for each in left)
    after = Referrals.trusted(wakes_on=wakes_on, citizen=citizen, as_of=day, referrals=left, providers=providers)
    return after, events
