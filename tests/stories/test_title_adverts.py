"""Adverts and job orders on retired titles: contacted, reminded, expired on the day (TIT-6)."""

from datetime import date
from typing import Any

import pytest

from schemas.dates import next_day
from schemas.title_table import TitleOutcome
from streams.titles import decision
from tests.builders import day
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    EMPLOYER,
    HERMIT,
    NEW_COOK,
    NEW_SOMMELIER,
    NEW_WAITER,
    TABLE,
    WAITER,
    asks_for,
    changed,
    choice,
    choice_answer,
    chosen,
    corrected,
    employer_told,
    expired,
    reconversion,
    replaced,
    wish,
)

CONTACT, REMINDER = "adverts-title-retired", "adverts-expire-soon"
HOLDER: dict[str, Any] = {"holder": EMPLOYER, "holder_kind": "employer"}
A1, A2 = ({**HOLDER, "area": "adverts", "item": item} for item in ("a1", "a2"))
ORDER: dict[str, Any] = {**HOLDER, "area": "job-orders", "item": "o1"}


def contacted(*facts: dict[str, Any], title: str = HERMIT) -> Playbook[Any]:
    """The employer's adverts and orders from before the wave, and the employer contacted about them."""
    book = Playbook(decision, TABLE)
    for held in facts:
        book.fact(wish("2021-06-01 10:00", title, **held))
    book.day("2021-06-14").new_outputs()
    return book


def test_tit_6_an_employer_is_contacted_once_on_the_first_day_after_the_release_with_all_of_them_listed() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT, **A1))
    book.fact(wish("2021-06-01 10:00", COOK, **A2)).fact(wish("2021-06-01 10:00", HERMIT, **ORDER))
    book.fact(wish("2021-06-01 10:00", WAITER, **HOLDER, area="jobad", item="j1"))
    book.fact(wish("2021-06-01 10:00", HERMIT, **HOLDER, area="eures", item="e1"))
    book.day("2021-06-12").new_outputs()
    assert book.day("2021-06-13").new_outputs() == []
    assert book.day("2021-06-14").new_outputs() == [
        employer_told("2021-06-14", CONTACT, "a1, e1, j1", job_orders="o1", candidates="Tjener, Sommelier")
    ]
    assert book.day("2021-07-30").new_outputs() == []


def test_tit_6_a_week_before_the_last_day_the_employer_is_reminded_of_what_is_still_unedited() -> None:
    book = contacted(A1, A2, ORDER)
    book.fact(choice("2021-06-20 08:00", NEW_COOK, **A1))
    assert book.new_outputs() == [replaced("2021-06-20 08:00", HERMIT, NEW_COOK, **HOLDER, item="a1", area="adverts")]
    assert book.day("2021-07-30").new_outputs() == []
    assert book.day("2021-07-31").new_outputs() == [employer_told("2021-07-31", REMINDER, "a2")]
    assert book.day("2021-08-07").new_outputs() == []


def test_tit_6_an_advert_still_unedited_expires_when_the_last_day_is_over_and_a_job_order_never_does() -> None:
    book = contacted(A1, A2, ORDER)
    book.day("2021-08-06").fact(choice("2021-08-07 23:59", NEW_COOK, **A1)).day("2021-08-07").new_outputs()
    assert book.day("2021-08-08").new_outputs() == [expired("2021-08-08", "a2")]
    state = book.state(EMPLOYER)
    assert state is not None
    assert [held.item for held in state.titles] == ["a1", "o1"]
    assert state.wakes_on == date(2022, 9, 12), "then the advert is forgotten: 400 days"
    assert book.day("2022-12-31").new_outputs() == []


def test_tit_6_an_edit_that_was_made_in_time_and_comes_late_brings_the_advert_back() -> None:
    book = contacted(A1).day("2021-08-08")
    book.new_outputs()
    book.fact(choice("2021-08-07 12:00", NEW_COOK, **A1))
    assert book.day("2021-12-31").new_outputs() == []
    state = book.state(EMPLOYER)
    assert state is not None
    assert [(held.item, held.title) for held in state.titles] == [("a1", NEW_COOK)]


