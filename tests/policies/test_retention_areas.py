"""How long each area is kept: the rows, and the days that follow from them (RET-1 … RET-4, RET-7)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import archive_areas
from schemas.dates import add_years
from schemas.retention_areas import AREAS, Area, areas_on, latest_due_anchor

DAYS = st.dates(date(2012, 1, 1), date(2044, 12, 31))


def test_the_rows_are_those_of_the_requirements() -> None:
    assert [(area.rule, area.code, area.years, area.archive is not None, area.deletes) for area in AREAS] == [
        ("RET-1", "job-suggestion-checks", 6, True, "record"),
        ("RET-2", "referrals", 6, True, "record"),
        ("RET-3", "joblog-voluntary", 4, False, "voluntary-fields"),
        ("RET-4", "joblog-mandatory", 6, True, "record"),
    ]
    first_nights = [(area.rule, str(area.applies_from)) for area in AREAS]
    assert first_nights == [
        ("RET-1", "2021-06-14"), ("RET-2", "2021-06-14"), ("RET-3", "2021-07-14"), ("RET-4", "2021-07-14"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "years", "anchor"),
    [
        (date(2021, 6, 14), 6, date(2015, 6, 14)),
        (date(2021, 6, 14), 4, date(2017, 6, 14)),
        (date(2022, 2, 28), 6, date(2016, 2, 28)),  # 29 February 2016 is due on 1 March
        (date(2022, 3, 1), 6, date(2016, 3, 1)),
        (date(2024, 2, 29), 6, date(2018, 2, 28)),
        (date(2024, 2, 29), 4, date(2020, 2, 29)),
        (date(2021, 3, 28), 6, date(2015, 3, 28)),
        (date(2021, 10, 31), 6, date(2015, 10, 31)),
        (date(2022, 3, 27), 4, date(2018, 3, 27)),
        (date(2022, 10, 30), 4, date(2018, 10, 30)),
    ],
)
def test_the_last_anchor_that_is_due_is_found(day: date, years: int, anchor: date) -> None:
    assert latest_due_anchor(day, years) == anchor


@given(day=DAYS, years=st.sampled_from((4, 6)))
def test_the_last_due_anchor_is_due_and_the_day_after_it_is_not(day: date, years: int) -> None:
    anchor = latest_due_anchor(day, years)
    assert add_years(anchor, years) <= day < add_years(anchor + timedelta(days=1), years)


def test_ret_7_a_changed_rule_is_a_dated_row_and_applies_from_its_date() -> None:
    longer = AREAS[0]._replace(years=10, applies_from=date(2022, 1, 1))
    rows: tuple[Area, ...] = (longer, *AREAS)
    assert areas_on(date(2021, 6, 13), rows) == {}
    assert areas_on(date(2021, 12, 31), rows)[longer.code].years == 6
    assert areas_on(date(2022, 1, 1), rows)[longer.code].years == 10


def test_what_is_archived_first_has_the_same_deadline_there() -> None:
    archived = {area.name: (area.rule, area.table, area.years, area.anchor) for area in archive_areas.AREAS}
    assert archived == {row.archive: (row.rule, row.table, row.years, row.anchor_sql) for row in AREAS if row.archive}
