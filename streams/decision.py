"""A decision: a pure function of state and event. It is woken on the days that its state waits for (DESIGN 2.3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from schemas.event import Event, ProducedEvent
from schemas.ids import derived_id
from schemas.topic import Topic
from streams.policies.state import State

S = TypeVar("S", bound=State)

NO_CAUSE = bytes(16)

MAX_WAKES = 10_000
"""Days that one subject may be woken for by a fact: 27 years of daily wakes."""


class NoRoomError(Exception):
    """The subject has more than is honest already, and the fact would add to it (`State.has_room`)."""


class Reference(NamedTuple):
    """Reference data of a decision: `topic` announces a version, `load` reads it. A new version wakes every subject."""

    topic: Topic
    load: Callable[[Any, str], Any]


@dataclass(frozen=True)
class Decision(Generic[S]):
    """One decision: its name, topics, state and two pure functions, `decide(state, event)` and `wake(state, day)`.

    A decision with reference data gets it as a third argument of both. One that `sees_today` gets as the last one the
    day to which the slice has come, which is later than the day at hand when a fact or a wake is carried out late: a
    day that has passed by then is not announced as to come."""

    name: str
    reads: tuple[Topic, ...]
    writes: tuple[Topic, ...]
    state: type[S]
    decide: Callable[..., tuple[S | None, Sequence[Event]]]
    wake: Callable[..., tuple[S | None, Sequence[Event]]] | None = None
    reference: Reference | None = None
    names_causes: bool = True
    """True when its events name the event that caused them. False where the cause would give away a secret subject."""
    sees_today: bool = False

    @cached_property
    def _name(self) -> bytes:
        return self.name.encode()


@dataclass(slots=True)
class Subject(Generic[S]):
    """One subject in a decision: its state, and `cause`, the id of the event or wake that last changed it."""

    decision: Decision[S]
    state: S | None
    cause: bytes
    reference: Any = None
    changed: bool = False
    """True once the state differs from the one that was read."""
    today: date | None = None
    """The slice's day when a fact was applied last."""

    def apply(self, event: Event, event_id: bytes, today: date | None, *, limited: bool = True) -> list[ProducedEvent]:
        """Advance to the day of the fact, apply the fact, then advance to the slice's current day (`today`).

        So the outcome does not depend on how topics interleave around midnight. `limited`: raises `NoRoomError` if the
        subject has no room for the fact, and nothing has changed then.
        """
        day, self.today = event.day, today
        before = self.state, self.cause, self.changed
        produced = self.advance_to(day)
        if limited and self.state is not None and not self.state.has_room(event):
            self.state, self.cause, self.changed = before
            raise NoRoomError
        state, events = self.decision.decide(self.state, event, *self._arguments(day))
        if state is not None and state.wakes_on is not None and state.wakes_on <= day:
            raise ValueError(f"{self.decision.name}: the state after a fact of {day} waits for a day gone by")
        if state is not self.state and state != self.state:
            self.cause, self.changed = event_id, True
        self.state = state  # the newer one of two that are equal has the index, if states of this kind have one
        produced += self._produced(events, event_id)
        if today is not None and today > day:
            produced += self.advance_to(today)
        return produced

    def advance_to(self, day: date) -> list[ProducedEvent]:
        """Wake the subject for every day up to `day` that its state waits for, in order."""
        produced: list[ProducedEvent] = []
        for _ in range(MAX_WAKES):
            if (woken := self.wake(day)) is None:
                return produced
            produced += woken
        raise ValueError(f"{self.decision.name}: more than {MAX_WAKES} wakes in a row")

    def wake(self, day: date) -> list[ProducedEvent] | None:
        """Wake the subject for the first day up to `day` that its state waits for; None when it waits for none."""
        state = self.state
        if state is None or state.wakes_on is None or state.wakes_on > day or self.decision.wake is None:
            return None
        due = state.wakes_on
        self.state, events = self.decision.wake(state, due, *self._arguments(day))
        if self.state is not None and self.state.wakes_on is not None and self.state.wakes_on <= due:
            raise ValueError(f"{self.decision.name}: woken for {due}, it waits for that day again")
        self.cause = derived_id(self.decision._name, b"wake", due.isoformat().encode(), self.cause)
        self.changed = True
        return self._produced(events, self.cause)

    def _arguments(self, day: date) -> tuple[Any, ...]:
        """Reference data, and the slice's day, for a decision that wants them. The slice has come to `day` at least."""
        reference = () if self.decision.reference is None else (self.reference,)
        return (*reference, max(day, self.today or day)) if self.decision.sees_today else reference

    def _produced(self, events: Sequence[Event], cause: bytes) -> list[ProducedEvent]:
        name, named = self.decision._name, cause if self.decision.names_causes else NO_CAUSE
        return [
            ProducedEvent(event, derived_id(name, cause, b"%d" % index), named) for index, event in enumerate(events)
        ]