def test_tit_6_a_job_order_asks_for_a_new_title_when_it_is_edited() -> None:
    book = contacted(ORDER)
    old = asks_for("2021-07-01 10:00", HERMIT, scheme="discoams08", request="r1", **ORDER)
    new = asks_for("2021-07-01 10:05", NEW_COOK, request="r2", **ORDER)
    book.fact(old).fact(new)
    assert book.new_outputs() == [
        choice_answer(old, "title-choice-refused-too-late", "TIT-6", "12.06.2021"),
        choice_answer(new, rule="TIT-6"),
        chosen(new),
        replaced("2021-07-01 10:05", HERMIT, NEW_COOK, **ORDER),
    ]
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_6_who_chooses_before_14_june_is_not_contacted_at_all() -> None:
    book = Playbook(decision, TABLE).fact(wish("2021-06-01 10:00", HERMIT, **A1)).day("2021-06-12")
    book.fact(choice("2021-06-13 12:00", NEW_COOK, **A1)).new_outputs()
    assert book.day("2021-12-31").new_outputs() == []


def test_tit_6_the_same_title_again_is_no_edit_and_another_retired_one_is_told_of() -> None:
    book = contacted(A1).fact(wish("2021-06-20 10:00", HERMIT, **A1))
    assert book.new_outputs() == []
    book.fact(wish("2021-06-21 10:00", WAITER, **A1))
    assert book.new_outputs() == [
        changed("2021-06-21 10:00", "must-choose", candidates=[NEW_WAITER, NEW_SOMMELIER], **A1),
        employer_told(
            "2021-06-21 10:00", CONTACT, "a1", candidates="Tjener, Sommelier", from_day=day("2021-06-21"),
            last_day="16.08.2021",
        ),
    ]  # fmt: skip


def test_tit_6_an_expired_advert_that_a_nightly_export_sends_again_stays_expired_until_its_title_is_another_one() -> (
    None
):
    book = contacted(A1).day("2021-08-08")
    assert book.new_outputs()[-1] == expired("2021-08-08")
    for night in ("2021-08-09", "2021-08-10", "2021-10-05"):
        book.day(night).fact(wish(f"{night} 03:00", HERMIT, **A1))
    book.fact(wish("2021-10-05 04:00", HERMIT, removed=True, **A1)).fact(wish("2021-10-05 05:00", HERMIT, **A1))
    assert book.day("2022-11-08").new_outputs() == [], "the last of them was sent 399 days ago"
    book.fact(wish("2022-11-08 03:00", WAITER, **A1))
    assert book.new_outputs() == [
        changed("2022-11-08 03:00", "must-choose", candidates=[NEW_WAITER, NEW_SOMMELIER], **A1),
        employer_told(
            "2022-11-08 03:00", CONTACT, "a1", candidates="Tjener, Sommelier", from_day=day("2022-11-08"),
            last_day="03.01.2023",
        ),
    ]  # fmt: skip


def test_tit_6_an_advert_that_is_removed_and_recorded_again_with_its_title_goes_on_where_it_stood() -> None:
    book = contacted(A1, A2)
    for item in (A1, A2):
        book.fact(wish("2021-07-01 10:00", HERMIT, removed=True, **item))
    book.fact(wish("2021-07-02 10:00", HERMIT, alias="Eneboer", **A1)).day("2021-08-20")
    assert book.new_outputs() == [employer_told("2021-07-31", REMINDER, "a1"), expired("2021-08-08")]
    book.fact(wish("2021-08-20 10:00", HERMIT, **A2))
    assert book.new_outputs() == [expired("2021-08-20 10:00", "a2")]
    assert book.day("2022-12-31").new_outputs() == []
    assert book.state(EMPLOYER) is None


