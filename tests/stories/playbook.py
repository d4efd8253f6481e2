"""Plays a decision on a simulated calendar, in memory: dated facts and days in, dated outputs out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from schemas.event import Event, ProducedEvent
from schemas.ids import derived_id
from schemas.notices import NoticeIssued
from schemas.texts import said
from schemas.texts.text import NOTHING
from streams.decision import Decision, Subject
from streams.policies.state import State

S = TypeVar("S", bound=State)


DANISH_DAY = re.compile(r"\b\d\d\.\d\d\.\d{4}\b")


class Refer(NamedTuple):
    """A step: other reference data holds from here on."""

    reference: Any


Step = Event | Refer | date


class Playbook(Generic[S]):
    """One slice with any number of subjects. `assert book.new_outputs() == [...]` says that *nothing else happened*.

    Every state passes through JSON after each step, as it does in the ledger. `steps`: all that was played, for the
    real servers.
    """

    _kept: ClassVar[list["Playbook[Any]"] | None] = None

    @classmethod
    @contextmanager
    def keeping(cls) -> Iterator[list["Playbook[Any]"]]:
        """The books that are begun inside."""
        cls._kept = []
        try:
            yield cls._kept
        finally:
            cls._kept = None

    def __init__(self, decision: Decision[S], reference: Any = None) -> None:
        self.decision = decision
        self.reference = reference
        self.steps: list[Step] = [] if reference is None else [Refer(reference)]
        if self._kept is not None:
            self._kept.append(self)
        self.today: date | None = None
        self.subjects: dict[str, Subject[S]] = {}
        self.produced: list[ProducedEvent] = []
        self._asked = 0

    def fact(self, event: Event) -> Self:
        """The fact reaches the decision now. It may be late, or ahead of the day that it was recorded on."""
        self.steps.append(event)
        subject = self.subjects.setdefault(event.key, Subject(self.decision, None, b"", self.reference))
        event_id = derived_id(event.SCHEMA.encode(), event.model_dump_json().encode())
        self.produced.extend(subject.apply(event, event_id, self.today))
        self._store(subject)
        return self

    def day(self, day: str | date) -> Self:
        """The day begins: each key is woken for every day up to it that its state waits for.

        For a decision that sees the slice's day each of these days begins by itself: nothing is carried out late.
        """
        begun = date.fromisoformat(day) if isinstance(day, str) else day
        if self.today is not None and begun < self.today:
            raise ValueError(f"{begun} begins after {self.today}: days come in order")
        while self.decision.sees_today and (due := min(self._waits(), default=begun)) < begun:
            self._begin(max(due, self.today or due))
        self._begin(begun)
        return self

    def _waits(self) -> Iterator[date]:
        """The days that the states wait for."""
        states = (subject.state for subject in self.subjects.values())
        return (state.wakes_on for state in states if state is not None and state.wakes_on is not None)

    def _begin(self, begun: date) -> None:
        self.today = begun
        self.steps.append(begun)
        for subject in self.subjects.values():
            self.produced.extend(subject.advance_to(begun))
            self._store(subject)

    def refer(self, reference: Any, *, waking: bool = True) -> Self:
        """New reference data holds from now on; it wakes every key on the current day.

        Not `waking`: the wake is still to come, after facts of the same batch.
        """
        self.reference = reference
        self.steps.append(Refer(reference))
        for subject in self.subjects.values():
            subject.reference = reference
            if subject.state is not None and self.today is not None:
                subject.state = subject.state.model_copy(update={"wakes_on": self.today})
                if waking:
                    self.produced.extend(subject.advance_to(self.today))
                    self._store(subject)
        return self

    @property
    def outputs(self) -> list[Event]:
        """Everything that came out so far, in order."""
        return [produced.event for produced in self.produced]

    def new_outputs(self) -> list[Event]:
        """What came out since this was last asked; an empty list is *nothing happened*."""
        asked, self._asked = self._asked, len(self.produced)
        new = self.outputs[asked:]
        for event in new:
            if isinstance(event, NoticeIssued):
                text, _ = said(event.reason, event.from_day, event.details)
                assert NOTHING not in text, "a text has only sentences about what there is"
                assert DANISH_DAY.search(text), "a notice names a day"
        return new

    def state(self, key: str) -> S | None:
        return self.subjects[key].state

    def _store(self, subject: Subject[S]) -> None:
        if subject.state is not None:
            subject.state = self.decision.state.model_validate_json(subject.state.model_dump_json())
