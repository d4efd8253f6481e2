"""Each sabotage still fits the code, and the test that must catch it exists, so that none becomes useless unnoticed."""

from tests.faults.sabotages_of_edges import SABOTAGES
from tests.tidy.tree import ROOT


def test_every_sabotage_changes_one_place_of_the_code() -> None:
    assert len(SABOTAGES) >= 20
    assert len({each.what for each in SABOTAGES}) == len(SABOTAGES)
    found = {each.what: (ROOT / each.file).read_text(encoding="utf-8").count(each.old) for each in SABOTAGES}
    assert {what: count for what, count in found.items() if count != 1} == {}


def test_every_sabotage_names_a_test_that_is_there() -> None:
    missing = []
    for each in SABOTAGES:
        file, _, name = each.caught_by.partition("::")
        if not (ROOT / file).is_file() or f"def {name}" not in (ROOT / file).read_text(encoding="utf-8"):
            missing.append(f"{each.what}: {each.caught_by}")
    assert missing == []
