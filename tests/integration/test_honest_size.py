"""Who has more than is honest already gets no more: set aside for a person, told by an alarm, in no one's way."""

import logging
from collections.abc import Iterator

import pytest
from confluent_kafka import Message

from schemas.ids import slice_of
from schemas.topic import SLICES
from schemas.topics import CV_EXEMPTION_RECORDED, SITUATION_RECORDED, TITLE_HELD_RECORDED
from streams import cv_requirement, titles
from streams.policies.state import MOST_OF_A_HOLDER, MOST_OF_A_PERSON
from streams.policies.title_state import HeldTitle, HeldTitles
from streams.processor import NO_ROOM, Processor
from tests.builders import exemption, situation
from tests.integration.slices import Slice, slice_of_consumer
from tests.title_builders import COOK, EMPLOYER, NEW_COOK, wish

CITIZEN = "c-1"
SLICE = slice_of(CITIZEN.encode(), SLICES)
OTHER = next(f"c-{n}" for n in range(2, 99) if slice_of(f"c-{n}".encode(), SLICES) == SLICE)
AT = "2021-06-14 08:00"
HELD = "select jsonb_array_length(body -> 'exemptions') from ledger.state where subject = %s"
LETTERS = "select at_offset, reason, subject, refused from dead_letter.letter order by id"


@pytest.fixture
def slice_(database: str) -> Iterator[Slice]:
    with slice_of_consumer(database, Processor(cv_requirement.decision), SLICE) as made:
        yield made


def given(slice_: Slice, number: int) -> Message:
    return slice_.next(CV_EXEMPTION_RECORDED, exemption(AT, citizen=CITIZEN, exemption=f"e-{number}"), f"e-{number}")


@pytest.mark.parametrize("cut", [MOST_OF_A_PERSON, MOST_OF_A_PERSON + 1])
def test_a_fact_too_many_is_refused_however_its_batch_is_cut_and_all_others_are_applied(
    slice_: Slice, caplog: pytest.LogCaptureFixture, cut: int
) -> None:
    many = [given(slice_, number) for number in range(MOST_OF_A_PERSON + 2)]
    others = [slice_.next(SITUATION_RECORDED, situation(AT, citizen=citizen), citizen) for citizen in (CITIZEN, OTHER)]
    again = exemption("2021-06-14 09:00", citizen=CITIZEN, exemption="e-0", kind="from-being-searchable")
    last = slice_.next(CV_EXEMPTION_RECORDED, again, "again")
    with caplog.at_level(logging.ERROR):
        slice_.put(*many[:cut])
        slice_.put(*many[cut:], *others, last)
    assert slice_.rows(HELD, (CITIZEN,)) == [(MOST_OF_A_PERSON,)]
    assert slice_.rows("select count(*) from ledger.state") == [(2,)]
    assert slice_.rows(LETTERS) == [(MOST_OF_A_PERSON + n, NO_ROOM, None, True) for n in range(2)]
    assert slice_.rows("select parked, breaker from ledger.slice where parked <> '{}' or breaker <> '{}'") == []
    assert "ALARM cv-requirement/" in caplog.text
    assert CITIZEN not in caplog.text


def test_what_was_refused_for_its_number_is_applied_by_a_person(slice_: Slice) -> None:
    slice_.put(*[given(slice_, number) for number in range(MOST_OF_A_PERSON + 1)])
    (letter,) = slice_.rows("select id from dead_letter.letter")[0]
    assert slice_.command("redrive", letter) == "applied"
    assert slice_.rows(HELD, (CITIZEN,)) == [(MOST_OF_A_PERSON + 1,)]


def test_a_holder_of_20_000_titles_gets_no_other_and_its_slice_goes_on(database: str) -> None:
    held = [
        HeldTitle(area="adverts", item=f"{n:05}", scheme="esco-star", title=NEW_COOK, status="chosen")
        for n in range(MOST_OF_A_HOLDER)
    ]
    body = HeldTitles(holder=EMPLOYER, titles=tuple(held)).model_dump_json(exclude_defaults=True)
    own = slice_of(EMPLOYER.encode(), SLICES)
    one = {"holder": EMPLOYER, "holder_kind": "employer", "area": "adverts"}
    with slice_of_consumer(database, Processor(titles.decision), own) as slice_:
        slice_.rows(
            "insert into ledger.state (decision, slice, subject, body, cause) values ('titles', %s, %s, %s, %s)"
            " returning 1",
            (own, EMPLOYER, body, "0" * 32),
        )
        slice_.put(
            slice_.next(TITLE_HELD_RECORDED, wish(AT, COOK, item="new", **one), "a"),
            slice_.next(TITLE_HELD_RECORDED, wish(AT, COOK, item="00000", removed=True, **one), "b"),
            slice_.next(TITLE_HELD_RECORDED, wish(AT, COOK, item="newer", **one), "c"),
        )
        assert slice_.rows(LETTERS) == [(0, NO_ROOM, None, True)]
        items = "select body -> 'titles' -> 0 ->> 'item', body -> 'titles' -> -1 ->> 'item' from ledger.state"
        assert slice_.rows(items) == [("00001", "newer")]
