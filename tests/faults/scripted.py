"""The scripted faults, one kind at a time: what struck is known by name, so that what breaks is too."""

import threading
from collections.abc import Sequence
from random import Random

from tests.faults import network, strikes
from tests.faults.country import Country
from tests.faults.crew import Crew, days
from tests.faults.ground import Ground
from tests.faults.network import Strike
from tests.faults.play import Scenario, Size
from tests.faults.verdict import Evidence, Needs

SIZE = Size(citizens=400, days=24, daily=150)
SMALL = Size(citizens=400, days=10, daily=60)
ROLLED_BACK = "state written:deadlock%15, outbox written:serialization%10, step written:deadlock%5"
FAILED = "locked:fail%2, state written:fail%3, committed:fail%3, published:fail%2, acknowledged:fail%3, polled:fail%1"
HELD = "locked:hold=5%1, committed:hold=5%2, outbox written:hold=5%1"


def _play(
    ground: Ground, load: Country, luck: Random, evidence: Evidence, again: Sequence[Strike], size: int, armed: str
) -> None:
    with days(ground, load, luck) as going, Crew(ground, size, armed) as crew:
        for strike in again:
            threading.Event().wait(luck.uniform(0.5, 2.0))
            strike(crew, luck, evidence)
            crew.mend()
        crew.to_the_end(going)


def scripted(
    name: str,
    again: Sequence[Strike],
    needs: Needs,
    size: int = 2,
    load: Size = SIZE,
    armed: str = "",
    small_disk: bool = False,
    brokers: int = 1,
) -> Scenario:
    """The strikes, one after the other, upon so many workers while the country's days go by."""

    def faults(ground: Ground, load: Country, luck: Random, evidence: Evidence) -> None:
        _play(ground, load, luck, evidence, again, size, armed)

    return Scenario(name, faults, needs, load, small_disk, brokers)


def _repeated(ground: Ground, load: Country, luck: Random, evidence: Evidence) -> None:
    """Each fact up to five times, then everything once more from the first record on."""
    with Crew(ground, 2) as crew, days(ground, load, luck, repeats=5) as going:
        crew.to_the_end(going)
        ground.publish(load.facts)
    evidence.struck["everything published again"] += 1


def _struck(**planned: int) -> dict[str, int]:
    return {name.replace("_", " "): times for name, times in planned.items()}


NETWORK = [network.cut_connections, network.mute, network.slow, network.lose_hints] * 2
ONE_BY_ONE: tuple[Scenario, ...] = (
    scripted(
        "kills", [strikes.kill_worker] * 10,
        Needs(_struck(worker_killed=10), kills_in_transaction=3, redeliveries=1, take_overs=20, rebalances=20),
    ),
    scripted("freeze", [strikes.freeze_worker] * 3, Needs(_struck(worker_frozen=3), take_overs=8, rebalances=10)),
    scripted(
        "storm", [strikes.storm] * 4, Needs(_struck(worker_joined_or_left=12), take_overs=20, rebalances=20), load=SIZE
    ),
    scripted("postgres", [strikes.kill_postgres] * 4, Needs(_struck(postgres_killed=4), take_overs=20)),
    scripted("broker", [strikes.kill_broker] * 3, Needs({"kafka-1 killed": 3})),
    scripted("broker-away", [strikes.lose_broker], Needs({"kafka-1 killed": 1}), load=SMALL),
    scripted("broker-frozen", [strikes.freeze_broker] * 3, Needs(_struck(broker_frozen=3))),
    scripted(
        "one-of-three", [strikes.lose_one_of_three] * 3, Needs(_struck(one_of_three_brokers_lost=3)),
        load=SMALL, brokers=3,
    ),
    scripted("sessions", [strikes.end_sessions] * 4, Needs(_struck(session_terminated=20), take_overs=10)),
    scripted(
        "disk-full", [strikes.fill_disk] * 3,
        Needs({"database's disk full": 2, "delivery refused by a full disk": 3}, take_overs=8), small_disk=True,
    ),
    scripted("registry", [strikes.registry_away] * 2, Needs(_struck(registry_away=2), rebalances=1), load=SMALL),
    scripted(
        "rollbacks", [], Needs({"deadlock at state written": 10, "serialization at outbox written": 10}),
        load=SMALL, armed=ROLLED_BACK,
    ),
    scripted(
        "exceptions", [], Needs({"fail at locked": 1, "fail at committed": 1, "fail at published": 1}, redeliveries=1),
        load=SMALL, armed=FAILED,
    ),
    scripted("held", [], Needs({"hold at committed": 1}), load=SMALL, armed=HELD),
    scripted(
        "lost-commits", [network.lose_commits] * 4, Needs(_struck(commit_reply_lost=6), take_overs=6)
    ),
    scripted("lost-produces", [network.lose_produces] * 4, Needs(_struck(produce_reply_lost=6))),
    scripted("lost-hints", [network.lose_hints] * 2, Needs(_struck(offset_commit_reply_lost=2)), load=SMALL),
    scripted("cut", [network.cut_connections] * 4, Needs(_struck(connection_cut=20), take_overs=10)),
    scripted("one-way", [network.mute] * 3, Needs(_struck(muted_one_way=3)), load=SMALL),
    scripted("slow", [network.slow] * 3, Needs(_struck(slowed_down=3)), load=SMALL),
    scripted("clock", [strikes.step_clock] * 3, Needs(_struck(clock_set_back=6)), load=SMALL),
    Scenario("repeated", _repeated, Needs({"everything published again": 1}), SMALL),
)  # fmt: skip
"""Each kind by itself: to see which one breaks something."""

TOGETHER: tuple[Scenario, ...] = (
    scripted(
        "processes",
        [*[strikes.kill_worker] * 6, *[strikes.freeze_worker, strikes.storm, strikes.step_clock] * 2],
        Needs(
            _struck(worker_killed=6, worker_frozen=2, worker_joined_or_left=6, clock_set_back=2),
            kills_in_transaction=2, redeliveries=1, take_overs=30, rebalances=30,
        ),
    ),
    scripted(
        "database", [strikes.kill_postgres, strikes.end_sessions, network.lose_commits] * 2,
        Needs(_struck(postgres_killed=2, session_terminated=10, commit_reply_lost=3), take_overs=20),
    ),
    scripted(
        "kafka", [strikes.kill_broker, strikes.freeze_broker, network.lose_produces] * 2,
        Needs({"kafka-1 killed": 2, "broker frozen": 2, "produce reply lost": 2}),
    ),
    scripted(
        "network", NETWORK,
        Needs(_struck(connection_cut=10, muted_one_way=2, slowed_down=2, offset_commit_reply_lost=2), take_overs=10),
    ),
    scripted(
        "failures", [],
        Needs({"deadlock at state written": 10, "serialization at outbox written": 5, "fail at locked": 1,
               "fail at committed": 1, "hold at committed": 1}, redeliveries=1),
        armed=f"{ROLLED_BACK}, {FAILED}, {HELD}",
    ),
    *(each for each in ONE_BY_ONE if each.name in ("repeated", "registry", "disk-full", "one-of-three", "broker-away")),
)  # fmt: skip
"""All of them once, in fewer runs."""
