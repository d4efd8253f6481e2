"""The scripted faults, one kind at a time, so that the name of a broken run tells which fault broke it."""

from collections.abc import Sequence
from random import Random

from tests.faults.inject import network, strikes
from tests.faults.inject.network import Strike
from tests.faults.load.country import Country
from tests.faults.load.environment import Environment
from tests.faults.load.workload import Workload, days
from tests.faults.oracles.verdict import Evidence, Needs
from tests.faults.play import Scenario

ROLLED_BACK = "state written:deadlock%15, outbox written:serialization%10, step written:deadlock%5"
FAILED = "locked:fail%2, state written:fail%3, committed:fail%3, published:fail%2, acknowledged:fail%3, polled:fail%1"
HELD = "locked:hold=5%1, committed:hold=5%2, outbox written:hold=5%1"


def scripted(
    name: str,
    again: Sequence[Strike],
    needs: Needs,
    size: int = 2,
    armed: str = "",
    small_disk: bool = False,
    brokers: int = 1,
) -> Scenario:
    """The strikes, one after the other, on `size` workers while the country's days are published."""

    def faults(environment: Environment, load: Country, luck: Random, evidence: Evidence) -> None:
        with days(environment, load, luck) as going, Workload(environment, size, armed) as workload:
            for strike in again:
                network.wait(luck.uniform(0.5, 2.0))
                network.patiently(workload.at_work)
                strike(workload, luck, evidence)
                workload.mend()
            workload.to_the_end(going)

    return Scenario(name, faults, needs, small_disk=small_disk, brokers=brokers)


def repeated(name: str, needs: Needs, armed: str = "") -> Scenario:
    """Publishes each fact up to five times, then all facts once more from the first one on."""

    def faults(environment: Environment, load: Country, luck: Random, evidence: Evidence) -> None:
        with Workload(environment, 2, armed) as workload, days(environment, load, luck, pace_s=0.5, repeats=5) as going:
            workload.to_the_end(going)
            environment.publish(load.facts)
        evidence.struck["everything published again"] += 1

    return Scenario(name, faults, needs)


def _struck(**planned: int) -> dict[str, int]:
    return {name.replace("_", " "): times for name, times in planned.items()}


OTHERS = [strikes.freeze_worker, strikes.storm, strikes.step_clock]
DATABASE = [strikes.kill_postgres, strikes.end_sessions, network.lose_commits, strikes.fill_disk]
KAFKA = [strikes.kill_broker, strikes.freeze_broker, network.lose_produces, strikes.lose_broker]
NETWORK = [network.cut_connections, network.mute, network.slow, network.lose_hints]
ONE_BY_ONE: tuple[Scenario, ...] = (
    scripted(
        "kills", [strikes.kill_worker] * 10,
        Needs(_struck(worker_killed=10), kills_in_transaction=3, redeliveries=1, take_overs=20, rebalances=20),
    ),
    scripted("freeze", [strikes.freeze_worker] * 3, Needs(_struck(worker_frozen=3), take_overs=8, rebalances=10)),
    scripted(
        "storm", [strikes.storm] * 4, Needs(_struck(worker_joined_or_left=12), take_overs=20, rebalances=20)
    ),
    scripted("postgres", [strikes.kill_postgres] * 4, Needs(_struck(postgres_killed=4), take_overs=20)),
    scripted("broker", [strikes.kill_broker] * 3, Needs({"kafka-1 killed": 3})),
    scripted("broker-away", [strikes.lose_broker], Needs({"kafka-1 killed": 1})),
    scripted("broker-frozen", [strikes.freeze_broker] * 3, Needs(_struck(broker_frozen=3))),
    scripted("sessions", [strikes.end_sessions] * 4, Needs(_struck(session_terminated=20), take_overs=10)),
    scripted(
        "disk-full", [strikes.fill_disk] * 3,
        Needs({"database's disk full": 2, "delivery refused by a full disk": 3}, take_overs=8), small_disk=True,
    ),
    scripted(
        "registry", [strikes.registry_away, strikes.lose_registry] * 2,
        Needs(_struck(registry_away=2, lost_registry_not_filled=2), rebalances=1),
    ),
    scripted(
        "rollbacks", [], Needs({"deadlock at state written": 10, "serialization at outbox written": 10}),
        armed=ROLLED_BACK,
    ),
    scripted(
        "exceptions", [], Needs({"fail at locked": 1, "fail at committed": 1, "fail at published": 1}, redeliveries=1),
        armed=FAILED,
    ),
    scripted("held", [], Needs({"hold at committed": 1}), armed=HELD),
    scripted(
        "lost-commits", [network.lose_commits] * 4, Needs(_struck(commit_reply_lost=6), take_overs=6)
    ),
    scripted("lost-produces", [network.lose_produces] * 4, Needs(_struck(produce_reply_lost=6))),
    scripted("lost-hints", [network.lose_hints] * 2, Needs(_struck(offset_commit_reply_lost=2))),
    scripted("cut", [network.cut_connections] * 4, Needs(_struck(connection_cut=20), take_overs=10)),
    scripted("one-way", [network.mute] * 3, Needs(_struck(muted_one_way=3))),
    scripted("slow", [network.slow] * 3, Needs(_struck(slowed_down=3))),
    scripted("clock", [strikes.step_clock] * 3, Needs(_struck(clock_set_back=6))),
    repeated("repeated", Needs({"everything published again": 1})),
)  # fmt: skip
"""Each kind of fault by itself, to see which one causes an error."""

TOGETHER: tuple[Scenario, ...] = (
    scripted(
        "processes", [*[strikes.kill_worker] * 4, *OTHERS],
        Needs(
            _struck(worker_killed=4, worker_frozen=1, worker_joined_or_left=3, clock_set_back=2),
            kills_in_transaction=1, redeliveries=1, take_overs=20, rebalances=20,
        ),
    ),
    scripted(
        "database", [*DATABASE, strikes.registry_away, strikes.lose_registry],
        Needs(
            {**_struck(postgres_killed=1, session_terminated=5, commit_reply_lost=1, registry_away=1,
                       lost_registry_not_filled=1),
             "database's disk full": 1, "delivery refused by a full disk": 1},
            take_overs=20,
        ),
        small_disk=True,
    ),
    scripted("kafka", KAFKA, Needs({"kafka-1 killed": 2, "broker frozen": 1, "produce reply lost": 1})),
    scripted(
        "network", NETWORK,
        Needs(_struck(connection_cut=5, muted_one_way=1, slowed_down=1, offset_commit_reply_lost=1), take_overs=10),
    ),
    repeated(
        "failures",
        Needs({"deadlock at state written": 10, "serialization at outbox written": 5, "fail at locked": 1,
               "fail at committed": 1, "hold at committed": 1, "everything published again": 1}, redeliveries=1),
        armed=f"{ROLLED_BACK}, {FAILED}, {HELD}",
    ),
    scripted(
        "one-of-three", [strikes.lose_one_of_three] * 3, Needs(_struck(one_of_three_brokers_lost=3)), brokers=3
    ),
)  # fmt: skip
"""All kinds of faults once, in fewer runs."""
