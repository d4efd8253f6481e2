"""What an administrator's request that fails says: Kafka is away, or something is wrong."""

import gc
import weakref
from concurrent.futures import Future

import pytest
from confluent_kafka import KafkaError, KafkaException

from infra.errors import TransientError
from infra.kafka import _await


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


def test_a_request_that_failed_keeps_nothing_alive_for_the_garbage_collector() -> None:
    future = failed(KafkaError._TIMED_OUT)
    gone = weakref.ref(future)
    gc.disable()
    try:
        with pytest.raises(TransientError):
            _await({"a partition": future})
        del future
        assert gone() is None, "with it the client's threads would go on"
    finally:
        gc.enable()
