"""The table of areas against TIT-1, and each area on both sides of its wave."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.dates import midnight
from schemas.texts import TEXTS
from schemas.title_areas import TITLE_AREAS, WAVE_OF, WAVES, search_of, wave_day
from schemas.titles import TitleChanged
from streams.policies.title_areas import AREAS, Area
from streams.titles import decision
from tests.stories.playbook import Playbook
from tests.title_builders import COOK, TABLE, wish

TIT_1 = (
    "Two waves by business area. Wave 1 (2021-06-12): registration, find job, saved searches, job agents, job wishes,"
    " CV work experience, job orders, CV search and CV agents, the cross-citizen look-up (Det gode match), adverts,"
    " CVs, EURES, JobAD. Wave 2 (2021-09-18): My Plan, job-search requirements, VITAS applications and grants."
    " Never: CV education, qualifications, certificates; CV archives; free text."
)
REQUIREMENTS = Path(__file__).parents[3] / "shared" / "mission" / "REQUIREMENTS.md"

each_area = pytest.mark.parametrize("area", AREAS, ids=lambda area: area.code)


def named(text: str, wave: int | None) -> list[str]:
    """The areas that TIT-1 lists for a wave, in its order and words."""
    pattern = r"Never: (.*)\." if wave is None else rf"Wave {wave} \([\d-]+\): (.*?)\. "
    (listed,) = re.findall(pattern, text)
    return re.split(r"[,;] | and ", listed.replace("applications and ", "applications, VITAS "))


@pytest.mark.parametrize("wave", [1, 2, None])
def test_tit_1_every_area_that_is_named_is_a_row_of_its_wave_and_no_other_is(wave: int | None) -> None:
    assert [area.words for area in TITLE_AREAS if area.wave == wave] == named(TIT_1, wave)
    assert [f"Wave {n} ({day})" for n, day in WAVES.items()] == re.findall(r"Wave \d \([\d-]+\)", TIT_1)


@pytest.mark.skipif(not REQUIREMENTS.exists(), reason="the requirements are not on this machine")
def test_the_words_that_the_table_is_compared_with_are_those_of_the_requirements() -> None:
    assert f"| TIT-1 | {TIT_1} |" in REQUIREMENTS.read_text(encoding="utf-8")


def test_every_area_with_titles_to_convert_has_its_row_of_law_and_codes_differ() -> None:
    assert sorted(area.code for area in AREAS) == sorted(WAVE_OF)
    assert len({area.code for area in TITLE_AREAS}) == len(TITLE_AREAS)
    queries = [area.code for area in TITLE_AREAS if area.holder is None]
    assert queries == ["find-job", "cv-search", "match-look-up", "free-text"]


@each_area
def test_whoever_is_told_of_an_area_has_a_danish_text_for_it(area: Area) -> None:
    tells = [*area.tells, *([area.none_valid] if area.none_valid else [])]
    assert {tell.reason for tell in tells} <= set(TEXTS)
    assert area.tells == () or area.tells[0].recipient_kind == area.holder
    assert area.refuses_registration is None or area.refuses_registration in TEXTS


@each_area
def test_tit_1_a_title_is_converted_when_the_day_of_its_areas_wave_begins_and_not_before(area: Area) -> None:
    fields = {"area": area.code, "holder_kind": area.holder}
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", COOK, **fields))
    assert book.day(area.wave_day - timedelta(days=1)).new_outputs() == []
    changed, _ = book.day(area.wave_day).new_outputs()
    assert isinstance(changed, TitleChanged)
    assert (changed.area, changed.wave, changed.holder_kind) == (area.code, area.wave, area.holder)
    assert (changed.from_day, changed.occurred_at) == (wave_day(area.code), midnight(wave_day(area.code)))


@pytest.mark.parametrize("area", [area.code for area in TITLE_AREAS if area.code not in WAVE_OF])
def test_tit_1_what_is_never_converted_leaves_no_trace_in_the_decision(area: str) -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", COOK, area=area))
    assert book.day("2021-12-31").new_outputs() == []
    assert book.state("citizen-1") is None


@pytest.mark.parametrize(
    ("item", "search"), [("s7.1", "s7"), ("s7.12", "s7"), ("s7", "s7"), ("a.b.1", "a.b"), (".1", ".1")]
)
def test_a_title_of_a_search_is_an_item_with_a_number_behind_the_last_dot(item: str, search: str) -> None:
    assert search_of(item) == search
