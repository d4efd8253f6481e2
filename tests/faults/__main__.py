"""`python -m tests.faults SCENARIO --seed N` is one run; `all` and `campaign` are the Makefile's.

A line for each run; what is wrong, or what a run lacks to count, stands below it, with the command that repeats it.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, count, cycle, repeat

from tests.faults.everywhere import EVERYWHERE
from tests.faults.mixed import MIXED
from tests.faults.play import LOADS, Scenario, Theatre, Undisturbed, theatre
from tests.faults.scripted import ONE_BY_ONE, TOGETHER
from tests.faults.verdict import Outcome

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (EVERYWHERE, *TOGETHER, *ONE_BY_ONE, MIXED)}
SEED = 20210614
SHOWN = 400
"""Characters of a difference."""

LAST_RUN_S = 120.0
"""With less time than this left, no other run is begun."""

ANOTHER = 1_000
"""What is added to the seed of a run of `all` that was INVALID: it proves nothing either way, and another takes its
place, once."""


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.faults")
    asked.add_argument("what", nargs="+", choices=[*SCENARIOS, "all", "campaign"])
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--minutes", type=float, default=20.0, help="of `all` and `campaign`")
    told = asked.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever is told to end takes the servers along
    logging.getLogger().addHandler(logging.NullHandler())  # a broker that is away is meant to be
    logging.getLogger("tests.faults").addHandler(logging.StreamHandler())
    until = time.monotonic() + 60 * told.minutes
    outcomes = []
    with ExitStack() as open_:
        stages: dict[int, Theatre] = {}
        undisturbed: Undisturbed = {}
        for what in told.what:
            for scenario, seed in _planned(what, told.seed, until):
                if scenario.brokers not in stages:
                    stages[scenario.brokers] = open_.enter_context(theatre(undisturbed, scenario.brokers))
                outcome = _play(stages[scenario.brokers], scenario, seed)
                if what == "all" and outcome is Outcome.INVALID:
                    outcome = _play(stages[scenario.brokers], scenario, seed + ANOTHER)
                outcomes.append(outcome)
    others = sum(outcome is not Outcome.HOLDS for outcome in outcomes)
    print(f"{len(outcomes)} runs, {others} of them not as they must be")
    return 1 if others else 0


def _planned(what: str, seed: int, until: float) -> Iterator[tuple[Scenario, int]]:
    """All: each scripted one once, whatever time it takes, then mixes, upon one load. A campaign: three mixes to one
    scripted, and another load each time."""
    if what in SCENARIOS:
        yield SCENARIOS[what], seed
        return
    if what == "all":
        yield from zip((EVERYWHERE, *TOGETHER), repeat(seed))
        going: Iterator[Scenario] = repeat(MIXED)
        step = LOADS
    else:
        step = 1
        going = chain.from_iterable((MIXED, MIXED, MIXED, each) for each in cycle((EVERYWHERE, *TOGETHER)))
    for number, scenario in zip(count(seed, step), going):
        if time.monotonic() > until - LAST_RUN_S:
            return
        yield scenario, number


def _play(stage: Theatre, scenario: Scenario, seed: int) -> Outcome:
    began = time.monotonic()
    verdict = stage.play(scenario, seed)
    print(f"{verdict.line}  took {time.monotonic() - began:.0f} s", flush=True)
    for line in (*verdict.wrong, *verdict.lacking):
        print("  " + line[:SHOWN])
    if verdict.outcome is not Outcome.HOLDS:
        print("  again: " + verdict.command, flush=True)
    return verdict.outcome


sys.exit(main())