@pytest.mark.parametrize(
    ("at", "reminded_on", "last"),
    [("2021-06-20 10:00", "2021-08-08", "2021-08-15"), ("2021-08-07 20:00", "2021-09-25", "2021-10-02"),
     ("2021-08-08 10:00", "2021-09-26", "2021-10-03")],
)  # fmt: skip
def test_tit_6_an_advert_that_comes_first_on_a_retired_title_later_has_eight_weeks_of_its_own_whatever_the_day(
    at: str, reminded_on: str, last: str
) -> None:
    book = Playbook(decision, TABLE).day(at[:10]).fact(wish(at, HERMIT, **A1))
    own: dict[str, Any] = {"from_day": day(at[:10]), "last_day": f"{day(last):%d.%m.%Y}"}
    assert book.new_outputs() == [changed(at, "retired", **A1), employer_told(at, CONTACT, "a1", **own)]
    assert book.day(reminded_on).new_outputs() == [employer_told(reminded_on, REMINDER, "a1", **own)]
    assert book.day(last).new_outputs() == []
    after = str(next_day(date.fromisoformat(last)))
    assert book.day(after).new_outputs() == [expired(after)]


@pytest.mark.parametrize(
    ("at", "read_on", "since", "told_on", "last"),
    [
        ("2021-06-01 10:00", "2021-07-31", "2021-06-12", "2021-06-14", "2021-08-07"),
        ("2021-06-01 10:00", "2021-08-01", "2021-06-12", "2021-06-14", "2021-08-08"),
        ("2021-06-01 10:00", "2022-02-28", "2021-06-12", "2021-06-14", "2022-03-07"),
        ("2021-06-20 10:00", "2021-08-20", "2021-06-20", "2021-06-20 10:00", "2021-08-27"),
    ],
)
def test_tit_6_an_employer_who_is_contacted_late_has_a_week_from_that_day_and_no_reminder(
    at: str, read_on: str, since: str, told_on: str, last: str
) -> None:
    book = Playbook(decision, TABLE).day(read_on).fact(wish(at, HERMIT, **A1))
    told = employer_told(told_on, CONTACT, "a1", from_day=day(since), last_day=f"{day(last):%d.%m.%Y}")
    assert book.new_outputs() == [changed(max(at, since), "retired", **A1), told]
    assert book.day(last).new_outputs() == []
    after = str(next_day(date.fromisoformat(last)))
    assert book.day(after).new_outputs() == [expired(after)]


def test_an_advert_that_a_corrected_table_retires_after_the_last_day_has_eight_weeks_of_its_own() -> None:
    book = contacted(A1, title=COOK).day("2021-09-06")
    assert book.new_outputs() == []
    book.fact(reconversion("2021-09-06 12:00", "retired", **A1))
    own: dict[str, Any] = {"from_day": day("2021-09-06"), "last_day": "01.11.2021"}
    assert book.new_outputs() == [
        changed("2021-09-06 12:00", "retired", rule="TIT-10", table_version="v2", **A1),
        employer_told("2021-09-06 12:00", CONTACT, "a1", **own),
    ]
    assert book.day("2021-10-25").new_outputs() == [employer_told("2021-10-25", REMINDER, "a1", **own)]
    assert book.day("2021-11-01").new_outputs() == []
    assert book.day("2021-11-02").new_outputs() == [expired("2021-11-02")]


def test_a_corrected_table_that_names_a_title_in_time_saves_the_advert() -> None:
    book = contacted(A1).day("2021-08-07")
    book.new_outputs()
    found = TitleOutcome("converted", "TIT-2", title=NEW_COOK, label="Eremit")
    assert book.refer(corrected(_9999001=found)).new_outputs() == [
        changed("2021-08-07", "converted", NEW_COOK, table_version="v2", **A1),
        replaced("2021-08-07", HERMIT, NEW_COOK, table_version="v2", **A1),
    ]
    assert book.day("2021-12-31").new_outputs() == []
