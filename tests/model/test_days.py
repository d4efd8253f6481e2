"""Days order the topics of a slice, live and in a backlog; without any one of the rules the search finds a fault."""

import pytest

from tests.model.days import Calendar, Day, Order
from tests.model.explore import Finding, explore

STORY = ("A1", Day(1, (1, 0)), Day(2, (1, 0)), "B1", "A3", "B0", Day(3, (2, 2)), "A4")
"""Two days caught up at once; a late fact; a hole; a fact of day 4 before that day has begun."""


def find(off: frozenset[Order]) -> list[Finding]:
    calendar = Calendar(STORY, off)
    return [explore(start, calendar.steps, lambda now: now.fault, calendar.rests) for start in calendar.starts()]


def test_with_all_rules_every_order_of_fetching_keeps_the_order_of_days() -> None:
    found = find(frozenset())
    assert [finding.fault for finding in found] == ["", ""], "\n".join(map(str, found))
    assert min(finding.states for finding in found) > 100


@pytest.mark.parametrize("rule", Order)
def test_without_any_rule_of_the_days_the_search_finds_a_fault(rule: Order) -> None:
    assert any(finding.fault for finding in find(frozenset({rule})))
