"""The stories of tests/stories as one calendar: which events are published on which day. Each story has subjects of its
own."""

import inspect
import json
import pkgutil
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from itertools import count, islice, product
from typing import Any, NamedTuple

import tests.stories
from infra.demo.country.jobad import made_up_cvrs
from schemas.companies import is_cvr
from schemas.event import Event
from schemas.ids import slice_of
from schemas.topic import SLICES
from tests.stories.playbook import Playbook, Refer, Step

BEFORE = date.min
"""Stands for the time before any day has begun."""

COMPANIES = 10
"""How many companies one tale may have."""


class Announced(NamedTuple):
    """Reference data that one slice uses from now on."""

    slice: int
    version: str
    reference: Any


class Tale(NamedTuple):
    """One playbook. `names` replaces every key, of its subjects and of its outputs, by one that no other tale has. If
    the tale has a slice, the new names put its subjects there."""

    names: Mapping[str, str]
    book: Playbook[Any]
    slice: int | None

    def renamed(self, event: Event) -> Event:
        """The event by this tale's own names."""
        fields = _renamed(json.loads(event.model_dump_json()), self.names)
        if "table_version" in fields:
            fields["table_version"] = self._versions.get(fields["table_version"], fields["table_version"])
        if number := bisect_right(self._asked(fields.get("request")), event.occurred_at):
            fields["request"] += f".{number}"
        return type(event).model_validate(fields)

    def _asked(self, request: str | None) -> list[datetime]:
        """When a request of that name is asked. A story may use one name again and again, a requester may not."""
        asked = (step for step in self.book.steps if isinstance(step, Event) and step.ASKS)
        return sorted({step.occurred_at for step in asked if step.__dict__["request"] == request})

    @property
    def _versions(self) -> dict[str, str]:
        return {step.reference.version: self.version(step) for step in self.book.steps if isinstance(step, Refer)}

    @property
    def last_day(self) -> date:
        """The last day that the story tells of. The calendar goes on for others, and later events are not part of this
        story."""
        return max(step.day if isinstance(step, Event) else today for today, step in _dated(self.book))

    def version(self, step: Refer) -> str:
        """The tale's own name of a reference version: different stories use one name for different tables."""
        return f"{step.reference.version}.{self.slice}"

    def handed_in(self, step: Event | Refer) -> Event | Announced:
        if isinstance(step, Event):
            return self.renamed(step)
        assert self.slice is not None, "a tale with reference data has a slice"
        return Announced(self.slice, self.version(step), step.reference)


Waves = list[list[Event | Announced]]
"""The events that are published on one day, one wave after the other: topics have no common order."""


def told() -> list[Tale]:
    """Every playbook of every story, played in memory now. Tales with the same history of reference data share a slice.

    One calendar holds them all, so there may be no more such histories than slices.
    """
    books = [book for story in _stories() for book in _played(story)]
    histories: list[list[tuple[date, Refer]]] = []
    tales = []
    for number, book in enumerate(books):
        history = [(today, step) for today, step in _dated(book) if isinstance(step, Refer)]
        if history and history not in histories:
            histories.append(history)
        slice_ = histories.index(history) if history else None
        tales.append(Tale(_own_names(number, book, slice_), book, slice_))
    assert len(histories) <= SLICES, "more histories than slices: give the stories one table more in common"
    return tales


def calendar(tales: Iterable[Tale]) -> list[tuple[date, Waves]]:
    """The days with events, in order, and each day of a story whose decision sees the slice's day; at the end the day
    on which the last story ends."""
    days: dict[date, Waves] = {BEFORE: []}
    last_day = BEFORE
    for tale in tales:
        wave, last = 0, None
        for today, step in _dated(tale.book):
            if isinstance(step, date):
                wave, last, last_day = 0, None, max(last_day, today)
                if tale.book.decision.sees_today:
                    days.setdefault(today, [])
                continue
            wave += last is not None and last is not type(step)
            last = type(step)
            waves = days.setdefault(today, [])
            waves += [[] for _ in range(wave + 1 - len(waves))]
            waves[wave].append(tale.handed_in(step))
    days.setdefault(last_day, [])
    return sorted(days.items())


def _dated(book: Playbook[Any]) -> Iterator[tuple[date, Step]]:
    """Each step with the day on which it is taken."""
    today = BEFORE
    for step in book.steps:
        today = step if isinstance(step, date) else today
        yield today, step


def _own_names(number: int, book: Playbook[Any], slice_: int | None) -> dict[str, str]:
    """New names: each key of facts or outputs gets a prefix; a company, whose key is its CVR number, gets another
    number."""
    keys = {*book.subjects, *(event.key for event in book.outputs)}
    companies = sorted(filter(is_cvr, keys))
    assert len(companies) <= COMPANIES, "give each tale more companies"
    cvrs = islice(made_up_cvrs(), COMPANIES * number, None)
    for attempt in count():
        prefix = f"t{number}.{attempt}."
        names = {key: prefix + key for key in keys} | dict(zip(companies, cvrs, strict=False))
        if slice_ is None or {slice_of(names[subject].encode(), SLICES) for subject in book.subjects} <= {slice_}:
            return names
    raise AssertionError("counting does not end")


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def _stories() -> Iterator[Any]:
    for module in pkgutil.iter_modules(tests.stories.__path__, "tests.stories."):
        for name, story in vars(import_module(module.name)).items():
            if name.startswith("test_"):
                yield story


def _played(story: Any) -> Iterator[Playbook[Any]]:
    """The playbooks of each run of a story. A story has no fixtures, so that it can run anywhere."""
    marks = [mark for mark in getattr(story, "pytestmark", ()) if mark.name == "parametrize"]
    columns = [[_row(mark.args[0], row) for row in mark.args[1]] for mark in marks]
    for chosen in product(*columns):
        arguments = {name: value for part in chosen for name, value in part.items()}
        missing = set(inspect.signature(story).parameters) - arguments.keys()
        assert not missing, f"{story.__name__} wants {missing}: a story has no fixtures"
        with Playbook.keeping() as kept:
            story(**arguments)
        yield from kept


def _row(names: str | Iterable[str], row: Any) -> dict[str, Any]:
    """One row of `pytest.mark.parametrize`, bare or as `pytest.param`."""
    split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    values = row.values if hasattr(row, "marks") else (row,) if len(split) == 1 else row
    return dict(zip(split, values, strict=True))
