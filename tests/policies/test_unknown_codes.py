"""Facts and requests: a request with a code that nobody knows has its one answer, a login with one changes nothing."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest

from infra.cli.catalog import DECISIONS
from schemas.codec import contract, decode, encode, frame
from schemas.event import Event
from schemas.logins import LoginRecorded
from schemas.topics import TOPICS
from streams.decision import Decision
from tests.contract.catalogue import example
from tests.login_builders import login, recorded
from tests.stories.playbook import Playbook
from tests.title_builders import TABLE

DECIDES: dict[type[Event], list[Decision[Any]]] = {
    topic.event: [each for each in DECISIONS if topic in each.reads] for topic in TOPICS if not topic.broadcast
}
REQUESTS = [event for event in DECIDES if event.SCHEMA.endswith("-requested.v1")]
AREAS = ("job-orders", "my-plan", "no-such-area")


def with_unknown(event: type[Event]) -> Iterator[Any]:
    for kind in ("minimal", "ordinary"):
        for field in event.CODES:
            yield pytest.param(event, kind, field, id=f"{event.SCHEMA}-{kind}-{field}")


def codes_in(annotation: Any) -> bool:
    return get_origin(annotation) is Literal or any(map(codes_in, get_args(annotation)))


def test_no_request_is_unreadable_for_a_code() -> None:
    closed = [
        (event.SCHEMA, name) for event in REQUESTS for name, f in event.model_fields.items() if codes_in(f.annotation)
    ]
    assert closed == []
    assert sorted((event.SCHEMA, *event.CODES) for event in REQUESTS if event.CODES) == [
        ("bi-login-requested.v1", "login"),
        ("mentor-grant-requested.v1", "measure", "mentor_type"),
        ("title-choice-requested.v1", "holder_kind", "scheme"),
    ]


@pytest.mark.parametrize(("event", "kind", "field"), [each for event in REQUESTS for each in with_unknown(event)])
@pytest.mark.parametrize("at", ["2021-06-11T10:00:00Z", "2021-06-14T10:00:00Z", "2022-03-01T10:00:00Z"])
def test_a_request_with_a_code_that_nobody_knows_is_read_and_refused_once_in_danish(
    event: type[Event], kind: str, field: str, at: str
) -> None:
    asked = example(event, kind).model_dump_json()
    request: Any = event.model_validate_json(asked).model_copy(update={field: "gruppe af unge"})
    moment = event.model_validate_json(asked.replace(request.model_dump(mode="json")["occurred_at"], at)).occurred_at
    request = request.model_copy(update={"occurred_at": moment})
    assert decode(frame(encode(request, 7)).body, contract(event.SCHEMA), event) == request
    (decision,) = DECIDES[event]
    book = Playbook(decision, TABLE if decision.reference else None).fact(request)
    answer: Any
    (answer,) = book.new_outputs()
    assert (answer.SCHEMA, answer.request, answer.granted) == (
        event.SCHEMA.replace("requested", "answered"),
        request.request,
        False,
    )
    assert answer.rule
    assert answer.text.endswith(".")
    assert book.state(request.key) is None


def test_a_login_to_a_system_that_nobody_knows_is_read_and_changes_nothing() -> None:
    unknown = login("2021-06-15 08:00", system="star-app", user_agent="Mozilla/5.0 (Trident/7.0; rv:11.0) like Gecko")
    assert decode(frame(encode(unknown, 7)).body, contract(LoginRecorded.SCHEMA), LoginRecorded) == unknown
    assert unknown.unknown_codes() == ["system"]
    for decision in DECIDES[LoginRecorded]:
        book = Playbook(decision).day("2021-06-15").fact(unknown)
        assert (book.new_outputs(), book.state("user-1")) == ([], None)
        if decision.name == "vitas-users":
            book.fact(recorded("2021-06-15 09:00", "2021-06-15"))
            assert len(book.new_outputs()) == 1
