"""Helpers for tests of the producers' edge: lines to publish, and the records that arrived."""

import io
import json
import logging
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.errors import TransientError
from infra.kafka import admin, end_offsets
from infra.topic_admin import ensure_topics
from producers.cpr import made_up_cpr
from producers.identity import Identity
from producers.publisher import Published, publish
from schemas.clock import DayBegun
from schemas.codec import contract, decode, frame
from schemas.headers import parse
from schemas.topic import SLICES, Topic
from schemas.topics import SITUATION_RECORDED, TOPICS

SCHEMA_ID, TRIES = 7, 3
LOG = logging.getLogger(__name__)
IDS = {topic.name: SCHEMA_ID for topic in TOPICS}
CPRS = [made_up_cpr(n) for n in range(300)]


def empty_topics(client: AdminClient, dead: Sequence[str] = ()) -> None:
    """Afterwards every topic exists and is empty. Topics with records are deleted and created anew, and so get another
    id.

    The others stay as they are: deleting and creating all of them takes Kafka seconds for each test.
    """
    there = client.list_topics(timeout=30).topics
    names = [name for name in there if name.startswith("dfdg.") or name.endswith("-dlq")]
    used = {name for ends in _answered(client, names) for name, end in ends.items() if end > 0}
    for deleted in client.delete_topics([*used]).values() if used else ():
        deleted.result()
    while client.list_topics(timeout=30).topics.keys() & used:
        pass  # each question waits for its answer
    ensure_topics(client, TOPICS, dead)


def _answered(client: AdminClient, names: Sequence[str]) -> list[dict[str, int]]:
    """The end offsets. Asks again while a broker that an earlier test has killed comes back."""
    for _ in range(TRIES - 1):
        try:
            return end_offsets(client, names)
        except TransientError as error:
            LOG.info("asked again: %s", error)
    return end_offsets(client, names)


def records(kafka: str, topic: Topic) -> list[Message]:
    """All records of a topic, by partition and offset."""
    ends = [ends[topic.name] for ends in end_offsets(admin(kafka), [topic.name])]
    found: list[Message] = []
    with closing(Consumer({"bootstrap.servers": kafka, "group.id": "test-reader"})) as consumer:
        consumer.assign([TopicPartition(topic.name, slice_, 0) for slice_ in range(SLICES)])
        while len(found) < sum(ends):
            found += consumer.consume(min(sum(ends) - len(found), 1000), 1.0)
    return sorted(found, key=lambda record: (record.partition() or 0, record.offset() or 0))


def lines(cprs: Sequence[str] = CPRS, **fields: Any) -> list[dict[str, Any]]:
    known = {"occurred_at": "2021-06-14T08:00:00Z", "target_group": "job-ready", "jobcentre": "jobcentre-1"}
    return [known | fields | {"cpr": cpr} for cpr in cprs]


def file(*content: Any) -> io.BytesIO:
    return io.BytesIO(
        b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in content)
    )


def send(kafka: str, identity: Identity, *content: Any, **options: Any) -> Published:
    return publish(SITUATION_RECORDED, file(*content), identity, kafka, SCHEMA_ID, **options)


def ids(found: Sequence[Message]) -> list[str]:
    return [parse(record.headers())["ce_id"] for record in found]


def day_of(record: Message) -> DayBegun:
    event = decode(frame(record.value()).body, contract(DayBegun.SCHEMA), DayBegun)
    assert isinstance(event, DayBegun)
    return event
