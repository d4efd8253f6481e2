"""Our schemas in a real registry: registered once, refused when incompatible, and no record misread for lack of one."""

import json
import socket
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from infra.addresses import Addresses
from infra.registry import COMPATIBILITY, RegistrationError, Registry, RegistryAwayError
from schemas.clock import DayBegun
from schemas.codec import UnreadableError, contract, contract_text
from schemas.cv import SituationRecorded
from schemas.event import Event
from schemas.topic import Topic
from schemas.topics import SITUATION_RECORDED, TOPICS


def new_topic(event: type[Event] = SituationRecorded) -> Topic:
    """A topic that no other test, and no earlier run, has registered."""
    return Topic(f"dfdg.test-{uuid4().hex}-v1", event)


def put(addresses: Addresses, topic: Topic, schema: Any) -> int:
    """Register any schema under the topic's subject, as a stranger might."""
    return client(addresses).register_schema(topic.subject, Schema(json.dumps(schema), "AVRO"))


def client(addresses: Addresses) -> SchemaRegistryClient:
    return SchemaRegistryClient({"url": addresses.registry})


def test_registering_twice_gives_the_same_ids_and_another_client_resolves_them(addresses: Addresses) -> None:
    ids = Registry(addresses.registry).register_all(TOPICS)
    assert ids.keys() == {topic.name for topic in TOPICS}
    assert len(set(ids.values())) == len(TOPICS)
    versions = [client(addresses).get_versions(topic.subject) for topic in TOPICS]
    assert Registry(addresses.registry).register_all(TOPICS) == ids
    assert Registry(addresses.registry).resolve(TOPICS) == ids
    assert [client(addresses).get_versions(topic.subject) for topic in TOPICS] == versions
    assert {client(addresses).get_compatibility(topic.subject) for topic in TOPICS} == {COMPATIBILITY}


def test_our_own_id_gives_our_own_schema_object_which_spares_the_decoder_a_comparison(addresses: Addresses) -> None:
    registry = Registry(addresses.registry)
    schema_id = registry.register_all([SITUATION_RECORDED])[SITUATION_RECORDED.name]
    assert registry.writer_schema(schema_id, SITUATION_RECORDED) is contract("situation-recorded.v1")


def test_a_missing_registration_says_which_and_to_run_init_and_registers_nothing(addresses: Addresses) -> None:
    topic = new_topic()
    with pytest.raises(RegistrationError, match=rf"{topic.subject} lacks situation-recorded.v1: run `dfdg init`"):
        Registry(addresses.registry).resolve([topic])
    assert topic.subject not in client(addresses).get_subjects()


def test_an_incompatible_change_is_refused_with_its_subject_and_what_to_do_instead(addresses: Addresses) -> None:
    topic = new_topic()
    registry = Registry(addresses.registry)
    registry.register_all([topic])
    with pytest.raises(RegistrationError, match=rf"{topic.subject}: .*Incompatible.*optional fields.*new topic -v2"):
        registry.register_all([Topic(topic.name, DayBegun)])
    assert client(addresses).get_versions(topic.subject) == [1]


def test_a_record_of_tomorrows_producer_is_read_with_the_schema_that_it_names(addresses: Addresses) -> None:
    topic = new_topic()
    registry = Registry(addresses.registry)
    ours = registry.register_all([topic])[topic.name]
    schema = json.loads(contract_text("situation-recorded.v1"))
    schema["fields"].append({"name": "told_by", "type": ["null", "string"], "doc": "Who.", "default": None})
    theirs = put(addresses, topic, schema)
    assert theirs != ours
    found = registry.writer_schema(theirs, topic)
    assert [field["name"] for field in found["fields"]][-1] == "told_by"
    assert registry.writer_schema(theirs, topic) is found


@pytest.mark.parametrize("schema_id", [0, 2**31 - 1, 2**31, 2**32 - 1])
def test_an_id_that_the_registry_does_not_know_makes_a_record_unreadable(addresses: Addresses, schema_id: int) -> None:
    with pytest.raises(UnreadableError, match=f"schema {schema_id} is not registered for"):
        Registry(addresses.registry).writer_schema(schema_id, SITUATION_RECORDED)


def test_the_id_of_another_topics_schema_makes_a_record_unreadable(addresses: Addresses) -> None:
    registry, mine, other = Registry(addresses.registry), new_topic(), new_topic(DayBegun)
    ids = registry.register_all([mine, other])
    with pytest.raises(UnreadableError, match=rf"schema {ids[other.name]} is not registered for {mine.subject}"):
        registry.writer_schema(ids[other.name], mine)


RECURSIVE = {"name": "again", "type": ["null", "Sample"], "default": None}
NULLS = {"name": "nothing", "type": {"type": "array", "items": "null"}}


@pytest.mark.parametrize(("field", "danger"), [(RECURSIVE, "contains itself"), (NULLS, "takes no byte")])
def test_a_schema_that_is_dangerous_to_read_is_never_used(addresses: Addresses, field: Any, danger: str) -> None:
    topic = new_topic()
    schema_id = put(addresses, topic, {"type": "record", "name": "Sample", "fields": [field]})
    with pytest.raises(UnreadableError, match=f"schema {schema_id} is not safe to read.*{danger}"):
        Registry(addresses.registry).writer_schema(schema_id, topic)


def test_while_the_registry_is_away_no_record_is_called_unreadable_and_no_password_is_told() -> None:
    with socket.socket() as free:  # a port that nobody listens on, as long as we hold it
        free.bind(("127.0.0.1", 0))
        away = Registry(f"http://someone:secret@127.0.0.1:{free.getsockname()[1]}")
        for ask in (
            lambda: away.writer_schema(1, SITUATION_RECORDED),
            lambda: away.resolve(TOPICS),
            lambda: away.register_all(TOPICS),
        ):
            with pytest.raises(RegistryAwayError, match=r"at 127\.0\.0\.1:\d+ is away"):
                ask()


def test_a_404_from_a_server_that_is_no_registry_tells_nothing_about_a_record(addresses: Addresses) -> None:
    with pytest.raises(RegistryAwayError):
        Registry(addresses.registry + "/nowhere").writer_schema(1, SITUATION_RECORDED)
