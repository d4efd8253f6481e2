"""Random mixes: several rounds with different faults at once; then everything is healed and checked."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.faults.inject.strikes import SHORT
from tests.faults.load.country import Country
from tests.faults.load.environment import Environment
from tests.faults.load.workload import Workload, days
from tests.faults.oracles.verdict import Evidence, Needs
from tests.faults.play import Scenario

ROUNDS = 4
TRAPS = (
    "state written:deadlock%5", "outbox written:serialization%5", "committed:kill%1", "published:kill%1",
    "locked:kill%1", "outbox written:kill%1", "leftover published:kill%5", "acknowledged:fail%2", "committed:fail%1",
)  # fmt: skip


def _faults(environment: Environment, load: Country, luck: Random, evidence: Evidence) -> None:
    armed = ", ".join(luck.sample(TRAPS, 3))
    repeats, size = luck.choice((1, 1, 3)), luck.choice((2, 3))
    with days(environment, load, luck, repeats=repeats) as going, Workload(environment, size, armed) as workload:
        for _ in range(ROUNDS):
            threading.Event().wait(luck.uniform(1, 4))
            together = luck.sample(SHORT, luck.choice((1, 2, 3)))
            lucks = [Random(luck.random()) for _ in together]
            with ThreadPoolExecutor(len(together)) as pool:
                for done in [pool.submit(s, workload, own, evidence) for s, own in zip(together, lucks, strict=True)]:
                    done.result()
            workload.mend()
        workload.armed = ""  # the workers that start from now on finish the work without traps
        workload.to_the_end(going)


RANDOM_MIX = Scenario("mixed", _faults, Needs(take_overs=8, rebalances=4))
