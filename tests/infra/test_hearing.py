"""Who misses the same thing at every look is deaf, and nobody else."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.hearing import DEAF_LOOKS, Ends, Hearing

Missed = set[Hashable] | None

ENDS: Ends = [{"topic": 7}]
NOTHING: Ends = [{}]
FIRST: Missed = {"first"}
SECOND: Missed = {"second"}
BOTH: Missed = {"first", "second"}


@dataclass
class Source:
    """Misses what is told, look by look."""

    tells: list[Missed]
    name: str = "test"
    topics: tuple[str, ...] = ("topic",)
    renewed_at: list[int] = field(default_factory=list)

    def missed(self, _ends: Any, /) -> Missed:
        return self.tells.pop(0)

    def renew(self, _missed: Hashable, /) -> None:
        self.renewed_at.append(len(self.tells))


@pytest.mark.parametrize(
    ("looks", "renewed"),
    [
        ([FIRST] * DEAF_LOOKS, 0),
        ([FIRST] * DEAF_LOOKS + [BOTH], 1),
        ([FIRST] * 2 * (DEAF_LOOKS + 1), 2),
        ([FIRST, SECOND] * 10, 0),
        ([FIRST] * DEAF_LOOKS + [set(), FIRST], 0),
        ([*[FIRST, None] * DEAF_LOOKS, FIRST], 1),
        ([None] * 10, 0),
    ],
)
def test_a_thing_that_is_missed_at_so_many_looks_one_after_the_other_is_what_counts(
    looks: Sequence[Missed], renewed: int
) -> None:
    source = Source([*looks])
    hearing = Hearing("nowhere", lambda: [source])
    for _ in looks:
        hearing.look(ENDS)
    assert len(source.renewed_at) == renewed


def test_while_kafka_says_nothing_nobody_is_deaf() -> None:
    source = Source([FIRST] * (2 * DEAF_LOOKS))
    hearing = Hearing("nowhere", lambda: [source])
    for ends in (*[ENDS] * DEAF_LOOKS, NOTHING, *[ENDS] * DEAF_LOOKS):
        hearing.look(ends)
    assert (source.renewed_at, source.tells) == ([], [])
