"""What an event says has one hash in every process and release: the inbox knows another fact with the same id by it."""

import json
from datetime import date

import pytest
from pydantic import ValidationError

from producers import title_table
from schemas.cv import SituationRecorded
from schemas.event import Event
from schemas.jobad import JobAdSubmitted
from schemas.joblog import JoblogEntryRecorded
from schemas.topic import Writer
from schemas.topics import TOPICS
from tests.contract.catalogue import KINDS, example

INPUTS = [topic.event for topic in TOPICS if topic.writer is Writer.ANYONE]
FOREIGN = [topic.event for topic in TOPICS if topic.writer is Writer.ANYONE and topic not in title_table.WRITES]
"""Events whose texts are not ours."""


class Later(SituationRecorded):
    """A later version, with an optional field in front of others."""

    about: str | None = None


@pytest.mark.parametrize(
    ("event", "kind", "content"),
    [
        (SituationRecorded, "ordinary", "bfdd46ad0f2e97f887245b804bd2af98"),
        (JoblogEntryRecorded, "awkward", "4dc13d54d49b390b09af9faa6ee2f88b"),
        (JobAdSubmitted, "ordinary", "12d3d375431817f3d7007188c0da01b9"),
    ],
)
def test_the_hash_of_what_an_event_says_is_the_same_in_every_release(
    event: type[Event], kind: str, content: str
) -> None:
    assert example(event, kind).content.hex() == content


@pytest.mark.parametrize("event", INPUTS, ids=lambda event: event.SCHEMA)
def test_each_field_counts_but_not_whether_it_is_a_first_load(event: type[Event]) -> None:
    known = example(event, "ordinary")
    contents = {known.content}
    for name in event.model_fields:
        other = None if isinstance(known.__dict__[name], date | list | dict | bool) else "another"
        without = known.model_copy(update={name: other})
        contents.add(without.content)
    assert len(contents) == 1 + len(event.model_fields.keys() - {"initial"})
    assert len({example(event, kind).content for kind in KINDS}) == len(KINDS)


def test_an_optional_field_that_is_added_later_changes_no_hash() -> None:
    known = example(SituationRecorded, "ordinary")
    assert Later(**known.__dict__).content == known.content
    assert Later(**known.__dict__, about="x").content != known.content


@pytest.mark.parametrize("event", FOREIGN, ids=lambda event: event.SCHEMA)
def test_no_text_of_an_event_can_have_the_character_that_divides_fields(event: type[Event]) -> None:
    known = json.loads(example(event, "awkward").model_dump_json())
    for name, value in known.items():
        if isinstance(value, str):
            with pytest.raises(ValidationError):
                event.model_validate_json(json.dumps(known | {name: f"{value}\0"}))
