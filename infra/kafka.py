"""Topics as they are declared: created, compared, corrected where that is safe, refused where it is not."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # the client does not mark them as exported
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
    TopicDescription,
)

from infra.errors import AlarmError, TransientError
from infra.local.process import Say, silent
from schemas.topic import INTERNAL_RETENTION_DAYS, SLICES, Topic, partitions

REQUEST_TIMEOUT_S = 30
"""Longer than the election of a new controller takes."""

SETTLE_DEADLINE_S = 120
"""For hundreds of new topics to answer: seconds, but on a machine that is busy with other things it took over 30 s."""

ASK_INTERVAL_S = 0.05
"""How often it is asked whether new topics answer: short beside the second or two that it takes."""

LOG = logging.getLogger(__name__)
_AWAY = frozenset(
    (
        KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._NOENT,
        KafkaError._IN_PROGRESS,
        KafkaError.REQUEST_TIMED_OUT, KafkaError.NOT_CONTROLLER, KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR,
        KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.KAFKA_STORAGE_ERROR,
    )
)  # fmt: skip
"""Answers that change by themselves: leaders move, and a new topic is not known to all brokers at once."""

COPIES = 3
"""A record outlives any one broker, and one more may be down for maintenance: two copies acknowledge a write."""


def admin(servers: str) -> AdminClient:
    """A client for the requests of this module."""
    settings: dict[str, Any] = {"bootstrap.servers": servers, "client.id": "dfdg-admin", "logger": LOG}
    return AdminClient(settings)


def ensure_topics(
    client: AdminClient, topics: Sequence[Topic], dead_letters: Iterable[str] = (), say: Say = silent
) -> None:
    """Afterwards every topic, and every dead letter topic by its name, is there as declared, and answers.

    Another number of partitions is refused with `AlarmError`, before anything is changed. Other settings of ours are
    corrected and said: the declaration is the promise (how long personal data is kept, that nothing is compacted).
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
        _await(created, tolerate=KafkaError.TOPIC_ALREADY_EXISTS)  # by another at the same moment
        _settle(client, days)
        say(f"Created {len(missing)} topics, with {SLICES} partitions but for dead letters; copies of each: {copies}.")


def topic_ids(client: AdminClient, names: Iterable[str]) -> dict[str, str]:
    """Kafka's own id of each topic: another id is another log. Raises `AlarmError` for a topic that is not there."""
    wanted = list(names)
    there = _describe(client, wanted)
    if absent := [name for name in wanted if name not in there]:
        raise AlarmError(f"Topics are missing: {', '.join(absent)}. Create them with `dfdg init`.")
    return {name: str(there[name].topic_id) for name in wanted}


def end_offsets(client: AdminClient, names: Iterable[str]) -> list[dict[str, int]]:
    """By slice, each topic's end at one moment (one request): the offset that its next record will have."""
    answers = _await(_ask_for_ends(client, names, IsolationLevel.READ_UNCOMMITTED))
    if unsaid := [place.topic for place, answer in answers.items() if answer.offset < 0]:
        raise TransientError(f"Kafka does not answer: it does not say where {unsaid[0]} ends.")
    return _by_slice(answers)


def settled_ends(client: AdminClient, names: Iterable[str]) -> list[dict[str, int]]:
    """The same, but only up to where no foreign transaction is open, and without what does not answer."""
    asked = _ask_for_ends(client, names, IsolationLevel.READ_COMMITTED)
    return _by_slice({place: future.result() for place, future in asked.items() if future.exception() is None})


def existing(client: AdminClient, names: Iterable[str]) -> list[str]:
    """Those of the topics that are there."""
    return list(_describe(client, names))


def members(client: AdminClient, groups: Iterable[str]) -> list[str]:
    """Those of the consumer groups that somebody is a member of."""
    asked = client.describe_consumer_groups(list(groups), request_timeout=REQUEST_TIMEOUT_S)
    return [group for group, found in _await(asked).items() if found.members]


def _ask_for_ends(client: AdminClient, names: Iterable[str], isolation: IsolationLevel) -> dict[TopicPartition, Any]:
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call] # the client's own annotations lack it
    wanted = {TopicPartition(name, slice_): latest for name in names for slice_ in range(partitions(name))}
    return client.list_offsets(wanted, isolation_level=isolation, request_timeout=REQUEST_TIMEOUT_S)


def _by_slice(answers: Mapping[TopicPartition, Any]) -> list[dict[str, int]]:
    """Below 0 is no answer: librdkafka's, without any error, to who asked while a broker was coming back."""
    ends: list[dict[str, int]] = [{} for _ in range(SLICES)]
    for place, answer in answers.items():
        if answer.offset >= 0:
            ends[place.partition][place.topic] = answer.offset
    return ends


def _settings(days: int, copies: int) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(timedelta(days=days) // timedelta(milliseconds=1)),
        "min.insync.replicas": "2" if copies == COPIES else "1",
    }


def _describe(client: AdminClient, names: Iterable[str]) -> dict[str, TopicDescription]:
    if not (wanted := list(names)):
        return {}
    asked = client.describe_topics(TopicCollection(wanted), request_timeout=REQUEST_TIMEOUT_S)
    return _await(asked, tolerate=KafkaError.UNKNOWN_TOPIC_OR_PART)


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
            # Else a client that saw the topics missing was seen to believe so for more than 30 s.
            client.list_topics(timeout=REQUEST_TIMEOUT_S)
            end_offsets(client, names)
        except TransientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(ASK_INTERVAL_S)
        else:
            return


def _await(asked: Mapping[Any, Any], tolerate: int | None = None) -> dict[Any, Any]:
    """The answers; without those that failed with the tolerated code. `TransientError` when Kafka does not answer."""
    answers = {}
    for what, future in asked.items():
        error = future.exception()  # every request has its time-out; raised by the future it would keep all alive
        if not isinstance(error, KafkaException):
            answers[what] = future.result()
        elif (fault := error.args[0]).code() == tolerate:
            continue
        elif fault.code() in _AWAY:
            raise TransientError(f"Kafka does not answer: {fault.str()}") from error
        else:
            raise KafkaException(fault)
    return answers
