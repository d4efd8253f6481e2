"""How days order the topics of a slice (DESIGN 2.3). The subject has facts on two topics and wakes every day."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, unique
from typing import NamedTuple

from tests.model.world import replaced

CLOCK = 2
"""The index of the clock's topic among the topics."""


@unique
class Order(Enum):
    """The rules of days; each value is a place in the code and the rule, as in `Repair`."""

    DAY_WAITS = "infra.engine.days:begin_days", "a day begins when the slice has read up to the day's ends"
    RECORD_WAITS = "infra.source.buffer:Buffer.cut", "a record behind a day that has not begun waits for that day"
    DAYS_KNOWN = (
        "infra.source.buffer:Buffer.take_in",
        "nothing is handed out before the clock's topic is read to its end",
    )
    HOLES = "infra.source.buffer:Buffer.take_in", "the end of a partition tells of a hole before it"
    CATCH_UP = "streams.decision:Subject.apply", "a fact wakes its subject up to its own day, then up to the slice's"
    WAKES_LEFT = (
        "infra.engine.worker:Worker.take_over",
        "a worker that takes over continues the wakes of the slice's day",
    )


class Day(NamedTuple):
    """`day-begun`, with the end offsets that the two topics had when the clock looked. Later records may be there by
    the time the clock writes."""

    day: int
    ends: tuple[int, int]


class Reading(NamedTuple):
    """The state of a slice. `happened`: how many entries of the calendar are published."""

    happened: int
    taken: tuple[int, ...] = (0, 0, 0)
    fetched: tuple[int, ...] = (0, 0, 0)
    days_known: bool = False
    seen: int = 0
    """Days that were on the topic at the take-over, or were fetched since."""
    day: int = 0
    due: int = 1
    """The subject's `wakes_on`."""
    waking: bool = True
    takes: int = 1
    fault: str = ""


@dataclass(frozen=True)
class Calendar:
    """All that happens, in order: a day; "A2", a fact of day 2 on topic A; or "A0", a hole in A's log."""

    happens: tuple[str | Day, ...]
    off: frozenset[Order] = frozenset()

    def starts(self) -> list[Reading]:
        """The two first states: everything is published already, or nothing is."""
        return [Reading(happened=len(self.happens), seen=len(self._days(len(self.happens)))), Reading(happened=0)]

    def steps(self, now: Reading) -> Iterator[tuple[str, Reading]]:
        if now.happened < len(self.happens):
            yield f"{self.happens[now.happened]} is published", now._replace(happened=now.happened + 1)
        for topic in (0, 1):
            yield from self._fetch(now, topic)
            yield from self._hand_out(now, topic)
        yield from self._days_step(now)
        if now.waking:
            yield f"wakes the subject up to {now.day}", self._woken(now)
        if now.takes:
            seen, waking = len(self._days(now.happened)), self._on(Order.WAKES_LEFT)
            fresh = now._replace(fetched=now.taken, days_known=False, seen=seen, waking=waking, takes=now.takes - 1)
            yield "is taken over", fresh

    def rests(self, now: Reading) -> bool:
        logs = [len(self._log(now.happened, topic)) for topic in (0, 1)]
        read = now.taken == (*logs, len(self._days(now.happened)))
        return now.happened == len(self.happens) and read and now.due > now.day

    def _fetch(self, now: Reading, topic: int) -> Iterator[tuple[str, Reading]]:
        log, offset = self._log(now.happened, topic), now.fetched[topic]
        while offset < len(log) and log[offset] == 0:
            offset += 1
        to = offset + 1 if offset < len(log) else offset if self._on(Order.HOLES) else now.fetched[topic]
        if to > now.fetched[topic]:
            yield f"fetches {'AB'[topic]} up to {to}", now._replace(fetched=replaced(now.fetched, topic, to))

    def _hand_out(self, now: Reading, topic: int) -> Iterator[tuple[str, Reading]]:
        offset, (*_, begun) = now.taken[topic], now.taken
        days = self._days(now.happened)
        next_day = days[begun] if begun < now.fetched[CLOCK] else None
        if offset == now.fetched[topic]:
            return
        if self._on(Order.DAYS_KNOWN) and next_day is None and not now.days_known:
            return
        if self._on(Order.RECORD_WAITS) and next_day and offset >= next_day.ends[topic]:
            return
        after = now._replace(taken=replaced(now.taken, topic, offset + 1))
        if day := self._log(now.happened, topic)[offset]:
            behind = [late for late in days[begun : now.seen] if offset >= late.ends[topic]]
            fault = f"BEHIND: a fact before {behind[0]}, behind which it lies" if behind else ""
            if self._on(Order.CATCH_UP):
                after = after._replace(due=max(day, now.day) + 1)
            else:
                fault = fault or (
                    f"WAKES: the fact of day {day} comes before that day's wake" if now.due <= day else ""
                )
                after = after._replace(due=day + 1)
            after = after._replace(fault=fault)
        yield f"takes in {'AB'[topic]} at {offset}", after

    def _days_step(self, now: Reading) -> Iterator[tuple[str, Reading]]:
        days, fetched, begun = self._days(now.happened), now.fetched[CLOCK], now.taken[CLOCK]
        if fetched < len(days):
            more = now._replace(fetched=replaced(now.fetched, CLOCK, fetched + 1), seen=max(now.seen, fetched + 1))
            yield f"fetches {days[fetched]}", more
        elif not now.days_known:
            yield "reaches the end of the clock's topic", now._replace(days_known=True)
        to = begun
        while to < fetched and (all(map(int.__le__, days[to].ends, now.taken)) or not self._on(Order.DAY_WAITS)):
            to += 1
        if to > begun:
            early = [day for day in days[begun:to] if not all(map(int.__le__, day.ends, now.taken))]
            fault = f"EARLY: {early[0]} begins before its facts: read up to {now.taken[:2]}" if early else ""
            begins = now._replace(taken=replaced(now.taken, CLOCK, to), day=days[to - 1].day, waking=True, fault=fault)
            yield f"begins {', '.join(str(day.day) for day in days[begun:to])} in one transaction", begins

    def _woken(self, now: Reading) -> Reading:
        """The state after one bounded step of the day's wakes."""
        due = now.due + 1 if now.due <= now.day else now.due
        return now._replace(due=due, waking=due <= now.day)

    def _on(self, rule: Order) -> bool:
        return rule not in self.off

    def _days(self, happened: int) -> list[Day]:
        return [each for each in self.happens[:happened] if isinstance(each, Day)]

    def _log(self, happened: int, topic: int) -> list[int]:
        return [
            int(each[1]) for each in self.happens[:happened] if not isinstance(each, Day) and each[0] == "AB"[topic]
        ]
