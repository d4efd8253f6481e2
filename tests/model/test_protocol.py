"""The protocol holds in every order of its dangers; without any one of its rules the search finds a fault."""

from functools import partial
from importlib import import_module
from operator import attrgetter

import pytest

from tests.model.days import Order
from tests.model.explore import Finding, explore
from tests.model.properties import rests, wrong
from tests.model.protocol import Protocol
from tests.model.repairs import Repair
from tests.model.world import Dangers, Model, Topic
from tests.tidy.tree import ROOT

SAME, BOTH = (Topic("A", "ac"),), (Topic("A", "ab"),)
"""Two facts whose events go to one partition, or to both."""
TWO = (Topic("A", "a"), Topic("B", "c"))
CRASH, TAKE = Dangers(crashes=1), Dangers(takes=1)

HOLDS = {
    "a zombie, both partitions": Model((Topic("A", "abc"),), TAKE),
    "a zombie and a crash, a record repeated": Model((Topic("A", "aa"),), Dangers(takes=1, crashes=1)),
    "two zombies": Model(SAME, Dangers(takes=2)),
    "a zombie and a lost COMMIT reply": Model(SAME, Dangers(takes=1, unknowns=1)),
    "a zombie and a delivery error": Model(SAME, Dangers(takes=1, errors=1)),
    "everything at once on one record": Model((Topic("A", "a"),), Dangers(1, 1, 1, 1)),
    "all but zombies": Model(BOTH, Dangers(crashes=1, unknowns=1, errors=1), workers=1),
    "the ledger's records, one repeated": Model((Topic("A", "121", ledger=True),), Dangers(unknowns=1, crashes=1)),
    "an unreadable record": Model((Topic("A", "a!c"),), Dangers(crashes=1, unknowns=1)),
    "frozen for good": Model(SAME, Dangers(freezes=1, crashes=1)),
    "several topics": Model(TWO, TAKE),
    "a restore, a crash": Model(TWO, Dangers(crashes=1, restores=1), workers=1),
    "a restore, a lost reply, a delivery error": Model(TWO, Dangers(unknowns=1, errors=1, restores=1), workers=1),
}  # fmt: skip

_STUCK = "from here it never comes to rest"
BREAKS = {
    Repair.ONE_THREAD: (Model(SAME, workers=1), "ORDER"),
    Repair.EPOCH: (Model(SAME, TAKE), "ORDER"),
    Repair.FROMS: (Model(SAME, TAKE, off=frozenset({Repair.RESET})), "TABLES"),
    Repair.RESET: (Model(SAME, TAKE), _STUCK),
    Repair.LOCK_FIRST: (Model(SAME, TAKE), "TABLES"),
    Repair.LATER: (Model(SAME, TAKE), "ORDER"),
    Repair.ENDS_BLOCKER: (Model(SAME, Dangers(freezes=1)), _STUCK),
    Repair.LEFTOVERS: (Model(SAME, CRASH, workers=1), "ORDER"),
    Repair.LEFTOVERS_FIRST: (Model(SAME, CRASH, workers=1), "ORDER"),
    Repair.SAME_PRODUCER: (Model(SAME, CRASH, workers=1), "ORDER"),
    Repair.ONE_TRANSACTION: (Model(SAME, CRASH, workers=1), "LOST"),
    Repair.LETTERS: (Model((Topic("A", "!a"),), workers=1), "LETTERS"),
    Repair.AFTER_COMMIT: (Model(SAME, Dangers(unknowns=1), workers=1), "NOT COMMITTED"),
    Repair.INBOX: (Model((Topic("A", "aa"),), workers=1), "TABLES"),
    Repair.SEQUENCE: (Model((Topic("A", "11", ledger=True),), workers=1), "TABLES"),
    Repair.GAP: (Model((Topic("A", "13", ledger=True),), workers=1, alarms=True), "TABLES"),
    Repair.OUTSIDE: (Model(SAME, Dangers(retention=1), workers=1, alarms=True), "TABLES"),
    Repair.UNKNOWN: (Model(SAME, Dangers(unknowns=1), workers=1), "ORDER"),
    Repair.IDEMPOTENT: (Model(SAME, Dangers(errors=1), workers=1), "ORDER"),
    Repair.NO_TIMEOUT: (Model(SAME, Dangers(errors=1), workers=1), "ORDER"),
    Repair.DISCARD: (Model(SAME, Dangers(errors=1), workers=1), "ORDER"),
    Repair.EACH_PARTITION: (Model(BOTH, CRASH, workers=1), "LOST"),
    Repair.EXACT: (Model(BOTH, CRASH, workers=1), "LOST"),
    Repair.LIMIT: (Model((Topic("A", "abc"),), workers=1), "LIMIT"),
    Repair.SUBSCRIBER: (Model(SAME, CRASH, workers=1), "DOUBLED"),
    Repair.ABOVE: (Model(TWO, Dangers(restores=1), workers=1), "LOST"),
    Repair.IDS: (Model(TWO, Dangers(restores=1), workers=1), "DOUBLED"),
    Repair.ENDED: (Model(TWO, Dangers(restores=1), workers=1), "LOST"),
}
"""For each rule, a model that needs it and the fault without it. FROMS is a second line of defence behind RESET."""


def find(model: Model, *off: Repair) -> Finding:
    model = Model(model.reads, model.dangers, model.workers, model.partitions, model.alarms, model.off | {*off})
    return explore(model.start(), Protocol(model).steps, partial(wrong, model), partial(rests, model))


@pytest.mark.parametrize("model", HOLDS.values(), ids=HOLDS)
def test_with_all_rules_nothing_is_lost_doubled_or_stuck(model: Model) -> None:
    finding = find(model)
    assert finding.fault == "", str(finding)
    assert finding.states > 100


@pytest.mark.parametrize("rule", BREAKS, ids=lambda rule: rule.name)
def test_without_any_rule_of_the_protocol_the_search_finds_a_fault(rule: Repair) -> None:
    model, fault = BREAKS[rule]
    finding = find(model, rule)
    assert finding.fault.startswith(fault), str(finding)
    assert finding.trace
    assert find(Model(model.reads, model.dangers, model.workers, alarms=model.alarms)).fault == ""


def test_that_batches_carry_their_epoch_is_a_spare_rule_while_a_slice_has_one_batch_under_way() -> None:
    assert find(Model(SAME, TAKE), Repair.BATCH_EPOCH, Repair.FROMS).fault == ""
    assert {*Repair} - {*BREAKS} == {Repair.BATCH_EPOCH}


@pytest.mark.parametrize("rule", [*Repair, *Order], ids=lambda rule: rule.name)
def test_every_rule_of_the_model_names_its_place_in_the_code(rule: Repair | Order) -> None:
    place, _, name = rule.value[0].partition(":")
    if place.startswith("docs/"):
        assert name
        assert name in (ROOT / place).read_text(encoding="utf-8")
    else:
        assert attrgetter(name)(import_module(place)) is not None
