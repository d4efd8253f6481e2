"""What one writes first: read a record, one PostgreSQL transaction, send what follows, take the next.

A repeated record is found by its id. What is sent after the commit is lost when the process dies in between.
"""

import os
import signal
import time

import psycopg
from confluent_kafka import Consumer, Message, Producer
from psycopg import Connection
from psycopg.types.json import Jsonb

from infra.registry import Registry
from infra.settings import Settings
from schemas.codec import decode, encode, frame
from schemas.cv import CvRequirementChanged
from schemas.dates import copenhagen_day
from schemas.event import ProducedEvent
from schemas.headers import headers, parse
from schemas.ids import id_of
from schemas.notices import NoticeIssued
from schemas.texts import said
from schemas.topics import BY_NAME, CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.decision import Subject
from streams.policies.cv_state import CvDuties

TOPIC_OF = {topic.event: topic for topic in (CV_REQUIREMENT_CHANGED, NOTICE_ISSUED)}
POLL_S = 0.2

INBOX = "insert into ledger.inbox (consumer, slice, id) values ('plain', 0, %s::uuid) on conflict do nothing"
STATE = "select body::text, uuid_send(cause) from ledger.state where decision = 'plain' and subject = %s for update"
KEEP = """
insert into ledger.state (decision, slice, subject, body, wakes_on, cause) values ('plain', 0, %s, %s, %s, %s::uuid)
on conflict (decision, subject) do update
set body = excluded.body, wakes_on = excluded.wakes_on, cause = excluded.cause
"""
STATUS = """
insert into cv.status (citizen, must_register, must_be_searchable, exempt_from_registering,
    exempt_from_being_searchable, jobcentre, fund, from_day, changed_at, rule, event_id)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::uuid)
on conflict (citizen) do update set must_register = excluded.must_register,
    must_be_searchable = excluded.must_be_searchable, exempt_from_registering = excluded.exempt_from_registering,
    exempt_from_being_searchable = excluded.exempt_from_being_searchable, jobcentre = excluded.jobcentre,
    fund = excluded.fund, from_day = excluded.from_day, changed_at = excluded.changed_at, rule = excluded.rule,
    event_id = excluded.event_id
"""
MAIL = """
insert into mailbox.notice (id, recipient_kind, recipient, about, reason, rule, day, from_day, details, text,
    text_version, status) values (%s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'delivered')
"""


def handle(connection: Connection, registry: Registry, message: Message) -> list[ProducedEvent]:
    """Everything that one record leads to, in one transaction."""
    topic, framed = BY_NAME[str(message.topic())], frame(message.value())
    event = decode(framed.body, registry.writer_schema(framed.schema_id, topic), topic.event)
    id_ = id_of(parse(message.headers())["ce_id"], "")
    with connection.transaction():
        if connection.execute(INBOX, (id_.hex(),)).rowcount == 0:
            return []
        row = connection.execute(STATE, (event.key,)).fetchone()
        state = CvDuties.model_validate_json(row[0]) if row else None
        subject = Subject(decision, state, row[1] if row else bytes(16))
        produced = list(subject.apply(event, id_, None))
        if subject.state is not None and subject.state != state:
            body = subject.state.model_dump_json(exclude_defaults=True)
            connection.execute(KEEP, (event.key, body, subject.state.wakes_on, subject.cause.hex()))
        for each in produced:
            put_down(connection, each)
    return produced


def put_down(connection: Connection, produced: ProducedEvent) -> None:
    """The status row, or the notice in its mailbox."""
    event, id_ = produced.event, produced.id.hex()
    if isinstance(event, CvRequirementChanged):
        flags = (event.must_register, event.must_be_searchable)
        exempt = (event.exempt_from_registering, event.exempt_from_being_searchable)
        rest = (event.jobcentre, event.fund, event.from_day, event.occurred_at, event.rule, id_)
        connection.execute(STATUS, (event.citizen, *flags, *exempt, *rest))
    elif isinstance(event, NoticeIssued):
        text, version = said(event.reason, event.from_day, event.details)
        who = (event.recipient_kind, event.recipient, event.about, event.reason, event.rule)
        days = (copenhagen_day(event.occurred_at), event.from_day)
        connection.execute(MAIL, (id_, *who, *days, Jsonb(event.details), text, version))


def main() -> None:
    """Works until SIGTERM."""
    there = Settings().addresses()
    registry = Registry(there.registry)
    ids = registry.resolve(TOPIC_OF.values())
    group = {"group.id": os.environ["BENCH_GROUP"], "auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": there.kafka, **group})
    producer = Producer({"bootstrap.servers": there.kafka, "enable.idempotence": True, "linger.ms": 5})
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    consumer.subscribe([SITUATION_RECORDED.name, CV_EXEMPTION_RECORDED.name])
    began = False
    with psycopg.connect(there.dsn, autocommit=True) as connection:
        while not told:
            message = consumer.poll(POLL_S)
            if message is None or message.error():
                continue
            if not began:
                print(f"first record {time.monotonic()}", flush=True)
                began = True
            for each in handle(connection, registry, message):
                topic = TOPIC_OF[type(each.event)]
                envelope = headers(each.id.hex(), "plain", each.event, each.cause.hex())
                value = encode(each.event, ids[topic.name])
                producer.produce(topic.name, value, each.event.key.encode(), headers=envelope)
            producer.poll(0)
            consumer.commit(message=message, asynchronous=True)
        producer.flush()
    consumer.close()


if __name__ == "__main__":
    main()
