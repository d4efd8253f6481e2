"""Made-up titles: the same for the same seed, good at the edge, and every rule about them has something to do."""

import io
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from infra.demo.country.citizens import JOBCENTRES, Country, Facts, as_json_lines
from infra.demo.country.people import Titles
from infra.demo.country.titles import AFTER, BETWEEN, EDITS, LOADED, PLENTY, MadeUpTitles
from producers.lines import BadLine, check_lines
from schemas.title_areas import WAVE_OF
from schemas.topics import TITLE_CHOICE_REQUESTED, TITLE_HELD_RECORDED
from tests.title_builders import TABLE

DAYS = [date(2021, 5, 1) + timedelta(days=n) for n in range(200)]
TITLES = Titles.of(TABLE)


def story(seed: int) -> dict[date, Facts]:
    citizens = Country(seed, 5_000, JOBCENTRES, TITLES).citizens
    made = MadeUpTitles(Random(seed), citizens, JOBCENTRES, TITLES)
    return {day: facts for day in DAYS if (facts := made.day(day))}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_line_is_good_at_the_edge_and_lies_on_its_own_day_in_order(seed: int) -> None:
    facts = story(seed)
    assert list(facts) == [LOADED, BETWEEN, *EDITS, AFTER]
    for day, by_topic in facts.items():
        for topic, lines in by_topic.items():
            checked = list(check_lines(topic, io.BytesIO(as_json_lines(lines))))
            assert [str(line) for line in checked if isinstance(line, BadLine)] == []
            events = [line.event for line in checked if not isinstance(line, BadLine)]
            assert {event.day for event in events} == {day}
            assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)


def test_the_same_seed_gives_the_same_lines_and_another_seed_others() -> None:
    assert story(1) == story(1)
    assert story(1) != story(2)


def test_with_the_country_every_area_whose_titles_are_converted_has_some() -> None:
    loaded = Counter(line["area"] for line in story(1)[LOADED][TITLE_HELD_RECORDED])
    assert set(loaded) == set(PLENTY) == set(WAVE_OF) - {"job-wishes", "my-plan", "adverts"}
    assert all(count > 1 for count in loaded.values())


def test_titles_are_asked_for_rightly_and_wrongly_in_areas_of_both_waves() -> None:
    asked = Counter((WAVE_OF[line["area"]], line["scheme"]) for line in story(1)[BETWEEN][TITLE_CHOICE_REQUESTED])
    assert set(asked) == {(1, "esco-star"), (1, "discoams08"), (2, "discoams08"), (2, "esco-star")}


def test_every_request_has_an_id_of_its_own() -> None:
    facts = story(1)
    ids = [line["request"] for day in facts.values() for line in day.get(TITLE_CHOICE_REQUESTED, ())]
    assert len(ids) == len(set(ids)) > 50
