"""`python -m tests.faults SCENARIO --seed N` is one run; the Makefile uses `all` and `campaign`.

Prints a line for each run. Below it stand the errors found, or the reasons why the run does not count, and the command
that repeats it.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, count, cycle, repeat

from tests.faults.inject.everywhere import EVERYWHERE
from tests.faults.inject.random_mix import RANDOM_MIX
from tests.faults.inject.scripted import ONE_BY_ONE, TOGETHER
from tests.faults.oracles.verdict import Outcome
from tests.faults.play import LOADS, FaultServers, Scenario, Undisturbed, fault_servers

SCENARIOS: dict[str, Scenario] = {each.name: each for each in (EVERYWHERE, *TOGETHER, *ONE_BY_ONE, RANDOM_MIX)}
SEED = 20210614
SHOWN = 400
"""How many characters of a difference are printed."""

LAST_RUN_S = 120.0
"""With fewer seconds than this left, no other run begins."""

ANOTHER = 1_000
"""Added to the seed of a run of `all` that was INVALID. Such a run proves nothing, so that one other run takes its
place."""


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.faults")
    asked.add_argument("what", nargs="+", choices=[*SCENARIOS, "all", "campaign"])
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--minutes", type=float, default=20.0, help="of `all` and `campaign`")
    told = asked.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # on SIGTERM the servers are stopped too
    logging.getLogger().addHandler(logging.NullHandler())  # a broker is away on purpose
    logging.getLogger("tests.faults").addHandler(logging.StreamHandler())
    until = time.monotonic() + 60 * told.minutes
    outcomes = []
    with ExitStack() as open_:
        servers: dict[int, FaultServers] = {}
        undisturbed: Undisturbed = {}
        for what in told.what:
            for scenario, seed in _planned(what, told.seed, until):
                if scenario.brokers not in servers:
                    servers[scenario.brokers] = open_.enter_context(fault_servers(undisturbed, scenario.brokers))
                outcome = _play(servers[scenario.brokers], scenario, seed)
                if what == "all" and outcome is Outcome.INVALID:
                    outcome = _play(servers[scenario.brokers], scenario, seed + ANOTHER)
                outcomes.append(outcome)
    others = sum(outcome is not Outcome.HOLDS for outcome in outcomes)
    print(f"{len(outcomes)} runs, {others} of them not as they must be")
    return 1 if others else 0


def _planned(what: str, seed: int, until: float) -> Iterator[tuple[Scenario, int]]:
    """The scenarios and seeds to run. `all`: each scripted scenario once, however long it takes, then random mixes, all
    on one load. `campaign`: three random mixes to one scripted scenario, each on another load."""
    if what in SCENARIOS:
        yield SCENARIOS[what], seed
        return
    if what == "all":
        yield from zip((EVERYWHERE, *TOGETHER), repeat(seed))
        going: Iterator[Scenario] = repeat(RANDOM_MIX)
        step = LOADS
    else:
        step = 1
        going = chain.from_iterable((*[RANDOM_MIX] * 3, each) for each in cycle((EVERYWHERE, *TOGETHER)))
    for number, scenario in zip(count(seed, step), going):
        if time.monotonic() > until - LAST_RUN_S:
            return
        yield scenario, number


def _play(servers: FaultServers, scenario: Scenario, seed: int) -> Outcome:
    began = time.monotonic()
    verdict = servers.play(scenario, seed)
    print(f"{verdict.line}  took {time.monotonic() - began:.0f} s", flush=True)
    for line in (*verdict.wrong, *verdict.lacking):
        print("  " + line[:SHOWN])
    if verdict.outcome is not Outcome.HOLDS:
        print("  again: " + verdict.command, flush=True)
    return verdict.outcome


sys.exit(main())
