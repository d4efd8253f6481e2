"""Topics, events, schemas and examples belong together: no orphan in any direction (DESIGN section 4)."""

import re

import pytest

from schemas.topic import INTERNAL_RETENTION_DAYS, Audience, Topic
from schemas.topics import BY_NAME, LEAD, TOPICS
from tests.contract.catalogue import EVENTS, KINDS, SCHEMAS, declared_events

NAME = re.compile(r"dfdg\.[a-z]+(-[a-z]+)+-v[1-9][0-9]*")

each_topic = pytest.mark.parametrize("topic", TOPICS, ids=str)


@each_topic
def test_a_topic_is_named_for_its_area_its_event_and_its_major_version(topic: Topic) -> None:
    event = topic.event.SCHEMA.rpartition(".v")[0]
    assert NAME.fullmatch(topic.name)
    assert re.fullmatch(rf"dfdg\.([a-z]+-)?{event}-v[0-9]+", topic.name)
    assert topic.subject == f"{topic.name}-value"


@each_topic
def test_an_internal_topic_keeps_its_records_for_at_most_30_days(topic: Topic) -> None:
    assert INTERNAL_RETENTION_DAYS == 30
    assert topic.audience is Audience.PUBLIC or 0 < topic.retention_days <= 30


@each_topic
def test_a_topics_key_is_a_field_that_every_one_of_its_events_has(topic: Topic) -> None:
    assert topic.event.model_fields[topic.event.KEY].is_required()


def test_topic_names_differ_and_the_lead_topic_reaches_every_slice() -> None:
    assert len(BY_NAME) == len(TOPICS)
    assert LEAD.broadcast


def test_every_event_is_on_exactly_one_topic_and_every_topics_event_is_declared_in_schemas() -> None:
    assert len(EVENTS) == len(set(EVENTS))
    assert set(EVENTS) == declared_events()


def test_every_event_has_its_schema_and_every_schema_file_is_a_version_of_an_event() -> None:
    expected = set()
    for event in EVENTS:
        stem, _, current = event.SCHEMA.rpartition(".v")
        expected |= {f"{stem}.v{version}.avsc" for version in range(1, int(current) + 1)}
    assert {path.name for path in (SCHEMAS / "avro").iterdir()} == expected


def test_every_event_has_three_examples_and_every_example_has_its_event() -> None:
    found = {
        str(path.relative_to(SCHEMAS / "examples")) for path in (SCHEMAS / "examples").rglob("*.*") if path.is_file()
    }
    assert found == {f"{event.SCHEMA}/{kind}.json" for event in EVENTS for kind in KINDS}


def test_an_event_is_named_alike_as_class_as_record_and_as_file() -> None:
    for event in EVENTS:
        words = event.SCHEMA.rpartition(".v")[0].split("-")
        assert event.__name__ == "".join(word.capitalize() for word in words)
