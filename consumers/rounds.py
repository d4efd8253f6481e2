"""A batch's facts in rounds: what is no change compares each fact with the row that the one before it has left."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def rounds(facts: Iterable[T], key: Callable[[T], Hashable]) -> Sequence[Sequence[T]]:
    """The facts in their order, each key once in a round: one round, unless the batch has several facts about a row."""
    seen: Counter[Hashable] = Counter()
    found: list[list[T]] = []
    for fact in facts:
        about = key(fact)
        if seen[about] == len(found):
            found.append([])
        found[seen[about]].append(fact)
        seen[about] += 1
    return found
