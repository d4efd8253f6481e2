"""A bad line tells all its faults at once, in words; and every topic has lines that show how good ones look."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from producers.cpr import made_up_cpr
from producers.examples import example_lines
from producers.line_faults import PATTERNS
from producers.lines import SHOWN_FAULTS, BadLine, check_lines
from producers.publisher import WRITES
from schemas.cpr import contains_cpr
from schemas.topic import Topic
from schemas.topics import PROVIDER_RECORDED, SITUATION_RECORDED, TOPICS

CPR = made_up_cpr(1)
GOOD = {"cpr": CPR, "occurred_at": "2021-06-14T08:00:00+02:00", "target_group": "job-ready", "jobcentre": "j-1"}


def told(line: dict[str, Any], topic: Topic = SITUATION_RECORDED) -> dict[str, str]:
    (found,) = check_lines(topic, io.BytesIO(json.dumps(line).encode()))
    assert isinstance(found, BadLine)
    assert CPR not in str(found)
    return dict(found.faults)


def test_all_faults_of_a_line_are_told_at_once() -> None:
    wrong = GOOD | {"cpr": "12", "id": "", "target_group": "astronaut", "fund": CPR, "occurred_at": "yesterday"}
    assert told(wrong).keys() == {"cpr", "id", "target_group", "fund", "occurred_at"}


@pytest.mark.parametrize(
    ("right", "wrong"), [("jobcentre", "jobcenter"), ("target_group", "targetgroup"), ("cpr", "crp"), ("fund", "fond")]
)
def test_a_misspelt_field_is_told_once_with_the_nearest_right_one(right: str, wrong: str) -> None:
    known = GOOD | {"fund": "f-1"} | ({"cpr": "c-1"} if right == "cpr" else {})
    line = {wrong if name == right else name: value for name, value in known.items()}
    faults = told(line)
    assert f"did you mean {right}?" in faults[wrong]
    assert faults.keys() == {wrong}


def test_of_a_person_who_is_missing_it_is_told_that_a_cpr_number_may_stand_for_the_id() -> None:
    line = {name: value for name, value in GOOD.items() if name != "cpr"}
    assert told(line) == {"citizen": "is missing; `cpr` may stand for it"}


def test_a_field_that_is_like_no_other_gets_no_guess() -> None:
    assert told(GOOD | {"shoe_size": 43}) == {"shoe_size": "is no field of these events"}


def test_a_field_whose_name_holds_a_cpr_number_is_not_repeated() -> None:
    assert told(GOOD | {CPR: "x"}).keys() == {"line"}


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for each in schema.values():
            yield from patterns(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from patterns(each)


def test_every_pattern_of_every_field_is_told_in_words() -> None:
    assert {found for topic in TOPICS for found in patterns(topic.event.model_json_schema())} == PATTERNS.keys()
    assert told(GOOD | {"jobcentre": "j 1"})["jobcentre"].startswith("must be of letters, digits")
    named = {"occurred_at": GOOD["occurred_at"], "provider": "Job Vejen", "name": "Jobvejen"}
    assert told(named, PROVIDER_RECORDED)["provider"].startswith("must be of small letters")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("occurred_at", "14/6-2021", "must be a moment with its time zone, as 2021-06-14T08:00:00+02:00"),
        ("occurred_at", "2021-06-14T08:00:00", "must be a moment with its time zone, as 2021-06-14T08:00:00+02:00"),
        ("jobcentre", 7, "must be a valid string"),
        ("jobcentre", "j" * 65, "must have at most 64 characters"),
        ("initial", "perhaps", "must be true or false"),
    ],
)
def test_what_a_field_must_be_is_told_in_plain_words(field: str, value: object, words: str) -> None:
    assert told(GOOD | {field: value}) == {field: words}


def test_of_a_line_with_very_many_faults_some_are_told_and_the_rest_is_counted() -> None:
    (found,) = check_lines(SITUATION_RECORDED, io.BytesIO(json.dumps(dict.fromkeys(map(str, range(100)))).encode()))
    lines = str(found).splitlines()
    assert len(lines) == SHOWN_FAULTS + 1
    assert lines[-1].startswith("line 1: ")


@pytest.mark.parametrize("topic", WRITES, ids=str)
def test_every_topic_that_takes_lines_has_examples_that_are_good_as_they_are(topic: Topic) -> None:
    lines = list(example_lines(topic))
    assert len(lines) == 2
    client = "client-1" if topic.event.CONNECTED else None
    checked = list(check_lines(topic, io.BytesIO("\n".join(lines).encode()), client))
    assert [str(line) for line in checked if isinstance(line, BadLine)] == []
    numbers = [json.loads(line).pop("cpr", CPR) for line in lines]
    assert set(numbers) == {CPR}, "made up"
    assert not any(contains_cpr({k: v for k, v in json.loads(line).items() if k != "cpr"}) for line in lines)
