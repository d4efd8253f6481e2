"""On real Kafka: lag tools find where a consumer stands, whether or not its group has members."""

import threading
from contextlib import closing
from functools import partial
from secrets import token_hex

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

from infra.addresses import Addresses
from infra.cli.process import STOP_DEADLINE_S
from infra.kafka import admin
from infra.source.offset_commit import OffsetCommitter
from schemas.topics import LEAD, NOTICE_ISSUED
from tests.integration.edge import empty_topics
from tests.integration.system import wait_for


def test_what_was_noted_is_committed_and_what_was_dropped_is_not(addresses: Addresses) -> None:
    empty_topics(admin(addresses.kafka), [])
    name = f"test-offsets-{token_hex(4)}"  # else what an earlier run committed would do
    with closing(OffsetCommitter(name, addresses.kafka)) as offsets:
        places = [TopicPartition(topic, slice_) for slice_ in (0, 1, 2) for topic in (NOTICE_ISSUED.name, LEAD.name)]
        with closing(Consumer({"bootstrap.servers": addresses.kafka, "group.id": f"{name}-positions"})) as asking:
            found = wait_for("the commit", partial(committed, offsets, asking, places))
    assert found == [5, 1, OFFSET_INVALID, OFFSET_INVALID, 7, 1]


def test_a_commit_that_kafka_never_answers_holds_up_no_stop() -> None:
    offsets = OffsetCommitter("test-hints", "127.0.0.1:1")  # nobody listens there
    offsets.note(0, {LEAD.name: 1})
    offsets.commit()
    closing_it = threading.Thread(target=offsets.close, daemon=True)
    closing_it.start()
    wait_for("the client to be closed", lambda: not closing_it.is_alive(), STOP_DEADLINE_S)


def committed(offsets: OffsetCommitter, asking: Consumer, places: list[TopicPartition]) -> list[int]:
    """Noted and committed as a consumer does, again and again: in a new Kafka the first time may come to nothing."""
    for slice_ in (0, 1, 2):
        offsets.note(slice_, {NOTICE_ISSUED.name: 5 + slice_, LEAD.name: 1})
    offsets.drop(1)
    offsets.commit()
    try:
        found = [place.offset for place in asking.committed(places, timeout=10)]
    except KafkaException:  # in a new Kafka the group has no coordinator yet
        return []
    return found if any(offset >= 0 for offset in found) else []
