"""What is public carries neither a company's number nor who is connected (AD-2; REQUIREMENTS, public and internal)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.topic import Audience, Topic
from schemas.topics import JOB_AD_NUMBERS_TO_CHECK, JOB_AD_SUBMITTED, TOPICS
from tests.contract.catalogue import avsc

NUMBER = re.compile(r"cvr|p_?number|production_unit", re.I)
PUBLIC = [topic for topic in TOPICS if topic.audience is Audience.PUBLIC]


def names(schema: Any) -> Iterator[str]:
    """Every field's name, however deep."""
    if isinstance(schema, dict):
        yield from (field["name"] for field in schema.get("fields", ()))
        for inner in schema.values():
            yield from names(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from names(inner)


@pytest.mark.parametrize("topic", PUBLIC, ids=str)
def test_no_public_topic_has_a_field_for_a_companys_number(topic: Topic) -> None:
    fields = list(names(avsc(topic.event)))
    assert "occurred_at" in fields
    assert [name for name in fields if NUMBER.search(name)] == []
    assert topic.event.CONNECTED is None
    assert not topic.event.P_NUMBERS


def test_the_numbers_of_an_anonymous_advert_lie_on_internal_topics_for_at_most_30_days() -> None:
    for topic in (JOB_AD_SUBMITTED, JOB_AD_NUMBERS_TO_CHECK):
        assert [name for name in names(avsc(topic.event)) if NUMBER.search(name)]
        assert topic.audience is Audience.INTERNAL
        assert topic.retention_days <= 30
