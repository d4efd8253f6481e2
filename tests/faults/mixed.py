"""Random mixes: again and again another subset of the faults at once, then everything is healed and looked at."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.faults.country import Country
from tests.faults.crew import Crew, days
from tests.faults.ground import Ground
from tests.faults.play import Scenario
from tests.faults.strikes import SHORT
from tests.faults.verdict import Evidence, Needs

ROUNDS = 4
TRAPS = (
    "state written:deadlock%5", "outbox written:serialization%5", "committed:kill%1", "published:kill%1",
    "locked:kill%1", "outbox written:kill%1", "leftover published:kill%5", "acknowledged:fail%2", "committed:fail%1",
)  # fmt: skip


def _faults(ground: Ground, load: Country, luck: Random, evidence: Evidence) -> None:
    armed = ", ".join(luck.sample(TRAPS, 3))
    repeats, size = luck.choice((1, 1, 3)), luck.choice((2, 3))
    with days(ground, load, luck, repeats=repeats) as going, Crew(ground, size, armed) as crew:
        for _ in range(ROUNDS):
            threading.Event().wait(luck.uniform(1, 4))
            together = luck.sample(SHORT, luck.choice((1, 2, 3)))
            lucks = [Random(luck.random()) for _ in together]
            with ThreadPoolExecutor(len(together)) as striking:
                for done in [striking.submit(s, crew, own, evidence) for s, own in zip(together, lucks, strict=True)]:
                    done.result()
            crew.mend()
        crew.armed = ""  # the rest is for those who live
        crew.to_the_end(going)


MIXED = Scenario("mixed", _faults, Needs(take_overs=8, rebalances=4))
