"""Searches every state that steps lead to, breadth first: the steps to a fault that it prints are the fewest
possible."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple, TypeVar

S = TypeVar("S", bound=Hashable)
Steps = Callable[[S], Iterable[tuple[str, S]]]


class Finding(NamedTuple):
    """The result of a search. `fault` is empty when nothing is wrong; `trace`: the steps that lead to the fault."""

    states: int
    fault: str
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        steps = [f"{number:3}. {step}" for number, step in enumerate(self.trace, 1)]
        return "\n".join([f"{self.fault or 'nothing wrong'} ({self.states} states)", *steps])


def explore(start: S, steps: Steps[S], wrong: Callable[[S], str], rests: Callable[[S], bool]) -> Finding:
    """Finds the first state that is `wrong`, or from which no state can be reached that `rests`."""
    numbers: dict[S, int] = {start: 0}
    came: list[tuple[int, str]] = [(0, "")]
    before: list[list[int]] = [[]]
    resting: list[int] = []
    queue = deque([start])
    while queue:
        state = queue.popleft()
        here = numbers[state]
        if rests(state):
            resting.append(here)
        for text, after in steps(state):
            known = numbers.setdefault(after, len(came))
            if known == len(came):
                came.append((here, text))
                before.append([])
                if fault := wrong(after):
                    return Finding(len(came), fault, _trace(came, known))
                queue.append(after)
            before[known].append(here)
    if (stuck := _first_without_rest(before, resting)) is not None:
        return Finding(len(came), "from here it never comes to rest with all done", _trace(came, stuck))
    return Finding(len(came), "")


def _first_without_rest(before: list[list[int]], resting: list[int]) -> int | None:
    well, queue = set(resting), list(resting)
    while queue:
        for state in before[queue.pop()]:
            if state not in well:
                well.add(state)
                queue.append(state)
    return next((state for state in range(len(before)) if state not in well), None)


def _trace(came: list[tuple[int, str]], state: int) -> tuple[str, ...]:
    def backwards() -> Iterator[str]:
        at = state
        while at:
            at, text = came[at]
            yield text

    return tuple(backwards())[::-1]
