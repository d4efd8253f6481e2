"""Creates topics as they are declared. Corrects existing ones where that is safe, and refuses where it is not."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from confluent_kafka import KafkaError
from confluent_kafka.admin import (  # type: ignore[attr-defined] # the client does not mark them as exported
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from infra.errors import AlarmError, TransientError
from infra.kafka import REQUEST_TIMEOUT_S, _await, _describe, end_offsets
from infra.progress import Say, silent
from schemas.topic import INTERNAL_RETENTION_DAYS, SLICES, Topic, partitions

SETTLE_DEADLINE_S = 120
"""Hundreds of new topics answer within seconds, but on a machine that was busy with other work it took over 30 s."""


ASK_INTERVAL_S = 0.05
"""Seconds between two questions whether new topics answer: short beside the second or two that it takes."""


COPIES = 3
"""A record outlives any one broker, and one more may be down for maintenance: two copies acknowledge a write."""


def ensure_topics(
    client: AdminClient, topics: Sequence[Topic], dead_letters: Iterable[str] = (), say: Say = silent
) -> list[str]:
    """Afterwards every topic, and every dead letter topic by its name, exists as declared and answers.

    Returns the names of those that it created. Another number of partitions is refused with `AlarmError`, before
    anything is changed. Other settings of ours are corrected and said: the declaration is the promise (how long
    personal data is kept, that nothing is compacted, and that the broker's clock says since when).
    """
    days = {topic.name: topic.retention_days for topic in topics} | dict.fromkeys(dead_letters, INTERNAL_RETENTION_DAYS)
    there = _describe(client, days)
    for name, description in there.items():
        if len(description.partitions) != partitions(name):
            raise AlarmError(
                f"Topic {name} has {len(description.partitions)} partitions and must have {partitions(name)}:"
                " keys would move."
                " Partitions never change; declare a new version of the topic (-v2) in schemas/topics.py."
            )
    copies = (
        COPIES if len(_await({0: client.describe_cluster(request_timeout=REQUEST_TIMEOUT_S)})[0].nodes) >= COPIES else 1
    )
    wanted = {name: _settings(days[name], copies) for name in days}
    _correct(client, {name: wanted[name] for name in there}, say)
    missing = [NewTopic(name, partitions(name), copies, config=wanted[name]) for name in days if name not in there]
    if missing:
        created = client.create_topics(missing, request_timeout=REQUEST_TIMEOUT_S)
        _await(created, tolerate=KafkaError.TOPIC_ALREADY_EXISTS)  # another process created it at the same moment
        _settle(client, days)
        say(f"Created {len(missing)} topics, with {SLICES} partitions but for dead letters; copies of each: {copies}.")
    return [topic.topic for topic in missing]


def _settings(days: int, copies: int) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        # A record's own time is its writer's word: with an old one the broker would delete it after minutes.
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(timedelta(days=days) // timedelta(milliseconds=1)),
        "min.insync.replicas": "2" if copies == COPIES else "1",
    }


def _correct(client: AdminClient, wanted: Mapping[str, dict[str, str]], say: Say) -> None:
    if not wanted:
        return
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in wanted]
    found = _await(client.describe_configs(asked, request_timeout=REQUEST_TIMEOUT_S))
    changes = []
    for resource, current in found.items():
        wrong = {k: v for k, v in wanted[resource.name].items() if current[k].value != v}
        for setting, value in wrong.items():
            say(f"Corrected {resource.name}: {setting} was {current[setting].value}, is {value}.")
        if wrong:
            entries = [ConfigEntry(k, v, incremental_operation=AlterConfigOpType.SET) for k, v in wrong.items()]
            changes.append(ConfigResource(ResourceType.TOPIC, resource.name, incremental_configs=entries))
    if changes:
        _await(client.incremental_alter_configs(changes, request_timeout=REQUEST_TIMEOUT_S))


def _settle(client: AdminClient, names: Iterable[str]) -> None:
    """Waits until every partition has a leader that answers."""
    deadline = time.monotonic() + SETTLE_DEADLINE_S
    while True:
        try:
            # Without this a client that once saw the topics missing kept believing so for more than 30 s.
            client.list_topics(timeout=REQUEST_TIMEOUT_S)
            end_offsets(client, names)
        except TransientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(ASK_INTERVAL_S)
        else:
            return
