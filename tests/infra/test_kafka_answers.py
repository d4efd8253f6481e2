"""What an administrator's request that fails says: Kafka is away, or something is wrong."""

import gc
import weakref
from concurrent.futures import Future
from contextlib import closing

import pytest
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # the client does not mark it as exported
    AdminClient,
    ListOffsetsResultInfo,
)

from infra import kafka
from infra.errors import TransientError
from infra.kafka import _await, admin, end_offsets, settled_ends, watermarks


def failed(code: int) -> "Future[int]":
    future: Future[int] = Future()
    future.set_exception(KafkaException(KafkaError(code)))
    return future


@pytest.mark.parametrize("code", [KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._IN_PROGRESS])
def test_a_request_without_an_answer_may_be_asked_again(code: int) -> None:
    with pytest.raises(TransientError, match="Kafka does not answer"):
        _await({"a partition": failed(code)})


def test_a_request_that_is_refused_is_not_asked_again_unless_that_is_expected() -> None:
    refused = {"a topic": failed(KafkaError.TOPIC_ALREADY_EXISTS)}
    with pytest.raises(KafkaException):
        _await(refused)
    assert _await(refused, tolerate=KafkaError.TOPIC_ALREADY_EXISTS) == {}


@pytest.mark.parametrize("code", [KafkaError._TIMED_OUT, KafkaError.TOPIC_ALREADY_EXISTS])
def test_a_request_that_failed_keeps_nothing_alive_for_the_garbage_collector(code: int) -> None:
    future = failed(code)
    gone = weakref.ref(future)
    gc.disable()
    try:
        with pytest.raises((TransientError, KafkaException)):
            _await({"a partition": future})
        del future
        assert gone() is None, "with it the client's threads would go on"
    finally:
        gc.enable()


def ends_are(monkeypatch: pytest.MonkeyPatch, *offsets: int) -> AdminClient:
    """What a client answers that is asked where topic "a", "b" ... end in slice 0."""
    answered: dict[TopicPartition, Future[ListOffsetsResultInfo]] = {}
    for topic, offset in zip("ab", offsets, strict=True):
        future = answered[TopicPartition(topic, 0)] = Future()
        future.set_result(ListOffsetsResultInfo(offset, -1, 0))
    monkeypatch.setattr(kafka, "_ask_for_ends", lambda *_: answered)
    return admin("127.0.0.1:1")


def test_an_end_below_0_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Librdkafka's for all topics, without any error, when a broker came back meanwhile: a day with such ends would
    have begun before everything that lay before it."""
    client = ends_are(monkeypatch, 7, OFFSET_INVALID)
    assert settled_ends(client, ["a", "b"])[0] == {"a": 7}
    with pytest.raises(TransientError, match="where b ends"):
        end_offsets(client, ["a", "b"])
    assert end_offsets(ends_are(monkeypatch, 7, 0), ["a", "b"])[0] == {"a": 7, "b": 0}


class Answering(Consumer):
    """A client that says so where a log begins and ends."""

    answer: tuple[int, int] | None = None

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int] | None:  # type: ignore[override] # as it does
        return self.answer


@pytest.mark.parametrize("answer", [None, (OFFSET_INVALID, OFFSET_INVALID), (0, OFFSET_INVALID)])
def test_a_log_of_which_kafka_does_not_say_where_it_begins_and_ends_is_not_taken_for_empty(
    answer: tuple[int, int] | None,
) -> None:
    with closing(Answering({"bootstrap.servers": "127.0.0.1:1", "group.id": "test", "log_level": 0})) as asking:
        asking.answer = (3, 7)
        assert watermarks(asking, "a", 0) == (3, 7)
        asking.answer = answer
        with pytest.raises(TransientError, match="a/0 begins and ends"):
            watermarks(asking, "a", 0)


def test_a_kafka_that_is_away_says_nothing_of_where_a_log_begins() -> None:
    with (
        closing(Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "test", "log_level": 0})) as asking,
        pytest.raises(TransientError, match="Kafka does not answer"),
    ):
        watermarks(asking, "a", 0, timeout_s=0.2)
