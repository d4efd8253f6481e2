"""On real Kafka: who is in a group is Kafka's word, whatever its member believes."""

import asyncio
from pathlib import Path

import pytest

from infra import membership
from infra.cli.work import _Engine, ready
from infra.local import Addresses
from tests.integration.system import make_system, wait_for


def test_a_process_whose_member_kafka_does_not_count_any_more_ends_and_before_it_lives(
    addresses: Addresses, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it takes over again, for ever, what Kafka has given to another, each time it is fenced."""
    system = make_system(addresses, database, tmp_path)
    monkeypatch.setattr(membership, "ROLL_S", 0.1)
    rolls: list[bool] = []
    taken_in = membership.Membership.poll

    def poll(self: membership.Membership) -> None:
        if self._roll is not None:
            rolls.append(self._member.memberid() in self._roll)
        taken_in(self)

    monkeypatch.setattr(membership.Membership, "poll", poll)
    engine = _Engine(["mailboxes"], ready(Addresses(addresses.kafka, addresses.registry, system.dsn)), 0.0)
    asyncio.run(engine.start())
    try:
        wait_for("Kafka to count the member for a while", lambda: rolls[-3:] == [True] * 3)
        assert engine.lives()

        engine._groups[0].source.membership._member.unsubscribe()  # Kafka forgets it, and it is not told
        wait_for("the process to see it", lambda: not engine.lives())
        assert rolls[-membership.ABSENT_ROLLS :] == [False] * membership.ABSENT_ROLLS
    finally:
        asyncio.run(engine.stop())
