"""Questions to Kafka: which topics exist, where their logs begin and end, which consumer groups have members."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # the client does not mark them as exported
    AdminClient,
    OffsetSpec,
    TopicDescription,
)

from infra.errors import AlarmError, TransientError
from schemas.topic import SLICES, partitions

REQUEST_TIMEOUT_S = 30
"""Longer than it takes to elect a new controller."""


LOG = logging.getLogger(__name__)
_AWAY = frozenset(
    (
        KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._NOENT,
        KafkaError._IN_PROGRESS, KafkaError._RESOLVE, KafkaError._WAIT_COORD,
        KafkaError.REQUEST_TIMED_OUT, KafkaError.NOT_CONTROLLER, KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR,
        KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.KAFKA_STORAGE_ERROR,
    )
)  # fmt: skip
"""Errors that pass by themselves: leaders move, and a new topic is not known to all brokers at once."""


def away(error: KafkaError | KafkaException) -> str | None:
    """The log's field `away`: "kafka" if the error tells that Kafka does not answer, None if it tells anything else.
    That a topic is not there is no outage."""
    code = (error.args[0] if isinstance(error, KafkaException) else error).code()
    return "kafka" if code in _AWAY and code != KafkaError.UNKNOWN_TOPIC_OR_PART else None


def admin(servers: str) -> AdminClient:
    """An admin client for the requests of this module."""
    settings: dict[str, Any] = {"bootstrap.servers": servers, "client.id": "dfdg-admin", "logger": LOG}
    return AdminClient(settings)


def topic_ids(client: AdminClient, names: Iterable[str]) -> dict[str, str]:
    """Kafka's own id of each topic: another id is another log. Raises `AlarmError` when a topic does not exist."""
    ids = known_ids(client, wanted := list(names))
    if absent := [name for name in wanted if name not in ids]:
        raise AlarmError(f"Topics are missing: {', '.join(absent)}. Create them with `dfdg init`.")
    return {name: ids[name] for name in wanted}


def known_ids(client: AdminClient, names: Iterable[str]) -> dict[str, str]:
    """As `topic_ids`, of the topics that exist."""
    return {name: str(found.topic_id) for name, found in _describe(client, names).items()}


def end_offsets(client: AdminClient, names: Iterable[str]) -> list[dict[str, int]]:
    """For each slice, each topic's end offset at one moment (one request): the offset that its next record will have.

    Raises `TransientError` when Kafka does not say where a topic ends.
    """
    answers = _await(_ask_for_ends(client, names, IsolationLevel.READ_UNCOMMITTED))
    if unsaid := [place.topic for place, answer in answers.items() if answer.offset < 0]:
        raise TransientError(f"Kafka does not answer: it does not say where {unsaid[0]} ends.", away="kafka")
    return _by_slice(answers)


def settled_ends(client: AdminClient, names: Iterable[str]) -> list[dict[str, int]]:
    """As `end_offsets`, but only up to the first record of an open Kafka transaction, and without the partitions for
    which Kafka does not answer."""
    asked = _ask_for_ends(client, names, IsolationLevel.READ_COMMITTED)
    return _by_slice({place: future.result() for place, future in asked.items() if future.exception() is None})


def existing(client: AdminClient, names: Iterable[str]) -> list[str]:
    """Those of the topics that exist."""
    return list(_describe(client, names))


def members(client: AdminClient, groups: Iterable[str]) -> list[str]:
    """Those of the consumer groups that have a member."""
    return [group for group, found in _describe_groups(client, groups).items() if found.members]


def assigned(client: AdminClient, groups: Iterable[str]) -> dict[str, set[int]]:
    """By consumer group: the slices that Kafka has given to a member. One that died counts until its session ends."""
    return {
        group: {place.partition for member in found.members for place in member.assignment.topic_partitions}
        for group, found in _describe_groups(client, groups).items()
    }


def _describe_groups(client: AdminClient, groups: Iterable[str]) -> dict[str, Any]:
    return _await(client.describe_consumer_groups(list(groups), request_timeout=REQUEST_TIMEOUT_S))


def _ask_for_ends(client: AdminClient, names: Iterable[str], isolation: IsolationLevel) -> dict[TopicPartition, Any]:
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call] # the client's own annotations lack it
    wanted = {TopicPartition(name, slice_): latest for name in names for slice_ in range(partitions(name))}
    return client.list_offsets(wanted, isolation_level=isolation, request_timeout=REQUEST_TIMEOUT_S)


def _by_slice(answers: Mapping[TopicPartition, Any]) -> list[dict[str, int]]:
    """The end offsets of each slice, by topic. An offset below 0 is no answer and is left out: librdkafka gives it,
    without an error, to a client that asked while a broker was coming back."""
    ends: list[dict[str, int]] = [{} for _ in range(SLICES)]
    for place, answer in answers.items():
        if answer.offset >= 0:
            ends[place.partition][place.topic] = answer.offset
    return ends


def _describe(client: AdminClient, names: Iterable[str]) -> dict[str, TopicDescription]:
    if not (wanted := list(names)):
        return {}
    asked = client.describe_topics(TopicCollection(wanted), request_timeout=REQUEST_TIMEOUT_S)
    return _await(asked, tolerate=KafkaError.UNKNOWN_TOPIC_OR_PART)


def _await(asked: Mapping[Any, Any], tolerate: int | None = None) -> dict[Any, Any]:
    """The answers, without those that failed with the tolerated code. Raises `TransientError` when Kafka does not
    answer."""
    answers = {}
    for what, future in asked.items():
        error = future.exception()  # waits for the time-out at most; if `result()` raised it, the client would live on
        if not isinstance(error, KafkaException):
            answers[what] = future.result()
        elif (fault := error.args[0]).code() == tolerate:
            continue
        elif fault.code() in _AWAY:
            raise TransientError(f"Kafka does not answer: {fault.str()}", away="kafka") from error
        else:
            raise KafkaException(fault)
    return answers


def watermarks(asking: Consumer, topic: str, partition: int, timeout_s: float = REQUEST_TIMEOUT_S) -> tuple[int, int]:
    """The offset of the partition's first record, and of the next one that will be written. Raises `TransientError`
    when Kafka does not answer: the client then raises or gives None, and an offset below 0 is no answer either."""
    try:
        low, high = asking.get_watermark_offsets(TopicPartition(topic, partition), timeout=timeout_s) or (-1, -1)
    except KafkaException as error:
        raise TransientError(f"Kafka does not answer: {error.args[0].str()}", away="kafka") from error
    if low < 0 or high < 0:
        raise TransientError(
            f"Kafka does not answer: it does not say where {topic}/{partition} begins and ends.", away="kafka"
        )
    return low, high
