"""A source that does not see the same place at every look is stuck, and no other source is."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.source.stuck_detector import STUCK_LOOKS, Ends, StuckDetector

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

    def unseen(self, _ends: Any, /) -> Missed:
        return self.tells.pop(0)

    def made_anew(self, _ids: Any, /) -> None:
        """No topic was."""

    def reconnect(self, _missed: Hashable, /) -> None:
        self.renewed_at.append(len(self.tells))


@pytest.mark.parametrize(
    ("looks", "renewed"),
    [
        ([FIRST] * STUCK_LOOKS, 0),
        ([FIRST] * STUCK_LOOKS + [BOTH], 1),
        ([FIRST] * 2 * (STUCK_LOOKS + 1), 2),
        ([FIRST, SECOND] * 10, 0),
        ([FIRST] * STUCK_LOOKS + [set(), FIRST], 0),
        ([*[FIRST, None] * STUCK_LOOKS, FIRST], 1),
        ([None] * 10, 0),
    ],
)
def test_a_thing_that_is_missed_at_so_many_looks_one_after_the_other_is_what_counts(
    looks: Sequence[Missed], renewed: int
) -> None:
    source = Source([*looks])
    stuck_detector = StuckDetector("nowhere", lambda: [source])
    for _ in looks:
        stuck_detector.look(ENDS)
    assert len(source.renewed_at) == renewed


def test_while_kafka_says_nothing_no_client_is_stuck() -> None:
    source = Source([FIRST] * (2 * STUCK_LOOKS))
    stuck_detector = StuckDetector("nowhere", lambda: [source])
    for ends in (*[ENDS] * STUCK_LOOKS, NOTHING, *[ENDS] * STUCK_LOOKS):
        stuck_detector.look(ends)
    assert (source.renewed_at, source.tells) == ([], [])
